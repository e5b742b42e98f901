"""What the runs of two sets differ by, how sure that is, and what would show more."""

from collections.abc import Sequence
from dataclasses import dataclass

from dfer.experiments.pairing import PairedFold
from dfer.experiments.statistics.bootstrap import interval
from dfer.experiments.statistics.permutation import p_of_clips, p_of_runs, smallest_p
from dfer.experiments.statistics.power import Power, power_of
from dfer.experiments.statistics.sample import FoldSample, mean_over_folds
from dfer.experiments.statistics.spread import Spread, spread_of

SIGNIFICANT = 0.05
_ROUNDING = 1e-12  # sums of weights that are equal on paper differ by less


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """a − b as a fraction: the mean over folds of the mean over seeds.

    `interval` and `power` are None where nothing measures the noise: one pair of trained runs; or clips that
    all say the same, which is no certainty.
    """

    mean: float
    interval: tuple[float, float] | None
    power: Power | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PairedDifference:
    """a − b over `pairs` runs of the same fold and seed; all None and 0 where there are none.

    Both p are for UAR. `p` is that of the interval: folds and clips may favour one set by chance, and it
    reckons with that. `p_permutation` is that of the paired permutation test, exact where words do not matter
    at all; so many pairs can give no less than `smallest_p`. `gained` clips only `a` had right and `lost`
    only `b`, of `clips`: counted once per fold, means over its seeds.
    """

    pairs: int
    folds: int
    uar: Difference | None
    war: Difference | None
    p: float | None
    p_permutation: float | None
    smallest_p: float
    gained: float
    lost: float
    clips: int

    def is_shown(self, p_adjusted: float | None) -> bool:
        """Whether a difference in UAR may be claimed.

        The interval leaves out zero; p, adjusted for all that was compared, is small; and the permutation
        test agrees as far as so few pairs let it.
        """
        if p_adjusted is None or self.p_permutation is None or not self.leaves_out_zero:
            return False
        agrees = self.p_permutation <= SIGNIFICANT or self.smallest_p > SIGNIFICANT
        return p_adjusted <= SIGNIFICANT and agrees

    @property
    def leaves_out_zero(self) -> bool:
        """Whether the interval of UAR does."""
        if self.uar is None or self.uar.interval is None:
            return False
        low, high = self.uar.interval
        return not low <= 0 <= high


_NOTHING_TO_PAIR = PairedDifference(
    pairs=0,
    folds=0,
    uar=None,
    war=None,
    p=None,
    p_permutation=None,
    smallest_p=1.0,
    gained=0.0,
    lost=0.0,
    clips=0,
)


def paired_difference(folds: Sequence[PairedFold], *, trained: bool, family: int = 1) -> PairedDifference:
    """`trained`: whether each run was trained, so that another seed would have given another result.

    `family`: how many comparisons this is one of; power depends on it.
    """
    pairs = sum(len(fold.seeds) for fold in folds)
    if not pairs:
        return _NOTHING_TO_PAIR
    uar = [fold.uar_sample() for fold in folds]
    gains = [fold.gain for fold in folds]
    tested = [clip for fold in folds for clip in fold.clips]
    overlap = len(tested) / len(set(tested))
    spread = _spread(uar, trained=trained, overlap=overlap)
    p = p_permutation = None
    if spread is not None:
        p = spread.p_of(mean_over_folds(uar))
        p_permutation = p_of_runs(uar) if trained else p_of_clips(uar)
    war = [fold.war_sample() for fold in folds]
    return PairedDifference(
        pairs=pairs,
        folds=len(folds),
        uar=_difference(uar, spread, family),
        war=_difference(war, _spread(war, trained=trained, overlap=overlap), family),
        p=p,
        p_permutation=p_permutation,
        smallest_p=smallest_p(pairs) if trained else 0.0,
        gained=float(sum((gain > 0).sum(axis=1).mean() for gain in gains)),
        lost=float(sum((gain < 0).sum(axis=1).mean() for gain in gains)),
        clips=len(tested),
    )


def difference_of(folds: Sequence[FoldSample], *, trained: bool) -> Difference:
    return _difference(folds, _spread(folds, trained=trained), family=1)


def _difference(folds: Sequence[FoldSample], spread: Spread | None, family: int) -> Difference:
    mean = mean_over_folds(folds)
    if spread is None:
        return Difference(mean=mean, interval=None, power=None)
    low, high = interval(folds, spread)
    within = (max(-1.0, low), min(1.0, high))  # fractions differ by no more
    return Difference(mean=mean, interval=within, power=power_of(spread, family=family))


def _spread(folds: Sequence[FoldSample], *, trained: bool, overlap: float = 1.0) -> Spread | None:
    """None where nothing measures it."""
    if trained and sum(len(fold.values) for fold in folds) == 1:
        return None
    spread = spread_of(folds, trained=trained, overlap=overlap)
    return spread if spread.total > _ROUNDING**2 else None
