"""The recogniser and its recipes: what is computed, what a step moves, what a checkpoint holds."""

import copy
import subprocess
import sys

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn
from torch.nn import functional

from dfer.errors import ContentError
from dfer.models.clip_backbone import ClipBackbone, load_clip
from dfer.models.recipes import build_recogniser, parameter_groups
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import RECIPES, DferClipSettings, ZeroShotSettings
from dfer.models.temporal import frame_mean

TEXTS = ["a wide smile.", "a frown.", "tears and a lowered gaze.", "wide eyes."]


def tiny() -> ClipBackbone:
    return load_clip(architecture="tiny", pretrained=None, seed=0)


def dfer_clip(seed: int = 0, texts: list[str] = TEXTS, **changes: object) -> VideoRecogniser:
    settings = DferClipSettings(frames=4).model_copy(update=changes)
    return build_recogniser(clip=tiny(), texts=texts, settings=settings, seed=seed)


def zero_shot(texts: list[str] = TEXTS) -> VideoRecogniser:
    return build_recogniser(clip=tiny(), texts=texts, settings=ZeroShotSettings())


@pytest.fixture
def pixels() -> Tensor:
    return torch.rand(3, 4, 3, 64, 64, generator=torch.Generator().manual_seed(1))


def train_step(recogniser: VideoRecogniser, pixels: Tensor, settings: DferClipSettings) -> None:
    optimiser = torch.optim.SGD(parameter_groups(recogniser, settings))
    functional.cross_entropy(recogniser(pixels), torch.tensor([0, 1, 2])).backward()
    optimiser.step()


def test_logits_are_cosines_of_video_and_text_over_the_temperature(pixels: Tensor) -> None:
    recogniser = dfer_clip(temperature=0.5)
    with torch.no_grad():
        frames = recogniser.visual(pixels.reshape(12, 3, 64, 64)).reshape(3, 4, 256)
        video = functional.normalize(recogniser.temporal(frames), dim=-1)
        expected = (
            functional.cosine_similarity(video[:, None], recogniser.text_features()[None], dim=-1) / 0.5
        )
        assert torch.allclose(recogniser(pixels), expected, atol=1e-5)


def test_shapes_and_norms_are_as_promised(pixels: Tensor) -> None:
    recogniser = dfer_clip()
    with torch.no_grad():
        assert recogniser.frame_features(pixels).shape == (3, 4, 256)
        assert torch.allclose(recogniser.video_features(pixels).norm(dim=-1), torch.ones(3))
        assert torch.allclose(recogniser.text_features().norm(dim=-1), torch.ones(4))
        assert recogniser(pixels).shape == (3, 4)


def test_frames_are_not_normalised_before_the_temporal_model(pixels: Tensor) -> None:
    with torch.no_grad():
        norms = dfer_clip().frame_features(pixels).norm(dim=-1)
    assert (norms - 1).abs().min() > 1e-3


def test_text_features_may_be_computed_once(pixels: Tensor) -> None:
    recogniser = dfer_clip()
    with torch.no_grad():
        assert torch.equal(recogniser(pixels, recogniser.text_features()), recogniser(pixels))


def test_mixed_precision_still_compares_in_full_precision(pixels: Tensor) -> None:
    recogniser = dfer_clip()
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        logits = recogniser(pixels)
        video, text = recogniser.video_features(pixels), recogniser.text_features()
    assert logits.dtype == torch.float32
    assert torch.allclose(logits, video.float() @ text.float().T / 0.01, atol=1e-3)


def test_the_columns_follow_the_order_of_the_texts(pixels: Tensor) -> None:
    with torch.no_grad():
        forward, backward = zero_shot()(pixels), zero_shot(TEXTS[::-1])(pixels)
    assert torch.allclose(forward, backward.flip(1), atol=1e-4)


def test_a_step_moves_temporal_model_visual_tower_and_context_and_nothing_else(pixels: Tensor) -> None:
    recogniser = dfer_clip()
    before = copy.deepcopy(recogniser.state_dict())
    train_step(recogniser, pixels, DferClipSettings(visual_learning_rate=1e-2))
    moved = {
        name for name, tensor in recogniser.state_dict().items() if not torch.equal(tensor, before[name])
    }
    trainable = {name for name, p in recogniser.named_parameters() if p.requires_grad}
    assert moved == trainable == set(recogniser.trainable_state())
    assert {name.split(".")[0] for name in moved} == {"visual", "temporal", "text_side"}
    assert [name for name in moved if name.startswith("text_side")] == ["text_side.context"]


