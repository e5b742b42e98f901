"""How uncertain a mean over folds, seeds and clips is, and by which of the three."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import stats

from dfer.experiments.statistics.sample import FoldSample

FEW_FOLDS = 4
"""With fewer, folds are charged with all they differ by: what is beyond clips and seeds cannot be told."""

_PRIOR = 2.0
"""The variance of a class counts as much as that of so many more of its clips would, at the mean of all
classes: of three clips that agree, not even the variance is known."""


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
        """Two-sided p of a mean this far from zero, by Student's t; for a `total` above zero."""
        return float(2 * stats.t.sf(abs(mean) / math.sqrt(self.total), self.degrees))


def spread_of(folds: Sequence[FoldSample], *, trained: bool, overlap: float = 1.0) -> Spread:
    """Variance components by their moments; degrees of freedom in the manner of Satterthwaite (1946).

    Folds are charged only with what they differ by beyond their clips and seeds: the usual hierarchical
    bootstrap, which draws all three levels anew at full width, counts the noise of the clips twice, and takes
    five folds for many. Seeds are charged with all they differ by, some of which is noise of the same clips:
    of two or three seeds the difference would too often be estimated as none. So are fewer than four folds.
    With one seed per fold, what is `trained` has noise that the folds alone show, and their number counts.
    `overlap`: in how many folds a clip is tested, on average. How often the intervals that follow cover the
    truth is measured in tests/experiments/test_coverage.py.
    """
    number = len(folds)
    several = [fold for fold in folds if len(fold.values) > 1]
    of_clips = [_of_clips(fold) for fold in folds]
    clips = overlap * _mean(own.variance for own in of_clips) / number
    seeds = _mean(_of_seeds(fold) for fold in several) / number
    between = float(np.var([fold.figure for fold in folds], ddof=1)) / number if number > 1 else 0.0
    beyond = between if number < FEW_FOLDS else max(0.0, between - clips - seeds)
    total = clips + seeds + beyond
    # Each part squared over its degrees of freedom; of what is estimated beside others, with them.
    uncertain = (overlap / number**2) ** 2 * sum(own.uncertain for own in of_clips)
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


class _OfClips(NamedTuple):
    """The variance of a figure, and the sum of its parts squared over their degrees of freedom."""

    variance: float
    uncertain: float


def _of_clips(fold: FoldSample) -> _OfClips:
    """If the fold's clips were drawn anew, stratum by stratum, for all seeds alike."""
    values = fold.values.mean(axis=0)  # (clips,)
    strata = [fold.strata == stratum for stratum in np.unique(fold.strata)]
    squares = [float(((values[own] - values[own].mean()) ** 2).sum()) for own in strata]
    counts = [int(own.sum()) for own in strata]
    within = len(values) - len(strata)
    common = sum(squares) / within if within else 0.0
    variance = uncertain = 0.0
    for own, square, clips in zip(strata, squares, counts, strict=True):
        degrees = clips - 1 + _PRIOR
        part = clips * fold.weights[own][0] ** 2 * (square + _PRIOR * common) / degrees
        variance += part
        uncertain += part**2 / degrees
    return _OfClips(variance, uncertain)


def _of_seeds(fold: FoldSample) -> float:
    """Variance of the mean of the seeds' figures."""
    return float(fold.of_seeds.var(ddof=1)) / len(fold.values)


def _of_noise(fold: FoldSample) -> float:
    """The part of the clips' variance that is there because seeds take a clip for different classes."""
    return float((fold.values.var(axis=0, ddof=1) * fold.weights**2).sum()) / len(fold.values)


def _mean(values: Iterable[float]) -> float:
    """0 of none: what is not there adds nothing."""
    found = list(values)
    return float(np.mean(found)) if found else 0.0
