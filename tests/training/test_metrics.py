"""How a run is measured: against numbers worked out by hand, and laws that hold for any logits."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from scipy.stats import mannwhitneyu
from torch.nn import functional

from dfer.training.metrics import Metrics, measure


def said(predictions: list[int], *, classes: int) -> torch.Tensor:
    """Logits whose highest are these predictions."""
    return functional.one_hot(torch.tensor(predictions), classes).float()


def test_uar_is_the_mean_recall_and_war_the_accuracy() -> None:
    metrics = measure([0, 0, 0, 1], said([0, 0, 1, 0], classes=2), classes=2)
    assert metrics.recalls == (pytest.approx(2 / 3), 0.0)
    assert metrics.uar == pytest.approx(1 / 3)
    assert metrics.war == pytest.approx(1 / 2)
    assert metrics.confusion == ((2, 1), (1, 0))


def test_macro_f1_is_the_mean_of_the_classes_f1() -> None:
    metrics = measure([0, 0, 0, 1, 2, 2], said([0, 0, 1, 1, 2, 0], classes=3), classes=3)
    # Precision and recall: 2/3 and 2/3, 1/2 and 1, 1 and 1/2.
    assert metrics.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 2 / 3) / 3)
    assert measure([0, 1], said([1, 0], classes=2), classes=2).macro_f1 == 0


def test_auc_is_how_often_a_clip_of_the_class_gets_more_than_one_of_another() -> None:
    of_first = torch.tensor([0.9, 0.4, 0.6, 0.1])
    logits = torch.stack([of_first, 1 - of_first], dim=1).log()
    # Of the four pairs of a clip of class 0 and one of class 1, (0.4, 0.6) alone is the wrong way round.
    assert measure([0, 0, 1, 1], logits, classes=2).auc == pytest.approx(3 / 4)


def test_the_calibration_error_is_the_mean_gap_between_confidence_and_accuracy() -> None:
    confident, unsure = [0.9, 0.1], [0.55, 0.45]
    logits = torch.tensor([confident] * 4 + [unsure] * 2, dtype=torch.float64).log()
    metrics = measure([0, 0, 0, 1, 0, 0], logits, classes=2)
    # Four clips at 0.9, three of them right; two at 0.55, both right.
    assert metrics.calibration_error == pytest.approx(4 / 6 * abs(3 / 4 - 0.9) + 2 / 6 * abs(1 - 0.55))


def test_a_class_without_test_clips_is_left_out_of_every_mean_and_shown() -> None:
    metrics = measure([0, 0, 1], said([0, 2, 1], classes=4), classes=4)
    assert metrics.recalls == (0.5, 1.0, None, None)
    assert metrics.uar == 0.75
    assert metrics.macro_f1 == pytest.approx((2 / 3 + 1) / 2)
    # Class 0: one of its two clips beats the other class's, one ties with it. Class 1: its clip beats both.
    assert metrics.auc == pytest.approx((3 / 4 + 1) / 2)


def test_clips_of_one_class_alone_have_no_auc() -> None:
    metrics = measure([1, 1], said([1, 0], classes=2), classes=2)
    assert metrics.auc is None
    assert metrics.further == {
        "macro_f1": pytest.approx(2 / 3),
        "auc": None,
        "calibration_error": metrics.calibration_error,
    }


def test_a_low_temperature_makes_no_ties_of_clips_that_differ() -> None:
    """Probabilities that are all 1, or all 0, even in double precision."""
    logits = torch.tensor([[90.0, 0.0], [80.0, 0.0], [-80.0, 0.0], [-90.0, 0.0]])
    assert measure([0, 1, 0, 1], logits, classes=2).auc == 3 / 4
    assert measure([0, 0, 1, 1], logits, classes=2).auc == 1


def test_clips_that_are_equal_on_paper_tie_whatever_the_order_of_summing() -> None:
    logits = [[0.1, 0.7, 0.2, 0.3], [0.1, 0.2, 0.3, 0.7], [0.1, 0.3, 0.7, 0.2]]
    metrics = measure([0, 1, 1], logits, classes=4)
    # Class 0: ties with both others. Class 1: the clip of class 0 beats both.
    assert metrics.auc == pytest.approx((1 / 2 + 0) / 2)


CLASSES = 4
scored = st.lists(
    st.tuples(st.integers(0, CLASSES - 1), st.lists(st.integers(-8, 8), min_size=CLASSES, max_size=CLASSES)),
    min_size=1,
    max_size=40,
)
Scored = list[tuple[int, list[int]]]


def measured(clips: Scored) -> Metrics:
    labels, logits = zip(*clips, strict=True)
    return measure(torch.tensor(labels), torch.tensor(logits) / 4, classes=CLASSES)


@given(scored)
def test_the_confusion_counts_every_clip_once(clips: Scored) -> None:
    metrics = measured(clips)
    pairs = [(label, int(np.argmax(logits))) for label, logits in clips]
    assert all(metrics.confusion[a][b] == pairs.count((a, b)) for a in range(CLASSES) for b in range(CLASSES))
    assert metrics.war == pytest.approx(sum(a == b for a, b in pairs) / len(pairs))


@given(scored)
def test_the_auc_is_the_rank_statistic_of_each_class_against_the_rest(clips: Scored) -> None:
    labels = np.array([label for label, _ in clips])
    probabilities = softmax(np.array([logits for _, logits in clips]) / 4, axis=1).round(12)
    expected = [
        mannwhitneyu(probabilities[labels == k, k], probabilities[labels != k, k]).statistic
        / (sum(labels == k) * sum(labels != k))
        for k in range(CLASSES)
        if 0 < sum(labels == k) < len(labels)
    ]
    auc = measured(clips).auc
    assert auc == (pytest.approx(np.mean(expected), abs=1e-6) if expected else None)


@given(scored, st.randoms())
def test_the_order_of_the_clips_changes_nothing(clips: Scored, random) -> None:
    shuffled = random.sample(clips, len(clips))
    one, other = measured(clips), measured(shuffled)
    assert one.confusion == other.confusion
    assert one.further == pytest.approx(other.further, abs=1e-6)


@given(scored)
def test_every_number_is_a_fraction(clips: Scored) -> None:
    metrics = measured(clips)
    numbers = [metrics.uar, metrics.war, metrics.macro_f1, metrics.auc, metrics.calibration_error]
    assert all(0 <= number <= 1 for number in numbers if number is not None)


@given(st.lists(st.integers(0, CLASSES - 1), min_size=1, max_size=40))
def test_perfect_and_certain_logits_give_one_and_no_calibration_error(labels: list[int]) -> None:
    metrics = measure(labels, 50 * said(labels, classes=CLASSES), classes=CLASSES)
    assert (metrics.uar, metrics.war, metrics.macro_f1) == (1, 1, 1)
    assert metrics.auc == (1 if len(set(labels)) > 1 else None)
    assert metrics.calibration_error == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("labels", "logits"),
    [([], torch.empty(0, 2)), ([0], torch.zeros(2, 2)), ([0], torch.zeros(1, 3)), ([0, 1], torch.zeros(2))],
    ids=["no clip", "more clips than labels", "another class", "predictions instead of logits"],
)
def test_logits_that_do_not_fit_the_labels_are_an_error(labels: list[int], logits: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="expected logits of 2 classes"):
        measure(labels, logits, classes=2)


def test_very_sure_and_fairly_sure_clips_of_one_bin_are_calibrated_together() -> None:
    """100 clips at 95 %, all right; 100 clips 20 logits apart, 90 right: the bin is at 97.5 % for 95 %."""
    odds = [math.log(0.95 / 0.05)] * 100 + [20.0] * 100
    labels = [0] * 190 + [1] * 10
    found = measure(labels, [[odd, 0.0] for odd in odds], classes=2)
    assert found.calibration_error == pytest.approx(0.025, abs=1e-6)
