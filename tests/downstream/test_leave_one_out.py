"""Heads that never saw the subject they score, on features whose relation to the scores is known."""

import numpy as np
import pytest
import torch
from torch import Tensor

from dfer.downstream.agreement import agreement
from dfer.downstream.head import Head, HeadSettings, train_head
from dfer.downstream.leave_one_out import leave_one_subject_out

SUBJECTS = [f"s{i}" for i in range(6) for _ in range(10)]
SETTINGS = HeadSettings()
QUICK = HeadSettings(hidden=8, epochs=3, batch_size=16)


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape)).float()


def planted() -> tuple[Tensor, Tensor]:
    """Features of 60 clips, and two scores in very different units that are linear in them."""
    features = drawn(60, 8)
    relation = drawn(8, 2, seed=1)
    return features, features @ relation * torch.tensor([1.0, 500.0]) + torch.tensor([3.0, -9000.0])


def ccc(truth: Tensor, predicted: Tensor) -> float:
    found = agreement(truth.tolist(), predicted.tolist()).ccc
    assert found is not None
    return found


def test_a_relation_that_holds_for_everybody_is_found_in_each_targets_own_units() -> None:
    features, scores = planted()
    held_out = leave_one_subject_out(features, scores, SUBJECTS, settings=SETTINGS, seed=1)
    for target in (0, 1):
        assert ccc(scores[:, target], held_out.predicted[:, target]) > 0.9
        assert ccc(scores[:, target], held_out.baseline[:, target]) < 0.1


def test_scores_that_only_the_subjects_identity_tells_are_not_found() -> None:
    """Every feature names its subject: whoever trains on that subject knows the score, nobody else does."""
    identity = torch.eye(20).repeat_interleave(3, dim=0) + 0.1 * drawn(60, 20)
    subjects = [f"s{i:02}" for i in range(20) for _ in range(3)]
    scores = drawn(20, 1, seed=7).repeat_interleave(3, dim=0)
    leaking = train_head(identity, scores.double(), settings=SETTINGS, seed=1, part="all")
    with torch.no_grad():
        assert ccc(scores[:, 0], leaking(identity)[:, 0]) > 0.95
    held_out = leave_one_subject_out(identity, scores, subjects, settings=SETTINGS, seed=1)
    assert abs(ccc(scores[:, 0], held_out.predicted[:, 0])) < 0.3


@pytest.mark.parametrize("left_out", ["s0", "s3", "s5"])
def test_a_subjects_own_scores_change_nothing_that_is_predicted_for_them(left_out: str) -> None:
    features, scores = planted()
    own = torch.tensor([subject == left_out for subject in SUBJECTS])
    lies = torch.where(own[:, None], 1e6, scores)
    told, lied = (
        leave_one_subject_out(features, given, SUBJECTS, settings=QUICK, seed=1) for given in (scores, lies)
    )
    assert torch.equal(told.predicted[own], lied.predicted[own])
    assert torch.equal(told.baseline[own], lied.baseline[own])
    assert not torch.isclose(told.predicted[~own], lied.predicted[~own]).any()


def test_a_head_depends_on_who_is_left_out_and_not_on_the_heads_before_it() -> None:
    features, scores = planted()
    held_out = leave_one_subject_out(features, scores, SUBJECTS, settings=QUICK, seed=1)
    own = torch.tensor([subject == "s4" for subject in SUBJECTS])
    head = train_head(features[~own], scores[~own].double(), settings=QUICK, seed=1, part="head without s4")
    with torch.no_grad():
        assert torch.equal(held_out.predicted[own], head(features[own]))


def test_the_same_seed_gives_the_same_scores_and_leaves_the_global_generator_alone() -> None:
    features, scores = planted()
    before = torch.random.get_rng_state()
    first, again, other = (
        leave_one_subject_out(features, scores, SUBJECTS, settings=QUICK, seed=seed).predicted
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_scores_that_nobody_gave_are_not_learnt_from() -> None:
    features, scores = planted()
    some = scores.clone()
    some[::2, 1] = torch.nan
    held_out = leave_one_subject_out(features, some, SUBJECTS, settings=SETTINGS, seed=1)
    assert held_out.predicted.isfinite().all()
    # Every clip of the target that misses half is predicted, those without a score too.
    assert ccc(scores[:, 1], held_out.predicted[:, 1]) > 0.8
    own = torch.tensor([subject == "s0" for subject in SUBJECTS])
    assert held_out.baseline[0, 1] == pytest.approx(float(some[~own, 1].double().nanmean()))


def test_the_baseline_is_the_mean_score_of_the_others() -> None:
    scores = torch.tensor([[1.0], [3.0], [8.0], [0.0]])
    held_out = leave_one_subject_out(drawn(4, 3), scores, ["a", "a", "b", "c"], settings=QUICK, seed=1)
    assert held_out.baseline[:, 0].tolist() == pytest.approx([4, 4, 4 / 3, 4])


def test_an_output_of_zero_is_the_mean_of_training_in_the_scores_units() -> None:
    scores = torch.tensor([[1.0, 100.0], [3.0, 100.0]], dtype=torch.float64)
    head = Head(features=drawn(2, 3), scores=scores, hidden=4)
    torch.nn.init.zeros_(head.layers[-1].weight)
    torch.nn.init.zeros_(head.layers[-1].bias)
    assert head(drawn(5, 3, seed=2)).tolist() == [[2, 100]] * 5


@pytest.mark.parametrize("value", [0.1, 2.0])
def test_a_feature_that_only_the_left_out_subject_varies_in_does_no_harm(value: float) -> None:
    features, scores = planted()
    features[:, 0] = value
    features[:10, 0] = value + 1
    held_out = leave_one_subject_out(features, scores, SUBJECTS, settings=QUICK, seed=1)
    farthest = (scores - scores.mean(dim=0)).abs().amax(dim=0)
    assert ((held_out.predicted - scores.mean(dim=0)).abs() < 2 * farthest).all()


@pytest.mark.parametrize("subjects", [["a", "a"], ["a", "b"]])
def test_a_target_without_a_score_of_the_others_cannot_be_learnt(subjects: list[str]) -> None:
    scores = torch.tensor([[1.0, 2.0], [3.0, torch.nan]])
    with pytest.raises(ValueError, match="without subject 'a' no score of some target is left"):
        leave_one_subject_out(drawn(2, 3), scores, subjects, settings=QUICK, seed=1)


def test_a_video_cut_into_many_clips_counts_as_one_in_head_and_baseline() -> None:
    """Subjects a, b and c with a video each, b's of ten clips: without c the baseline is halfway."""
    subjects = ["a"] + ["b"] * 10 + ["c"]
    scores = torch.tensor([[0.0]] + [[10.0]] * 10 + [[5.0]])
    features = torch.randn(12, 4, generator=torch.Generator().manual_seed(1))
    weights = torch.tensor([1.0] + [0.1] * 10 + [1.0])
    by_video = leave_one_subject_out(features, scores, subjects, settings=QUICK, seed=1, weights=weights)
    by_clip = leave_one_subject_out(features, scores, subjects, settings=QUICK, seed=1)
    assert by_video.baseline[-1].item() == pytest.approx(5.0)
    assert by_clip.baseline[-1].item() == pytest.approx(100 / 11)
    assert by_video.predicted[-1] != by_clip.predicted[-1]
