"""The statistics of paired runs, against scipy where scipy has the test, and against arithmetic elsewhere."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dfer.experiments.paired_difference import paired_difference
from dfer.experiments.pairing import PairedFold
from dfer.experiments.statistics.bootstrap import interval
from dfer.experiments.statistics.deviation import deviation, mean_of_groups
from dfer.experiments.statistics.holm import holm
from dfer.experiments.statistics.permutation import p_of_clips, p_of_runs, smallest_p
from dfer.experiments.statistics.power import power_of
from dfer.experiments.statistics.sample import accuracy_sample, mean_over_folds, recall_sample
from dfer.experiments.statistics.spread import Spread, spread_of

GAINS = np.random.default_rng(0).choice([-1.0, 0.0, 1.0], p=[0.15, 0.6, 0.25], size=(1, 400))


def test_the_bootstrap_of_one_fold_and_seed_is_scipys() -> None:
    fold = accuracy_sample(GAINS)
    low, high = interval([fold], spread_of([fold], trained=False), resamples=20_000)
    theirs = stats.bootstrap(
        (GAINS[0],), np.mean, method="percentile", n_resamples=20_000, rng=np.random.default_rng(1)
    ).confidence_interval
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=0.003)


def test_clips_are_drawn_anew_class_by_class_for_uar() -> None:
    """The variance of a mean of means, as scipy's bootstrap of each class finds it."""
    labels = np.repeat([0, 1, 2], [300, 80, 20])
    fold = recall_sample(GAINS, labels)
    assert fold.figure == pytest.approx(np.mean([GAINS[0, labels == c].mean() for c in range(3)]))
    spread = spread_of([fold], trained=False)
    expected = sum(stats.sem(GAINS[0, labels == c]) ** 2 for c in range(3)) / 9
    assert spread.total == spread.clips == pytest.approx(expected, rel=0.1)
    low, high = interval([fold], spread)
    assert high - low == pytest.approx(2 * 1.96 * math.sqrt(expected), rel=0.15)


def test_with_one_seed_per_fold_trained_runs_have_the_interval_of_a_t_test_over_folds() -> None:
    rng = np.random.default_rng(0)
    folds = [accuracy_sample(rng.normal(rng.normal(0, 1), 0.1, size=(1, 50))) for _ in range(5)]
    theirs = stats.ttest_1samp([fold.figure for fold in folds], 0.0)
    spread = spread_of(folds, trained=True)
    assert spread.degrees == pytest.approx(4)
    assert spread.p_of(mean_over_folds(folds)) == pytest.approx(theirs.pvalue)
    expected = theirs.confidence_interval(0.95)
    assert interval(folds, spread, resamples=40_000) == pytest.approx(
        (expected.low, expected.high), abs=0.04 * (expected.high - expected.low)
    )


@given(
    st.lists(
        st.lists(st.floats(-1, 1, allow_nan=False).filter(lambda x: abs(x) > 1e-6), min_size=1, max_size=3),
        min_size=2,
        max_size=3,
    )
)
def test_the_permutation_test_of_runs_tries_every_way_to_mix_them_up(folds: list[list[float]]) -> None:
    samples = [accuracy_sample(np.array(seeds)[:, None]) for seeds in folds]
    shares = [value / len(seeds) / len(folds) for seeds in folds for value in seeds]
    ways = [
        sum(s * x for s, x in zip(signs, shares, strict=True))
        for signs in itertools.product((1, -1), repeat=len(shares))
    ]
    found = abs(sum(shares))
    expected = np.mean([abs(way) >= found * (1 - 1e-9) - 1e-15 for way in ways])
    assert p_of_runs(samples) == pytest.approx(expected)
    assert p_of_runs(samples) >= smallest_p(len(shares))


def test_one_pair_of_runs_shows_nothing_whatever_its_difference() -> None:
    assert p_of_runs([accuracy_sample(np.ones((1, 9)))]) == smallest_p(1) == 1.0


def test_the_permutation_test_of_clips_is_mcnemars_for_one_fold() -> None:
    gained, lost = int((GAINS > 0).sum()), int((GAINS < 0).sum())
    expected = stats.binomtest(gained, gained + lost).pvalue
    assert p_of_clips([accuracy_sample(GAINS)]) == pytest.approx(expected, abs=0.005)