@pytest.mark.parametrize("context_tokens", [0, 8])
def test_everything_follows_to_another_device(pixels: Tensor, context_tokens: int) -> None:
    # The meta device computes shapes only, but refuses a tensor left behind as a GPU would.
    recogniser = dfer_clip(context_tokens=context_tokens, pixel_normalisation="clip").to("meta")
    assert recogniser.video_features(pixels.to("meta")).shape == (3, 256)
    assert recogniser.text_features().shape == (4, 256)


def test_nothing_of_a_zero_shot_recogniser_trains() -> None:
    recogniser = zero_shot()
    assert not any(parameter.requires_grad for parameter in recogniser.parameters())
    assert recogniser.trainable_state() == {}


def test_each_group_has_its_learning_rate_and_together_they_are_all_that_trains() -> None:
    recogniser, settings = dfer_clip(), DferClipSettings()
    groups = parameter_groups(recogniser, settings)
    assert {group["name"]: group["lr"] for group in groups} == {
        "temporal": 1e-2,
        "visual": 1e-5,
        "context": 1e-3,
    }
    assert all((group["momentum"], group["weight_decay"]) == (0.9, 1e-4) for group in groups)
    grouped = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(grouped) == sorted(id(p) for p in recogniser.parameters() if p.requires_grad)


def test_without_temporal_layers_or_context_their_groups_are_absent(pixels: Tensor) -> None:
    recogniser = dfer_clip(temporal_layers=0, context_tokens=0)
    assert recogniser.temporal is frame_mean
    assert [group["name"] for group in parameter_groups(recogniser, DferClipSettings())] == ["visual"]
    train_step(recogniser, pixels, DferClipSettings())


