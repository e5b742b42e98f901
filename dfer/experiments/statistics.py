"""Statistics of paired differences. Pure functions over numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
_ROUNDING = 1e-12  # differences of fractions that are equal on paper differ by less in floating point


@dataclass(frozen=True, kw_only=True, slots=True)
class PairedDifference:
    """Mean of n paired differences, its 95 % interval and the two-sided p of "no difference".

    Student's t over the pairs. None where n says nothing: no pair, or a single one for interval and p; and p
    is None where all differences are the same, because then nothing measures their noise.
    """

    n: int
    mean: float | None
    interval: tuple[float, float] | None
    p: float | None


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and sample standard deviation (n − 1); None for the deviation of a single value."""
    array = np.asarray(values, dtype=float)
    return float(array.mean()), float(array.std(ddof=1)) if len(array) > 1 else None


def paired_difference(first: Sequence[float], second: Sequence[float]) -> PairedDifference:
    """`first` − `second`, pair by pair."""
    differences = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    n = len(differences)
    if n == 0:
        return PairedDifference(n=0, mean=None, interval=None, p=None)
    mean = float(differences.mean())
    if n == 1:
        return PairedDifference(n=1, mean=mean, interval=None, p=None)
    error = float(differences.std(ddof=1)) / math.sqrt(n)
    if error < _ROUNDING:
        mean = round(mean, 9)
        return PairedDifference(n=n, mean=mean, interval=(mean, mean), p=None)
    low, high = stats.t.interval(CONFIDENCE, df=n - 1, loc=mean, scale=error)
    p = stats.ttest_rel(first, second).pvalue
    return PairedDifference(n=n, mean=mean, interval=(float(low), float(high)), p=float(p))