def test_holm_adjusts_for_the_whole_family_in_the_order_given() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5]) == [0.5]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10))
def test_holm_never_lowers_a_p_nor_changes_their_order(values: list[float]) -> None:
    adjusted = holm(values)
    assert all(a >= p for a, p in zip(adjusted, values, strict=True))
    assert max(adjusted) <= 1.0
    order = np.argsort(values, kind="stable")
    assert np.all(np.diff(np.array(adjusted)[order]) >= 0)


def spread(**changes: float | None) -> Spread:
    fields = {
        "clips": 1e-5,
        "seeds": 4e-5,
        "folds": 0.0,
        "degrees": math.inf,
        "shrinking": 4e-5,
        "seeds_per_fold": 3.0,
    }
    return Spread(**(fields | changes))


def test_the_seeds_that_show_a_point_do_so_four_times_out_of_five() -> None:
    """80 % power, by drawing experiments with that many seeds and testing each."""
    found = power_of(spread(), aim=0.02)
    assert found.seeds is not None
    variance = 1e-5 + 3 * 4e-5 / found.seeds
    rng = np.random.default_rng(0)
    means = rng.normal(0.02, math.sqrt(variance), 20_000)
    shown = np.mean(np.abs(means) / math.sqrt(variance) > 1.96)
    fewer = np.mean(
        rng.normal(0.02, math.sqrt(1e-5 + 3 * 4e-5 / (found.seeds - 1)), 20_000)
        > 1.96 * math.sqrt(1e-5 + 3 * 4e-5 / (found.seeds - 1))
    )
    assert fewer < 0.8 <= shown + 0.01


def test_what_folds_and_clips_hide_no_number_of_seeds_shows() -> None:
    found = power_of(spread(folds=1e-3), aim=0.01)
    assert found.seeds is None
    assert 0.01 < found.at_best < found.now


def test_with_one_seed_per_fold_nobody_knows_what_more_would_show() -> None:
    found = power_of(spread(shrinking=None, seeds_per_fold=1.0))
    assert (found.seeds, found.at_best) == (None, None)


def test_a_single_value_has_no_deviation() -> None:
    assert deviation([0.5]) is None
    assert deviation([0.4, 0.6]) == pytest.approx(0.1414, abs=1e-4)


def test_folds_weigh_the_same_however_many_seeds_they_have() -> None:
    assert mean_of_groups([0.2, 0.4, 0.9], [1, 1, 2]) == pytest.approx(0.6)


def test_of_classes_with_few_clips_the_variance_is_partly_that_of_the_others() -> None:
    """Else a class whose three clips happen to agree would count as certain."""
    labels = np.repeat([0, 1], [397, 3])
    values = GAINS.copy()
    values[0, 397:] = 1.0
    agreeing = spread_of([recall_sample(values, labels)], trained=False)
    alone = stats.sem(GAINS[0, :397]) ** 2 / 4
    assert agreeing.total > 10 * alone
    assert agreeing.degrees < 6


def test_clips_that_are_tested_in_every_fold_do_not_count_as_new_ones() -> None:
    folds = [accuracy_sample(GAINS)] * 5
    apart = spread_of(folds, trained=False)
    shared = spread_of(folds, trained=False, overlap=5.0)
    assert shared.clips == pytest.approx(5 * apart.clips)
    assert shared.clips == pytest.approx(spread_of(folds[:1], trained=False).clips)


def test_folds_that_test_the_same_clips_are_told_by_the_clips_names() -> None:
    labels = np.repeat([0, 1], 50)
    taken = np.random.default_rng(0).integers(0, 2, (2, 5, 1, 100))

    def width(*, shared: bool) -> float:
        folds = [
            PairedFold(
                fold=fold,
                seeds=(0,),
                classes=("anger", "fear"),
                clips=tuple(str(clip if shared else (fold, clip)) for clip in range(100)),
                labels=labels,
                taken_a=taken[0, fold],
                taken_b=taken[1, fold],
            )
            for fold in range(5)
        ]
        low, high = paired_difference(folds, trained=False).uar.interval
        return high - low

    assert width(shared=True) > 1.5 * width(shared=False)
