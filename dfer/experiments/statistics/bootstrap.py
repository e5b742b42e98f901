"""Intervals by a bootstrap over clips, seeds and folds."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from dfer.experiments.statistics.sample import Floats, FoldSample, mean_over_folds
from dfer.experiments.statistics.spread import Spread

CONFIDENCE = 0.95
RESAMPLES = 5000
_SEED = 0  # the same runs give the same table


def interval(
    folds: Sequence[FoldSample], spread: Spread, *, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """95 %: percentiles of the mean over folds, with clips, seeds and folds drawn anew.

    Clips are drawn within their stratum, and the same for all seeds of a fold, which are tested on the same
    clips. Of seeds, folds and rare classes there is too little to draw from: what `spread` has beyond the
    clips drawn comes from a normal distribution. The whole is widened as Student's t is beside the normal
    distribution, with five folds by up to two fifths (after the expanded percentiles of Hesterberg 2015,
    which move the percentiles instead). With one fold, one seed and one stratum it is nearly the plain
    percentile bootstrap.
    """
    rng = np.random.default_rng(_SEED)
    drawn = np.zeros(resamples)  # by how much the mean changes
    variance = 0.0
    for fold in folds:
        change = _clips_anew(fold, resamples, rng) / len(folds)
        variance += float(change.var())
        drawn += change
    drawn += rng.normal(0.0, np.sqrt(max(0.0, spread.total - variance)), resamples)
    tail = (1 - CONFIDENCE) / 2
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
        if len(values) > 1:
            clips = counts.sum()
            again = rng.multinomial(clips, counts / clips, size=resamples)  # (resamples, values)
            change += (again - counts) @ values
    return change
