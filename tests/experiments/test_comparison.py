"""Comparing sets by their runs: like with like, paired, with intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from description_store.records import Run
from dfer.errors import UsageError
from dfer.experiments.comparison import compare
from dfer.experiments.statistics import mean_and_deviation, paired_difference


def run(set_version: int, *, fold: int = 1, seed: int = 1, uar: float = 0.5, **changes) -> Run:
    fields = {
        "id": changes.pop("id", 1),
        "status": "finished",
        "spec_hash": f"rs1:{set_version}-{fold}-{seed}-{changes.get('protocol_hash', '')}",
        "protocol_hash": "rp1:a",
        "set_version": set_version,
        "set_hash": f"ds1:{set_version}",
        "recipe": "dfer-clip",
        "dataset": "csv",
        "fold": fold,
        "seed": seed,
        "selection": "last",
        "specification": {},
        "uar": uar,
        "war": uar,
    }
    return Run(**(fields | changes))


def test_runs_are_paired_by_fold_and_seed() -> None:
    first = [run(1, fold=f, seed=s, uar=0.5 + 0.1 * f) for f in (1, 2) for s in (1, 2)]
    second = [run(2, fold=f, seed=1, uar=0.4 + 0.1 * f) for f in (2, 1, 3)]
    comparison = compare({"v1": first, "v2": second})
    (pair,) = comparison.pairs
    assert (pair.a, pair.b, pair.uar.n) == ("v1", "v2", 2)
    assert pair.uar.mean == pytest.approx(0.1)
    assert [row.runs for row in comparison.rows] == [2, 2]
    assert comparison.unmatched == {"v1": 2, "v2": 1}


def test_sets_without_a_common_fold_and_seed_are_shown_but_not_paired() -> None:
    comparison = compare({"v1": [run(1, fold=1)], "v2": [run(2, fold=2)]})
    assert [row.runs for row in comparison.rows] == [1, 1]
    assert comparison.unmatched == {"v1": 1, "v2": 1}
    assert comparison.pairs[0].uar.n == 0


def test_every_two_sets_are_compared() -> None:
    comparison = compare({f"v{i}": [run(i)] for i in (1, 2, 3)})
    assert [(p.a, p.b) for p in comparison.pairs] == [("v1", "v2"), ("v1", "v3"), ("v2", "v3")]


def test_runs_of_different_protocols_are_never_mixed() -> None:
    first = [run(1, uar=0.1), run(1, uar=0.9, protocol_hash="rp1:b", id=7)]
    second = [
        run(2, uar=0.2),
        run(2, uar=0.8, protocol_hash="rp1:b", id=8),
        run(2, uar=0.0, protocol_hash="rp1:c"),
    ]
    latest = compare({"v1": first, "v2": second})
    assert latest.protocol == "rp1:b"
    assert [row.uar_mean for row in latest.rows] == [0.9, 0.8]
    assert latest.other_protocols == {"rp1:a": 2}
    chosen = compare({"v1": first, "v2": second}, protocol="a")
    assert [row.uar_mean for row in chosen.rows] == [0.1, 0.2]


def test_a_repeated_run_counts_once_and_the_latest_counts() -> None:
    repeated = [run(1, uar=0.1, id=1), run(1, uar=0.3, id=2)]
    comparison = compare({"v1": repeated, "v2": [run(2)]})
    assert (comparison.rows[0].runs, comparison.rows[0].uar_mean) == (1, 0.3)


def test_failed_runs_do_not_count() -> None:
    failed = run(1, status="failed", uar=None, war=None)
    with pytest.raises(UsageError, match="v1 has no finished runs"):
        compare({"v1": [failed], "v2": [run(2)]})


def test_imported_runs_have_no_numbers_and_do_not_count() -> None:
    imported = run(1, status="imported", uar=None, war=None, folder="/runs/fold1", id=9)
    comparison = compare({"v1": [run(1), imported], "v2": [run(2)]})
    assert [row.runs for row in comparison.rows] == [1, 1]
    with pytest.raises(UsageError, match="v1 has no finished runs"):
        compare({"v1": [imported], "v2": [run(2)]})


def test_sets_without_a_common_protocol_cannot_be_compared() -> None:
    with pytest.raises(UsageError, match="differ only in words, fold and seed"):
        compare({"v1": [run(1)], "v2": [run(2, protocol_hash="rp1:b")]})


def test_one_pair_has_a_difference_but_no_interval() -> None:
    difference = paired_difference([0.5], [0.25])
    assert (difference.n, difference.mean, difference.interval, difference.p) == (1, 0.25, None, None)


def test_no_pair_has_nothing() -> None:
    assert paired_difference([], []).mean is None


def test_equal_differences_have_no_p_because_nothing_measures_their_noise() -> None:
    difference = paired_difference([0.3, 0.5, 0.7], [0.2, 0.4, 0.6])
    assert difference.interval == pytest.approx((0.1, 0.1))
    assert difference.p is None
    assert paired_difference([1 / 3, 2 / 3], [1 / 3, 2 / 3]).interval == (0.0, 0.0)


fractions = st.floats(0, 1, allow_nan=False)


@given(st.lists(st.tuples(fractions, fractions), min_size=3, max_size=20))
def test_interval_and_p_agree_with_scipy(pairs: list[tuple[float, float]]) -> None:
    first, second = (list(column) for column in zip(*pairs, strict=True))
    found = paired_difference(first, second)
    if found.p is None:
        return
    expected = stats.ttest_rel(first, second)
    low, high = expected.confidence_interval(0.95)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.interval == pytest.approx((low, high), abs=1e-9)
    assert (low <= 0 <= high) == (found.p >= 0.05)


def test_the_interval_covers_the_truth_at_its_nominal_rate() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(1000):
        noise = rng.normal(0, 0.02, size=(2, 10))
        interval = paired_difference(list(0.52 + noise[0]), list(0.5 + noise[1])).interval
        covered += interval[0] <= 0.02 <= interval[1]
    assert 930 <= covered <= 970


def test_seeds_of_one_fold_are_not_counted_as_independent() -> None:
    """Five folds, three seeds, a difference that varies between folds and is zero on average."""
    rng = np.random.default_rng(0)
    folds = [fold for fold in range(5) for _ in range(3)]
    alarms = 0
    for _ in range(1000):
        effect = rng.normal(0, 0.01, 5)
        first = [effect[fold] + rng.normal(0, 0.005) for fold in folds]
        p = paired_difference(first, [0.0] * 15, groups=folds).p
        alarms += p < 0.05
    assert 30 <= alarms <= 70


def test_with_one_fold_the_seeds_are_the_units() -> None:
    difference = paired_difference([0.3, 0.5, 0.6], [0.2, 0.4, 0.4], groups=[1, 1, 1])
    assert (difference.n, difference.units) == (3, 3)
    assert paired_difference([0.3, 0.5, 0.6], [0.2, 0.4, 0.4], groups=[1, 1, 2]).units == 2


def test_a_single_value_has_no_deviation() -> None:
    assert mean_and_deviation([0.5]) == (0.5, None)
    assert mean_and_deviation([0.4, 0.6]) == (pytest.approx(0.5), pytest.approx(0.1414, abs=1e-4))
