"""How uncertain a mean over folds, seeds and clips is, and by which of the three."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from dfer.experiments.statistics.sample import FoldSample


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """Variances of the mean over all folds, one for each reason why another experiment would differ.

    `clips`: other test clips. `seeds`: other initial weights and orders. `folds`: other training clips and
    people, beyond what clips and seeds explain; with one seed per fold, seeds too. `degrees` of freedom are
    those of the whole. `shrinking` is the part that becomes smaller with more seeds than the `seeds_per_fold`
    there are; None with one seed per fold, which does not tell it from the rest.
    """

    clips: float
    seeds: float
    folds: float
    degrees: float
    shrinking: float | None
    seeds_per_fold: float

    @property
    def total(self) -> float:
        return self.clips + self.seeds + self.folds

    def p_of(self, mean: float) -> float:
        """Two-sided p of a mean this far from zero, by Student's t."""
        if not self.total:
            return 1.0 if mean == 0 else 0.0
        return float(2 * stats.t.sf(abs(mean) / math.sqrt(self.total), self.degrees))


def spread_of(folds: Sequence[FoldSample], *, trained: bool) -> Spread:
    """Variance components by their moments; degrees of freedom in the manner of Satterthwaite (1946).

    Folds are charged only with what they differ by beyond their clips and seeds: the usual hierarchical
    bootstrap, which draws all three levels anew at full width, counts the noise of the clips twice, and takes
    five folds for many. Seeds are charged with all they differ by, some of which is noise of the same clips:
    of two or three seeds the difference would too often be estimated as none. With one seed per fold, what is
    `trained` has noise that the folds alone show, and their number is what counts. How often the intervals
    that follow cover the truth is measured in tests/experiments/test_coverage.py.
    """
    number = len(folds)
    several = [fold for fold in folds if len(fold.values) > 1]
    clips = _mean(_of_clips(fold) for fold in folds) / number
    seeds = _mean(_of_seeds(fold) for fold in several) / number
    between = float(np.var([fold.figure for fold in folds], ddof=1)) / number if number > 1 else 0.0
    beyond = max(0.0, between - clips - seeds)
    total = clips + seeds + beyond
    uncertain = clips**2 / max(sum(len(fold.weights) for fold in folds) - 1, 1)
    if several:
        uncertain += seeds * (seeds + clips) / sum(len(fold.values) - 1 for fold in several)
    if trained and number > 1 and not several:
        uncertain = total**2 / (number - 1)
    elif number > 1:
        uncertain += beyond * total / (number - 1)
    return Spread(
        clips=clips,
        seeds=seeds,
        folds=beyond,
        degrees=total**2 / uncertain if uncertain > 0 else math.inf,
        shrinking=seeds + _mean(_of_noise(fold) for fold in several) / number if several else None,
        seeds_per_fold=_mean(len(fold.values) for fold in folds),
    )


def _of_clips(fold: FoldSample) -> float:
    """Variance of the fold's figure if its clips were drawn anew, stratum by stratum, for all seeds alike."""
    weighted = fold.values.mean(axis=0) * fold.weights  # (clips,)
    own = [weighted[fold.strata == stratum] for stratum in np.unique(fold.strata)]
    return float(sum(len(values) * values.var(ddof=1) for values in own if len(values) > 1))


def _of_seeds(fold: FoldSample) -> float:
    """Variance of the mean of the seeds' figures."""
    return float(fold.of_seeds.var(ddof=1)) / len(fold.values)


def _of_noise(fold: FoldSample) -> float:
    """The part of `_of_clips` that is there because seeds take a clip for different classes."""
    return float((fold.values.var(axis=0, ddof=1) * fold.weights**2).sum()) / len(fold.values)


def _mean(values: Iterable[float]) -> float:
    """0 of none: what is not there adds nothing."""
    found = list(values)
    return float(np.mean(found)) if found else 0.0
