"""MAE, RMSE, PCC and CCC, against numbers worked out by hand and what must hold of any scores."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dfer.downstream.agreement import Agreement, agreement, mean_agreement

pairs = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=2, max_size=12)


def test_the_measures_are_those_worked_out_by_hand() -> None:
    found = agreement([1, 2, 3, 4], [2, 2, 4, 5])
    assert found.mae == pytest.approx(3 / 4)
    assert found.rmse == pytest.approx(math.sqrt(3 / 4))
    assert found.pcc == pytest.approx(5.5 / math.sqrt(5 * 6.75))
    # Lin's moments are over n: 2 · 5.5/4 over 5/4 + 6.75/4 + 0.75²
    assert found.ccc == pytest.approx(2.75 / 3.5)


def test_a_constant_shift_leaves_correlation_and_takes_concordance() -> None:
    found = agreement([0, 1, 2, 3], [5, 6, 7, 8])
    assert found.pcc == pytest.approx(1)
    assert found.ccc == pytest.approx(2 * 1.25 / (1.25 + 1.25 + 25))


@pytest.mark.parametrize(
    ("truth", "predicted"),
    [
        ([1, 2, 3], [2, 2, 2]),
        ([2, 2, 2], [1, 2, 3]),
        ([0, 0], [0, 0]),
        ([3], [4]),
        ([1, 2], [0.1 + 0.2, 0.3]),
    ],
)
def test_correlations_of_scores_that_are_all_the_same_are_not_defined(truth, predicted) -> None:
    found = agreement(truth, predicted)
    assert (found.pcc, found.ccc) == (None, None)
    assert found.mae >= 0


@given(pairs)
def test_concordance_never_exceeds_correlation_and_has_its_sign(scores: list[tuple[int, int]]) -> None:
    found = agreement(*zip(*scores, strict=True))
    assume(found.pcc is not None)
    assert abs(found.ccc) <= abs(found.pcc) + 1e-9
    assert found.ccc * found.pcc >= -1e-9
    assert -1 - 1e-9 <= found.ccc <= 1 + 1e-9


@given(pairs)
def test_concordance_is_one_exactly_where_every_score_is_right(scores: list[tuple[int, int]]) -> None:
    truth, predicted = zip(*scores, strict=True)
    assume(len(set(truth)) > 1)
    assert agreement(truth, truth).ccc == pytest.approx(1)
    if truth != predicted and len(set(predicted)) > 1:
        assert agreement(truth, predicted).ccc < 1 - 1e-4


@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_the_videos_and_who_is_called_the_truth_do_not_matter(scores, rng) -> None:
    truth, predicted = zip(*scores, strict=True)
    shuffled = rng.sample(scores, len(scores))
    found = agreement(truth, predicted)
    for other in (agreement(*zip(*shuffled, strict=True)), agreement(predicted, truth)):
        assert [other.mae, other.rmse, other.pcc, other.ccc] == pytest.approx(
            [found.mae, found.rmse, found.pcc, found.ccc]
        )


@given(pairs)
def test_the_root_mean_square_error_is_never_below_the_mean_absolute_error(scores) -> None:
    found = agreement(*zip(*scores, strict=True))
    assert found.rmse >= found.mae - 1e-9
    assert (found.mae == 0) == all(a == b for a, b in scores)


@pytest.mark.parametrize(("truth", "predicted"), [([1, 2], [1]), ([], [])])
def test_scores_that_do_not_pair_up_are_refused(truth, predicted) -> None:
    with pytest.raises(ValueError, match="as many predicted scores as given ones"):
        agreement(truth, predicted)


def test_a_mean_over_targets_is_undefined_where_one_of_them_is() -> None:
    first = Agreement(mae=1, rmse=2, pcc=0.5, ccc=0.25)
    second = Agreement(mae=3, rmse=4, pcc=0.7, ccc=None)
    mean = mean_agreement([first, second])
    assert (mean.mae, mean.rmse, mean.pcc, mean.ccc) == (2, 3, pytest.approx(0.6), None)
