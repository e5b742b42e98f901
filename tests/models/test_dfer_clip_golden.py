"""DFER-CLIP against the numbers of the published implementation."""

from pathlib import Path

import pytest
import torch
from dfer_clip_golden import Golden, load_golden
from torch.nn import functional

from dfer.models.recipes import parameter_groups
from dfer.models.tokens import END, START, encode_descriptions

FILES = sorted((Path(__file__).parents[1] / "golden").glob("dfer_clip_*.npz"))
TOLERANCE = 1e-4
X = 343  # "x": what the published code writes where the context will stand


def worst(found: torch.Tensor, expected: torch.Tensor) -> float:
    assert found.shape == expected.shape
    return float((found.detach() - expected).abs().max())


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def golden(request: pytest.FixtureRequest) -> Golden:
    return load_golden(request.param)


def test_there_are_golden_files() -> None:
    assert FILES


def test_tokens_are_the_published_ones(golden: Golden) -> None:
    n = golden.settings.context_tokens
    encoded = encode_descriptions(golden.texts, context_length=golden.context_length, context_tokens=n)
    for ids, expected in zip(encoded, golden.token_ids.tolist(), strict=True):
        row = [START, *[X] * n, *ids, END]
        assert row + [0] * (golden.context_length - len(row)) == expected


def test_features_and_logits_are_the_published_ones(golden: Golden) -> None:
    recogniser, expected = golden.recogniser, golden.expected
    with torch.no_grad():
        assert worst(recogniser.frame_features(golden.pixels), expected["frame_features"]) < TOLERANCE
        assert (
            worst(recogniser.video_features(golden.pixels), expected["video_features_normalised"]) < TOLERANCE
        )
        assert worst(recogniser.text_features(), expected["text_features_normalised"]) < TOLERANCE
        assert worst(recogniser(golden.pixels), expected["logits"]) < TOLERANCE


def test_three_training_steps_are_the_published_ones(golden: Golden) -> None:
    recogniser, expected = golden.recogniser, golden.expected
    gradients = {
        "grad_ctx": "text_side.context",
        "grad_temporal_cls": "temporal.cls",
        "grad_visual_conv1": "visual.conv1.weight",
    }
    parameters = dict(recogniser.named_parameters())
    optimiser = torch.optim.SGD(parameter_groups(recogniser, golden.settings))
    losses = []
    for step in range(golden.steps):
        loss = functional.cross_entropy(recogniser(golden.pixels), golden.labels)
        optimiser.zero_grad()
        loss.backward()
        if step == 0:
            for name, ours in gradients.items():
                if name in expected and ours in parameters:
                    gradient = parameters[ours].grad
                    assert gradient is not None
                    assert worst(gradient, expected[name]) < TOLERANCE * float(1 + expected[name].abs().max())
        optimiser.step()
        losses.append(loss.item())
    assert losses == pytest.approx(expected["losses"].tolist(), abs=TOLERANCE, rel=TOLERANCE)
    with torch.no_grad():
        after = expected["logits_after_training"]
        assert worst(recogniser(golden.pixels), after) < TOLERANCE * float(1 + after.abs().max())
    if golden.settings.context_tokens:
        assert worst(parameters["text_side.context"], expected["ctx_after_training"]) < TOLERANCE
