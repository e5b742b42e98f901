"""Verifying a whole store without changing it: every hash derived again, every reference followed."""

from description_store.verifying.findings import Problem
from description_store.verifying.whole_store import Verified, check

__all__ = ["Problem", "Verified", "check"]
