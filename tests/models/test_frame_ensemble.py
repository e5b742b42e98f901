"""Several frames of a clip: each rule against a plain writing-out of it, with open_clip's own encoders."""

from functools import cache

import open_clip
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from description_store.records import Combine
from dfer.models.clip_backbone import ClipBackbone, load_clip
from dfer.models.recipes import build_recogniser
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import FrameEnsemble, ZeroShotSettings

TEXTS = ["raised cheeks\na wide smile\nparted lips", "a frown", "tears\na lowered gaze"]
RULES: list[FrameEnsemble] = ["mean", "mean_normalised", "mean_score", "max_score"]
OF_TEXTS: list[Combine] = ["joined", "mean_embedding", "mean_score", "max_score", "mean_raw"]


@cache
def tiny() -> ClipBackbone:
    """One for all: nothing here trains or changes it."""
    return load_clip(architecture="tiny", pretrained=None, seed=0)


@cache
def zero_shot(rule: FrameEnsemble, combine: Combine = "joined") -> VideoRecogniser:
    settings = ZeroShotSettings(temperature=0.5, frame_ensemble=rule)
    return build_recogniser(clip=tiny(), texts=TEXTS, settings=settings, combine=combine)


def unit(vectors: Tensor) -> Tensor:
    return vectors / vectors.norm(dim=-1, keepdim=True)


def pixels_of(*, seed: int, frames: int, clips: int = 2) -> Tensor:
    """Frames of one clip that differ in brightness, so that their features differ in length and direction."""
    drawn = torch.Generator().manual_seed(seed)
    noise = torch.rand(clips, frames, 3, 64, 64, generator=drawn)
    return noise * torch.rand(clips, frames, 1, 1, 1, generator=drawn)


def features_of(frames: Tensor) -> Tensor:
    """(frames, 3, 64, 64) → (frames, embed), by open_clip's own encoder; not normalised."""
    clip = tiny()
    mean, std = (torch.tensor(values)[:, None, None] for values in (clip.pixel_mean, clip.pixel_std))
    found: Tensor = clip.model.encode_image((frames - mean) / std)
    return found


@cache
@torch.no_grad()
def embedding(text: str) -> Tensor:
    """(embed,), by open_clip's own encoder and tokenizer; not normalised."""
    found: Tensor = tiny().model.encode_text(open_clip.SimpleTokenizer()(text))[0]
    return found


def class_scores(feature: Tensor, combine: Combine) -> Tensor:
    """(embed,) → (classes,): the cosines of one feature with what each class is told by."""
    scores = []
    for text in TEXTS:
        lines = [text] if combine == "joined" else text.split("\n")
        embedded = torch.stack([embedding(line) for line in lines])
        cosines = unit(embedded) @ unit(feature)
        if combine == "mean_raw":
            scores.append(unit(embedded.mean(0)) @ unit(feature))
        elif combine in ("joined", "mean_embedding"):
            scores.append(unit(unit(embedded).mean(0)) @ unit(feature))
        else:
            scores.append(cosines.mean() if combine == "mean_score" else cosines.max())
    return torch.stack(scores)


def by_hand(frames: Tensor, rule: FrameEnsemble, combine: Combine) -> Tensor:
    """(frames, 3, 64, 64) → (classes,)."""
    features = features_of(frames)
    if rule == "mean":
        return class_scores(features.mean(0), combine)
    if rule == "mean_normalised":
        return class_scores(unit(features).mean(0), combine)
    scores = torch.stack([class_scores(feature, combine) for feature in features])
    return scores.mean(0) if rule == "mean_score" else scores.max(0).values


@torch.no_grad()
@settings(max_examples=25, deadline=None)
@given(
    rule=st.sampled_from(RULES),
    combine=st.sampled_from(OF_TEXTS),
    frames=st.integers(1, 5),
    seed=st.integers(0, 1000),
)
def test_each_rule_is_what_its_line_says(
    rule: FrameEnsemble, combine: Combine, frames: int, seed: int
) -> None:
    pixels = pixels_of(seed=seed, frames=frames)
    expected = torch.stack([by_hand(clip, rule, combine) for clip in pixels])
    assert torch.allclose(zero_shot(rule, combine)(pixels), expected / 0.5, atol=5e-6)


@torch.no_grad()
def test_the_rules_differ_where_frames_do_and_not_on_one_frame() -> None:
    several, one = pixels_of(seed=1, frames=4), pixels_of(seed=1, frames=1)
    for place, first in enumerate(RULES):
        for second in RULES[:place]:
            assert not torch.allclose(zero_shot(first)(several), zero_shot(second)(several), atol=1e-6)
            assert torch.allclose(zero_shot(first)(one), zero_shot(second)(one), atol=1e-6)


@torch.no_grad()
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), frames=st.integers(2, 6))
def test_the_mean_of_scores_is_that_of_normalised_features_less_sure(seed: int, frames: int) -> None:
    pixels = pixels_of(seed=seed, frames=frames)
    normalised, scores = zero_shot("mean_normalised")(pixels), zero_shot("mean_score")(pixels)
    lengths = torch.stack([unit(features_of(clip)).mean(0).norm() for clip in pixels])
    assert bool((lengths < 1).all())
    assert torch.allclose(scores, normalised * lengths[:, None], atol=5e-6)


@torch.no_grad()
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), order=st.permutations(range(4)), rule=st.sampled_from(RULES))
def test_neither_the_order_of_frames_nor_a_repetition_of_all_matters(
    seed: int, order: list[int], rule: FrameEnsemble
) -> None:
    pixels = pixels_of(seed=seed, frames=4)
    expected = zero_shot(rule)(pixels)
    assert torch.allclose(zero_shot(rule)(pixels[:, order]), expected, atol=5e-6)
    assert torch.allclose(zero_shot(rule)(torch.cat([pixels, pixels], dim=1)), expected, atol=5e-6)


@torch.no_grad()
@pytest.mark.parametrize("rule", RULES)
def test_a_scale_of_one_frames_features_matters_to_the_plain_mean_alone(rule: FrameEnsemble) -> None:
    features = torch.randn(2, 3, 256, generator=torch.Generator().manual_seed(1))
    louder = features * torch.tensor([10.0, 1.0, 1.0])[None, :, None]
    same = torch.allclose(zero_shot(rule)(features), zero_shot(rule)(louder), atol=1e-5)
    assert same == (rule != "mean")


def test_what_a_head_is_given_are_all_frames_where_each_is_scored() -> None:
    pixels = pixels_of(seed=1, frames=4)
    with torch.no_grad():
        shapes = {rule: tuple(zero_shot(rule).video_embeddings(pixels).shape) for rule in RULES}
    assert shapes == {
        "mean": (2, 256),
        "mean_normalised": (2, 256),
        "mean_score": (2, 4, 256),
        "max_score": (2, 4, 256),
    }
