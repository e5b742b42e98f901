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

    Student's t over the means of the folds, or over the seeds where there is one fold: seeds of one fold
    share its clips, and counting them as independent would find differences that are not there. `units` is
    how many means there are. Folds share training clips, so the interval is still somewhat too narrow.

    None where n says nothing: no pair, or a single unit for interval and p; and p is None where all units are
    the same, because then nothing measures their noise.
    """

    n: int
    units: int
    mean: float | None
    interval: tuple[float, float] | None
    p: float | None


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and sample standard deviation (n − 1); None for the deviation of a single value."""
    array = np.asarray(values, dtype=float)
    return float(array.mean()), float(array.std(ddof=1)) if len(array) > 1 else None


def paired_difference(
    first: Sequence[float], second: Sequence[float], *, groups: Sequence[int] | None = None
) -> PairedDifference:
    """`first` − `second`, pair by pair; pairs of one group (a fold) are averaged before they are compared."""
    differences = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    n = len(differences)
    if n == 0:
        return PairedDifference(n=0, units=0, mean=None, interval=None, p=None)
    mean = float(differences.mean())
    values = _per_group(differences, groups)
    units = len(values)
    if units == 1:
        return PairedDifference(n=n, units=1, mean=mean, interval=None, p=None)
    centre = float(values.mean())
    error = float(values.std(ddof=1)) / math.sqrt(units)
    if error < _ROUNDING:
        same = round(centre, 9)
        return PairedDifference(n=n, units=units, mean=same, interval=(same, same), p=None)
    low, high = stats.t.interval(CONFIDENCE, df=units - 1, loc=centre, scale=error)
    p = float(stats.ttest_1samp(values, 0.0).pvalue)
    return PairedDifference(n=n, units=units, mean=centre, interval=(float(low), float(high)), p=p)


def _per_group(differences: np.ndarray, groups: Sequence[int] | None) -> np.ndarray:
    if groups is None or len(set(groups)) < 2:
        return differences
    kinds = np.asarray(groups)
    return np.array([differences[kinds == kind].mean() for kind in sorted(set(groups))])
