"""How long to go on asking. Apart from `ask`, which imports asyncio: answers in the cache need none of it."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long to go on trying. Times in seconds; `answer` is for one whole attempt, not per read."""

    attempts: int = 4
    answer: float = 300.0
    longest_wait: float = 120.0

    def wait(self, attempt: int, asked: float | None) -> float:
        """Exponential with jitter, or what the server asked for."""
        backoff = min(0.5 * 2 ** (attempt - 1), 8.0) * random.uniform(0.75, 1.0)
        return backoff if asked is None else asked + random.uniform(0.0, 0.25)
