"""Losses against what they are said to be, and schedules against torch's and the papers'."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from dfer.models.settings import CoOpSettings, DferClipSettings
from dfer.training.losses import balanced_weights, contrastive_loss, vote_shares
from dfer.training.schedule import learning_rate

ONE = torch.ones(())


def unit(*shape: int) -> torch.Tensor:
    return functional.normalize(
        torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape))), dim=-1
    )


def test_clips_and_texts_that_agree_cost_less_than_clips_and_texts_that_do_not() -> None:
    video = unit(6, 8)
    groups = torch.arange(6)
    right = contrastive_loss(video, video, 20 * ONE, groups=groups)
    wrong = contrastive_loss(video, video.roll(1, 0), 20 * ONE, groups=groups)
    assert right < math.log(6) < wrong


def test_equal_texts_repel_each_other_as_published_unless_they_are_positives() -> None:
    """Two clips of one text, told apart from the rest: half of the probability is all they can get."""
    video = torch.eye(3)[[0, 0, 1, 2]]
    groups = torch.tensor([0, 0, 1, 2])
    published = contrastive_loss(video, video, 100 * ONE, groups=groups)
    assert published.item() == pytest.approx(math.log(2) / 2, abs=1e-4)
    video.requires_grad_()
    contrastive_loss(video, video.detach(), 100 * ONE, groups=groups, duplicates="positive").backward()
    assert video.grad is not None
    assert video.grad.abs().max() < 1e-4  # nothing left to gain: ln 2 is the entropy of two equal positives


def test_without_equal_texts_positives_and_negatives_are_the_same() -> None:
    video, text, groups = unit(5, 4), unit(5, 4).roll(2, 1), torch.arange(5)
    both = [
        contrastive_loss(video, text, 3 * ONE, groups=groups, duplicates=d) for d in ("negative", "positive")
    ]
    assert both[0].item() == pytest.approx(both[1].item())


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40))
def test_balanced_weights_give_every_class_that_is_there_the_same_say(labels: list[int]) -> None:
    weights = balanced_weights(labels, classes=6)
    shares = [sum(weights[label].item() for label in labels if label == c) for c in range(6)]
    present = set(labels)
    for c in range(6):
        assert shares[c] == pytest.approx(len(labels) / len(present) if c in present else 0, rel=1e-5)


def test_votes_become_shares_and_votes_for_other_classes_do_not_count() -> None:
    votes = (("anger", 6.0), ("fear", 2.0), ("boredom", 2.0))
    assert vote_shares(votes, ["fear", "joy", "anger"]) == [0.25, 0.0, 0.75]
    assert vote_shares((("boredom", 3.0),), ["fear", "joy"]) is None


def test_published_milestones_follow_torch() -> None:
    settings = DferClipSettings(epochs=50)
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([parameter], lr=1e-2)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, [30, 40], 0.1)
    for epoch in range(1, 51):
        expected = schedule.get_last_lr()[0]
        assert learning_rate(1e-2, settings, epoch=epoch) == pytest.approx(expected, rel=1e-12)
        optimiser.step()
        schedule.step()


def test_coop_warms_up_for_one_epoch_and_then_follows_a_cosine() -> None:
    settings = CoOpSettings(epochs=50)
    rates = [learning_rate(2e-3, settings, epoch=epoch) for epoch in range(1, 51)]
    assert rates[0] == 1e-5
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([parameter], lr=2e-3)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 50)
    for rate in rates[1:]:  # the successor of the warm-up begins at its own first epoch
        assert rate == pytest.approx(cosine.get_last_lr()[0], rel=1e-9)
        optimiser.step()
        cosine.step()
    assert (rates[1], rates[-1]) == (2e-3, pytest.approx(7.9e-6, rel=0.01))
