"""Comparing sets by their runs: like with like, paired, with intervals."""

from dataclasses import replace

import pytest

from dfer.errors import ContentError, UsageError
from dfer.experiments.comparison import compare
from dfer.experiments.in_words import statement
from dfer.experiments.paired_difference import Difference, paired_difference
from tests.experiments.made_runs import Runs


def made(**sets: dict[tuple[int, int], float]) -> Runs:
    runs = Runs()
    for name, shares in sets.items():
        runs.right_in(name, shares)
    return runs


def test_runs_are_paired_by_fold_and_seed() -> None:
    runs = made(
        v1={(1, 1): 0.6, (1, 2): 0.6, (2, 1): 0.7, (2, 2): 0.7}, v2={(2, 1): 0.6, (1, 1): 0.5, (3, 1): 0.7}
    )
    comparison = compare(runs.of, runs.outcomes_of)
    (pair,) = comparison.pairs
    assert (pair.a, pair.b, pair.difference.pairs, pair.difference.folds) == ("v1", "v2", 2, 2)
    assert pair.difference.uar.mean == pytest.approx(0.1)
    assert [row.runs for row in comparison.rows] == [2, 2]
    assert comparison.unmatched == {"v1": 2, "v2": 1}


def test_sets_without_a_common_fold_and_seed_are_shown_but_not_paired() -> None:
    runs = made(v1={(1, 1): 0.6}, v2={(2, 1): 0.5})
    comparison = compare(runs.of, runs.outcomes_of)
    assert [row.runs for row in comparison.rows] == [1, 1]
    assert comparison.unmatched == {"v1": 1, "v2": 1}
    (pair,) = comparison.pairs
    assert (pair.difference.pairs, pair.difference.uar, pair.difference.p, pair.p_holm) == (
        0,
        None,
        None,
        None,
    )
    assert statement(pair, family=1).endswith("nothing to pair")


def test_every_two_sets_are_compared_or_each_with_a_baseline() -> None:
    runs = made(v1={(1, 1): 0.6}, v2={(1, 1): 0.5}, v3={(1, 1): 0.5})
    every = compare(runs.of, runs.outcomes_of)
    assert [(p.a, p.b) for p in every.pairs] == [("v1", "v2"), ("v1", "v3"), ("v2", "v3")]
    one = compare(runs.of, runs.outcomes_of, baseline="v2")
    assert [(p.a, p.b) for p in one.pairs] == [("v1", "v2"), ("v3", "v2")]


def test_runs_of_different_protocols_are_never_mixed() -> None:
    runs = Runs()
    for name in ("v1", "v2"):
        runs.add(name, [0, 1], [0, 0])
        runs.add(name, [0, 1], [0, 1], protocol_hash="rp1:b")
    runs.add("v2", [0, 1], [1, 0], protocol_hash="rp1:c")
    latest = compare(runs.of, runs.outcomes_of)
    assert latest.protocol == "rp1:b"
    assert [row.uar_mean for row in latest.rows] == [1.0, 1.0]
    assert {protocol: other.runs for protocol, other in latest.other_protocols.items()} == {"rp1:a": 2}
    chosen = compare(runs.of, runs.outcomes_of, protocol="a")
    assert [row.uar_mean for row in chosen.rows] == [0.5, 0.5]
    with pytest.raises(UsageError, match="under a protocol nope"):
        compare(runs.of, runs.outcomes_of, protocol="nope")


def test_a_repeated_run_counts_once_and_the_latest_counts() -> None:
    runs = Runs()
    runs.add("v1", [0, 1], [0, 0])
    runs.add("v1", [0, 1], [0, 1])
    runs.add("v2", [0, 1], [0, 0])
    comparison = compare(runs.of, runs.outcomes_of)
    assert (comparison.rows[0].runs, comparison.rows[0].uar_mean) == (1, 1.0)
    assert comparison.pairs[0].difference.uar.mean == 0.5


@pytest.mark.parametrize("status", ["failed", "imported"])
def test_runs_without_numbers_do_not_count(status: str) -> None:
    runs = Runs()
    runs.add("v1", [0, 1], [0, 1])
    runs.add("v2", [0, 1], [0, 1])
    runs.add("v2", [0, 1], [1, 0], seed=2, status=status)
    assert [row.runs for row in compare(runs.of, runs.outcomes_of).rows] == [1, 1]
    only = {"v1": runs.of["v1"], "v2": runs.of["v2"][1:]}
    with pytest.raises(UsageError, match="v2 has no finished runs"):
        compare(only, runs.outcomes_of)


def test_sets_without_a_common_protocol_cannot_be_compared() -> None:
    runs = Runs()
    runs.add("v1", [0, 1], [0, 1])
    runs.add("v2", [0, 1], [0, 1], protocol_hash="rp1:b")
    with pytest.raises(UsageError, match="differ only in words, fold and seed"):
        compare(runs.of, runs.outcomes_of)


def test_runs_that_were_tested_on_other_clips_are_refused_rather_than_paired() -> None:
    runs = Runs()
    runs.add("v1", [0, 1, 2], [0, 1, 2])
    runs.add("v2", [0, 1], [0, 1])
    with pytest.raises(ContentError, match="r1 and r2 were not tested on the same clips"):
        compare(runs.of, runs.outcomes_of)


def test_the_gain_over_its_matched_control_stands_in_a_sets_own_row() -> None:
    runs = made(
        v1={(f, s): 0.6 for f in (1, 2) for s in (1, 2)},
        v2={(f, s): 0.5 for f in (1, 2) for s in (1, 2)},
    )
    first, second = compare(runs.of, runs.outcomes_of, controls={"v1": "v2"}).rows
    assert (first.control, second.control, second.gain) == ("v2", None, None)
    assert first.gain.uar.mean == pytest.approx(0.1)


