"""A comparison in sentences that may stand in a paper: no more is said than the runs show."""

from dfer.experiments.comparison import Comparison, Pair
from dfer.experiments.paired_difference import SIGNIFICANT, Difference, PairedDifference
from dfer.experiments.statistics.power import MOST_SEEDS
from dfer.percentage_points import points


def statement(pair: Pair, *, family: int) -> str:
    """ "v3 − v1: +0.90 UAR (95 % CI −0.40 … +2.10), …, 15 pairs: no evidence of a difference (p = 0.31)".

    `family` is how many pairs p is adjusted for.
    """
    found = pair.difference
    if found.uar is None or found.war is None:
        return f"{pair.a} − {pair.b}: no runs of the same fold and seed, so nothing to pair"
    differences = f"{difference_in_words(found.uar, 'UAR')}, {difference_in_words(found.war, 'WAR')}"
    pairs = f"{found.pairs} pair{'' if found.pairs == 1 else 's'}"
    return f"{pair.a} − {pair.b}: {differences}, {pairs}: {verdict(found, pair.p_holm, family=family)}"


def verdict(found: PairedDifference, p_holm: float | None, *, family: int) -> str:
    """What may be said of UAR: see `PairedDifference.is_shown`."""
    if found.pairs and found.gained == found.lost == 0:
        return "the same in every clip"
    if found.uar is None or found.uar.interval is None or found.p is None or p_holm is None:
        if found.pairs > 1:
            return "clips of a class all say the same, which does not tell a difference from noise"
        return "too few to tell a difference from noise"
    p = p_in_words(p_holm) + (f" after Holm over {family}" if family > 1 else "")
    if found.is_shown(p_holm):
        return f"a difference in UAR ({p})"
    if not found.leaves_out_zero:
        return f"no evidence of a difference in UAR ({p})"
    if p_holm <= SIGNIFICANT:
        assert found.p_permutation is not None, "it has the p of the interval"
        permuted = p_in_words(found.p_permutation)
        return f"not shown: the permutation test disagrees ({p}; permutation {permuted})"
    if found.p is not None and found.p <= SIGNIFICANT:
        return f"not shown: of so many comparisons, one may leave out zero by chance ({p})"
    return f"not shown: at the very edge ({p})"


def clips_in_words(found: PairedDifference) -> str:
    """ "41 clips gained, 23.5 lost, of 1,200": means over seeds."""
    gained = f"{mean_count(found.gained)} clip{'' if found.gained == 1 else 's'}"
    return f"{gained} gained, {mean_count(found.lost)} lost, of {found.clips:,}"


def power_in_words(comparison: Comparison) -> str:
    """What these runs could have found at all; of several pairs, what all could."""
    powers = [
        (pair.difference.pairs // max(pair.difference.folds, 1), pair.difference.uar.power)
        for pair in comparison.pairs
        if pair.difference.uar is not None and pair.difference.uar.power is not None
    ]
    if not powers:
        return ""
    seeds, power = max(((n, p) for n, p in powers if p is not None), key=lambda found: found[1].now)
    if power.now >= 1:
        return "power: so few runs could not show any difference, however large"
    told = f"power: these runs would show a difference of {points(power.now)} points four times out of five"
    aim = f"{100 * power.aim:g} point"
    if power.at_best is None:
        return told + (
            "; with one seed per fold, what more seeds would show is unknown" if comparison.trained else ""
        )
    if power.seeds is None and power.at_best < power.aim:
        return f"{told}; to show {aim} takes more than {MOST_SEEDS:,} seeds per fold"
    if power.seeds is None:
        best = points(power.at_best)
        return f"{told}; no number of seeds would show {aim} on these folds and clips (at best {best})"
    if power.seeds <= seeds:
        return told
    return f"{told}; to show {aim} takes {power.seeds} seeds per fold, not {seeds}"


def difference_in_words(difference: Difference, metric: str) -> str:
    text = f"{points(difference.mean, signed=True)} {metric}"
    if difference.interval is None:
        return text
    low, high = (points(bound, signed=True) for bound in difference.interval)
    return f"{text} (95 % CI {low} … {high})"


def p_in_words(p: float) -> str:
    """ "p = 0.031"."""
    if p < 0.001:
        return "p < 0.001"
    at_the_edge = f"{p:.3f}" == f"{SIGNIFICANT:.3f}"  # on which side must be seen
    return f"p = {p:.{5 if at_the_edge else 3 if p < 0.1 else 2}f}"


def mean_count(clips: float) -> str:
    return f"{clips:,.0f}" if clips == round(clips) else f"{clips:,.1f}"
