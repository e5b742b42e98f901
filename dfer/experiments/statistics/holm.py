"""Several comparisons at once."""

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values, in the order given (Holm 1979): one of them below 0.05 is a false alarm in at most
    5 % of families in which nothing differs."""
    order = np.argsort(p_values, kind="stable")
    left = np.arange(len(p_values), 0, -1)
    adjusted = np.minimum(1.0, np.maximum.accumulate(np.asarray(p_values, dtype=float)[order] * left))
    found = np.empty(len(p_values))
    found[order] = adjusted
    return [float(p) for p in found]