def test_one_pair_of_trained_runs_has_a_difference_but_no_interval() -> None:
    """Its clips would give one, but nothing tells wording from the luck of two trainings."""
    runs = made(v1={(1, 1): 0.6}, v2={(1, 1): 0.5})
    (pair,) = compare(runs.of, runs.outcomes_of).pairs
    assert pair.difference.uar.mean == pytest.approx(0.1)
    assert (pair.difference.uar.interval, pair.difference.p) == (None, None)
    assert statement(pair, family=1).endswith("1 pair: too few to tell a difference from noise")


def test_one_pair_without_training_has_an_interval_from_its_clips() -> None:
    runs = Runs()
    for name, right in (("v1", 60), ("v2", 45)):
        taken = [0] * right + [1] * (100 - right) + [1] * right + [2] * (100 - right)
        runs.add(name, [0] * 100 + [1] * 100, taken, recipe="zero-shot", seed=0)
    (pair,) = compare(runs.of, runs.outcomes_of).pairs
    low, high = pair.difference.uar.interval
    assert 0.05 < low < 0.15 < high < 0.25
    assert pair.difference.p < 0.001 > pair.difference.p_permutation
    assert statement(pair, family=1).endswith("a difference in UAR (p < 0.001)")


def test_runs_that_agree_on_every_clip_are_told_to_be_the_same() -> None:
    runs = made(v1={(1, 1): 0.6, (1, 2): 0.5}, v2={(1, 1): 0.6, (1, 2): 0.5})
    (pair,) = compare(runs.of, runs.outcomes_of).pairs
    assert (pair.difference.uar.interval, pair.difference.p) == (None, None)
    assert statement(pair, family=1).endswith("the same in every clip")


def test_clips_gained_and_lost_are_counted_once_per_fold() -> None:
    runs = Runs()
    for seed, taken in ((1, [0, 1, 2, 0]), (2, [0, 1, 1, 0])):
        runs.add("v1", [0, 1, 2, 1], taken, seed=seed)
        runs.add("v2", [0, 1, 2, 1], [0, 0, 0, 1], seed=seed)
    (pair,) = compare(runs.of, runs.outcomes_of).pairs
    assert (pair.difference.gained, pair.difference.lost, pair.difference.clips) == (1.5, 1.0, 4)


def in_five_folds(gains: list[float], *, seeds: int = 1) -> Runs:
    return made(
        v1={(fold, seed): 0.5 + gain for fold, gain in enumerate(gains) for seed in range(seeds)},
        v2={(fold, seed): 0.5 for fold in range(len(gains)) for seed in range(seeds)},
    )


def test_five_folds_that_agree_show_a_difference_though_no_permutation_of_five_could() -> None:
    runs = in_five_folds([0.25, 0.3, 0.2, 0.25, 0.3])
    (pair,) = compare(runs.of, runs.outcomes_of).pairs
    assert pair.difference.p_permutation == pair.difference.smallest_p == 0.0625
    assert pair.is_shown
    assert "a difference in UAR" in statement(pair, family=1)


def test_one_comparison_of_many_needs_a_smaller_p() -> None:
    runs = in_five_folds([0.1, 0.15, 0.05, 0.2, 0.0])
    (pair,) = compare(runs.of, runs.outcomes_of).pairs
    assert pair.is_shown
    for name in ("v3", "v4", "v5"):
        runs.right_in(name, {(fold, 0): 0.5 for fold in range(5)})
    first = compare(runs.of, runs.outcomes_of).pairs[0]
    assert (first.difference.uar.interval, first.difference.p) == (
        pair.difference.uar.interval,
        pair.difference.p,
    )
    assert first.difference.uar.power.now > pair.difference.uar.power.now  # so it reckons with the others
    assert not first.is_shown
    assert "not shown: of so many comparisons" in statement(first, family=10)


def test_where_the_permutation_test_could_agree_and_does_not_nothing_is_claimed() -> None:
    difference = paired_difference((), trained=True)
    uar = Difference(mean=0.2, interval=(0.1, 0.3), power=None)
    told = replace(difference, uar=uar, p=0.01, p_permutation=0.2, smallest_p=0.001)
    assert not told.is_shown(0.01)
    assert replace(told, p_permutation=0.04).is_shown(0.01)
    assert replace(told, smallest_p=0.0625).is_shown(0.01)
    assert not replace(told, uar=replace(uar, interval=(-0.01, 0.3)), p_permutation=0.04).is_shown(0.01)


def test_clips_that_all_say_the_same_are_no_certainty() -> None:
    """Two seeds, and every clip of a class gained: nothing measures how sure that is."""
    runs = Runs()
    for seed in (1, 2):
        runs.add("v1", [0] * 4 + [1] * 4, [0] * 8, seed=seed)
        runs.add("v2", [0] * 4 + [1] * 4, [2] * 8, seed=seed)
    (pair,) = compare(runs.of, runs.outcomes_of).pairs
    assert pair.difference.uar.mean == 0.5
    assert (pair.difference.uar.interval, pair.difference.p, pair.is_shown) == (None, None, False)
    assert "clips of a class all say the same" in statement(pair, family=1)


def test_with_a_baseline_gains_over_controls_are_comparisons_too() -> None:
    runs = in_five_folds([0.1, 0.15, 0.05, 0.2, 0.0])
    runs.right_in("v3", {(fold, 0): 0.5 for fold in range(5)})
    found = compare(runs.of, runs.outcomes_of, baseline="v3", controls={"v1": "v2"})
    assert [(pair.a, pair.b) for pair in found.pairs] == [("v1", "v3"), ("v2", "v3"), ("v1", "v2")]
    assert found.rows[0].gain == found.pairs[2].difference
