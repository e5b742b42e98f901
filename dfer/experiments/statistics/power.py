"""How large a difference must be to be found, and how many seeds would find a smaller one."""

import math
from dataclasses import dataclass

from scipy import stats

from dfer.experiments.statistics.bootstrap import CONFIDENCE
from dfer.experiments.statistics.spread import Spread

POWER = 0.8
MOST_SEEDS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Power:
    """Differences as fractions, found in 80 % of experiments like this one.

    `now` can be found with the seeds there are, `at_best` with any number of seeds on these folds and clips.
    `seeds` per fold would find a difference of `aim`; None where more than 1,000 would be needed, or, if
    `at_best` is above the aim, no number would do. `at_best` and `seeds` are None where they cannot be told:
    with one seed per fold, or where seeds play no part.
    """

    aim: float
    now: float
    at_best: float | None
    seeds: int | None


def power_of(spread: Spread, *, aim: float = 0.01, family: int = 1) -> Power:
    """By Student's t with the degrees of freedom there are; more seeds would have some more.

    Of a `family` of comparisons, the first that Holm's correction lets pass: the hardest.
    """
    tail = (1 - CONFIDENCE) / 2 / family
    reach = float(stats.t.isf(tail, spread.degrees) + stats.t.ppf(POWER, spread.degrees))
    now = reach * math.sqrt(spread.total)
    if spread.shrinking is None:
        return Power(aim=aim, now=now, at_best=None, seeds=None)
    one_seed = spread.shrinking * spread.seeds_per_fold
    fixed = max(0.0, spread.total - spread.shrinking)
    # aim = reach · √(fixed + one_seed / seeds), solved for the seeds
    room = (aim / reach) ** 2 - fixed
    seeds = math.ceil(one_seed / room) if room > 0 else None
    if seeds is not None and seeds > MOST_SEEDS:
        seeds = None
    return Power(
        aim=aim,
        now=now,
        at_best=reach * math.sqrt(fixed),
        seeds=None if seeds is None else max(1, seeds),
    )