def test_a_seed_draws_context_and_temporal_model_and_leaves_the_global_generator_alone() -> None:
    before = torch.random.get_rng_state()
    one, again, other = (dfer_clip(seed).trainable_state() for seed in (1, 1, 2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(tensor, again[name]) for name, tensor in one.items())
    for name in ("text_side.context", "temporal.cls", "temporal.layers.0.attention.qkv.weight"):
        assert not torch.equal(one[name], other[name])


def test_the_same_seed_gives_the_same_context_whatever_the_temporal_model() -> None:
    assert torch.equal(
        dfer_clip(temporal_layers=1).trainable_state()["text_side.context"],
        dfer_clip(temporal_layers=3).trainable_state()["text_side.context"],
    )


def test_trainable_state_brings_a_trained_recogniser_back_exactly(pixels: Tensor) -> None:
    trained = dfer_clip()
    train_step(trained, pixels, DferClipSettings())
    restored = dfer_clip(seed=9)
    restored.load_trainable_state(copy.deepcopy(trained.trainable_state()))
    with torch.no_grad():
        assert torch.equal(restored(pixels), trained(pixels))


def test_trained_weights_can_be_tried_with_other_descriptions(pixels: Tensor) -> None:
    trained, other = dfer_clip(), dfer_clip(texts=["joy.", "anger.", "sadness.", "fear."])
    other.load_trainable_state(trained.trainable_state())
    with torch.no_grad():
        assert torch.equal(other.video_features(pixels), trained.video_features(pixels))
        assert not torch.allclose(other(pixels), trained(pixels))


def test_a_state_that_does_not_fit_is_refused_in_words_and_changes_nothing() -> None:
    recogniser = dfer_clip()
    before = copy.deepcopy(recogniser.state_dict())
    state = {name: tensor + 1 for name, tensor in recogniser.trainable_state().items()}
    state["text_side.context"] = torch.zeros(7, 8, 128)
    state["temporal.extra"] = state.pop("temporal.cls")
    with pytest.raises(ContentError) as caught:
        recogniser.load_trainable_state(state)
    assert "missing: temporal.cls;" in caught.value.message
    assert "unexpected: temporal.extra;" in caught.value.message
    assert "text_side.context is 7×8×128 instead of 4×8×128" in caught.value.message
    assert all(torch.equal(tensor, before[name]) for name, tensor in recogniser.state_dict().items())


def test_a_long_difference_is_cut_and_counted() -> None:
    with pytest.raises(ContentError, match=r"and \d+ more"):
        dfer_clip().load_trainable_state({})


@pytest.mark.parametrize(
    "wrong",
    [
        torch.zeros(4, 3, 64, 64),
        torch.zeros(1, 4, 3, 32, 32),
        torch.zeros(1, 4, 64, 64, 3),
        torch.zeros(1, 4, 3, 64, 64, dtype=torch.uint8),
    ],
)
def test_pixels_of_another_kind_are_refused(wrong: Tensor) -> None:
    with pytest.raises(ContentError, match=r"expected \(batch, frames, 3, 64, 64\)"):
        zero_shot()(wrong)


def test_more_frames_than_positions_are_refused() -> None:
    with pytest.raises(ContentError, match="5 frames"):
        dfer_clip()(torch.zeros(1, 5, 3, 64, 64))


def test_zero_shot_is_the_mean_of_clips_own_features(pixels: Tensor) -> None:
    clip = tiny()
    mean, std = torch.tensor(clip.pixel_mean), torch.tensor(clip.pixel_std)
    with torch.no_grad():
        normalised = (pixels - mean[:, None, None]) / std[:, None, None]
        frames = torch.stack([clip.model.encode_image(frames) for frames in normalised])
        expected = functional.normalize(frames.mean(1), dim=-1)
        assert torch.allclose(zero_shot().video_features(pixels), expected, atol=1e-6)


def test_dfer_clip_leaves_pixels_as_they_are_unless_told(pixels: Tensor) -> None:
    plain, normalised = dfer_clip(), dfer_clip(pixel_normalisation="clip")
    with torch.no_grad():
        raw = plain.visual(pixels.flatten(0, 1))
        assert torch.equal(plain.frame_features(pixels).flatten(0, 1), raw)
        assert not torch.allclose(normalised.frame_features(pixels).flatten(0, 1), raw, atol=1e-2)


def test_a_few_steps_learn_a_few_clips(pixels: Tensor) -> None:
    recogniser, labels = dfer_clip(), torch.tensor([0, 1, 2])
    settings = DferClipSettings(visual_learning_rate=1e-4)
    optimiser = torch.optim.SGD(parameter_groups(recogniser, settings))
    losses = []
    for _ in range(12):
        loss = functional.cross_entropy(recogniser(pixels), labels)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(recogniser.parameters(), 1.0)
        optimiser.step()
        losses.append(loss.item())
    assert min(losses[-3:]) < losses[0]


def test_an_overlong_description_names_its_class() -> None:
    with pytest.raises(ContentError, match="class 'anger'"):
        build_recogniser(
            clip=tiny(),
            texts=["smile " * 68],
            settings=DferClipSettings(),
            seed=0,
            class_names=["anger"],
        )


def test_the_recipes_hold_the_published_values() -> None:
    recipe = RECIPES["dfer-clip"]
    assert isinstance(recipe, DferClipSettings)
    assert (recipe.context_tokens, recipe.description_position, recipe.class_specific_context) == (
        8,
        "end",
        True,
    )
    assert (recipe.temporal_layers, recipe.temporal_heads, recipe.temporal_head_width) == (1, 8, 64)
    assert (recipe.temporal_mlp, recipe.temperature, recipe.frames) == (1024, 0.01, 16)
    assert (recipe.epochs, recipe.batch_size, recipe.milestones, recipe.gamma) == (50, 48, (30, 40), 0.1)
    assert recipe.pixel_normalisation == "none"
    assert RECIPES["zero-shot"].pixel_normalisation == "clip"


@pytest.mark.parametrize(
    "wrong",
    [
        {"contxt_tokens": 4},
        {"context_tokens": -1},
        {"description_position": "start"},
        {"temperature": 0},
        {"visual_learning_rate": float("nan")},
        {"frames": 0},
    ],
)
def test_misspelt_and_impossible_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DferClipSettings.model_validate(wrong)


def test_settings_cannot_be_changed_and_explain_themselves() -> None:
    with pytest.raises(ValidationError):
        RECIPES["dfer-clip"].frames = 3  # type: ignore[misc]
    assert "mean instead" in (DferClipSettings.model_fields["temporal_layers"].description or "")


def test_settings_can_be_read_without_torch() -> None:
    code = "import sys, dfer.models.settings; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
