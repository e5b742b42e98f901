"""Intervals by a hierarchical bootstrap: clips, seeds and folds drawn anew."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from dfer.experiments.statistics.sample import Floats, FoldSample, mean_over_folds
from dfer.experiments.statistics.spread import Spread

CONFIDENCE = 0.95
RESAMPLES = 5000
_SEED = 0  # the same runs give the same table


def interval(
    folds: Sequence[FoldSample],
    spread: Spread,
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
) -> tuple[float, float]:
    """Percentiles of the mean over folds, with clips, seeds and folds drawn anew, widened for small numbers.

    Clips are drawn within their stratum, and the same for all seeds of a fold, which are tested on the same
    clips. Of seeds and folds there are too few to draw from: how far they lie apart is drawn from a normal
    distribution of the width that `spread` has for them. The whole is widened as Student's t is beside the
    normal distribution ("expanded percentiles", Hesterberg 2015): with five folds by up to two fifths. With
    one fold, one seed and one stratum it is the plain percentile bootstrap.
    """
    rng = np.random.default_rng(_SEED)
    drawn = np.zeros(resamples)  # by how much the mean changes
    for fold in folds:
        drawn += _clips_anew(fold, resamples, rng) / len(folds)
    drawn += rng.normal(0.0, np.sqrt(spread.seeds + spread.folds), resamples)
    tail = (1 - confidence) / 2
    widened = float(stats.t.isf(tail, spread.degrees) / stats.norm.isf(tail))
    low, high = np.quantile(drawn, [tail, 1 - tail])
    mean = mean_over_folds(folds)
    return mean + widened * float(low), mean + widened * float(high)


def _clips_anew(fold: FoldSample, resamples: int, rng: np.random.Generator) -> Floats:
    """(resamples,): by how much the fold's figure changes.

    Clips of a stratum that have the same value are drawn together: how many there are is multinomial.
    """
    weighted = fold.values.mean(axis=0) * fold.weights  # (clips,)
    change = np.zeros(resamples)
    for stratum in np.unique(fold.strata):
        values, counts = np.unique(weighted[fold.strata == stratum], return_counts=True)
        clips = counts.sum()
        if len(values) > 1:
            again = rng.multinomial(clips, counts / clips, size=resamples)  # (resamples, values)
            change += (again - counts) @ values * _unbiased(int(clips))
    return change


def _unbiased(number: int) -> float:
    """What is drawn from a sample varies less than what the sample was drawn from, by (n − 1) / n."""
    return float(np.sqrt(number / (number - 1)))
