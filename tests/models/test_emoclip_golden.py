"""EmoCLIP against the numbers of the published implementation."""

from pathlib import Path

import pytest
import torch
from emoclip_golden import Golden, load_golden

from dfer.models.caption_side import CaptionSide, TokenIds
from dfer.models.combining import combine_embeddings
from dfer.models.recipes import build_recogniser
from dfer.models.settings import EmoClipSettings
from dfer.models.tokens import encode_descriptions, lay_out
from dfer.training.losses import contrastive_loss

FILES = sorted((Path(__file__).parents[1] / "golden").glob("emoclip_*.npz"))
TOLERANCE = 1e-4


def worst(found: torch.Tensor, expected: torch.Tensor) -> float:
    assert found.shape == expected.shape
    return float((found.detach() - expected).abs().max())


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def golden(request: pytest.FixtureRequest) -> Golden:
    return load_golden(request.param)


def captions_of(golden: Golden) -> TokenIds:
    return TokenIds(*lay_out(encode_descriptions(golden.texts, context_length=golden.token_ids.shape[1])))


def test_there_are_golden_files() -> None:
    assert FILES


def test_captions_are_the_published_tokens(golden: Golden) -> None:
    ids, _ = captions_of(golden)
    length = ids.shape[1]
    assert torch.equal(ids, golden.token_ids[:, :length].long())
    assert not golden.token_ids[:, length:].any()


def test_the_contrastive_step_has_the_published_logits_loss_and_gradients(golden: Golden) -> None:
    recogniser, expected = golden.recogniser, golden.expected
    video, text, scale = recogniser.contrast(golden.pixels, captions_of(golden))
    assert worst(scale * video @ text.T, expected["logits_per_video"]) < TOLERANCE
    loss = contrastive_loss(video, text, scale, groups=torch.arange(len(golden.texts)))
    assert loss.item() == pytest.approx(expected["loss"].item(), abs=TOLERANCE)
    loss.backward()
    parameters = dict(recogniser.named_parameters())
    for name, ours in {"grad_logit_scale": "head.logit_scale", "grad_temporal_cls": "temporal.cls"}.items():
        gradient = parameters[ours].grad
        assert gradient is not None
        assert worst(gradient, expected[name]) < TOLERANCE * float(1 + expected[name].abs().max())


def test_told_by_its_captions_as_classes_it_gives_the_same_logits(golden: Golden) -> None:
    with torch.no_grad():
        assert worst(golden.recogniser(golden.pixels), golden.expected["logits_per_video"]) < TOLERANCE


def test_a_compound_emotion_is_the_mean_of_its_parts_as_they_are(golden: Golden) -> None:
    recogniser = build_recogniser(
        clip=golden.clip,
        texts=["\n".join(golden.texts[:2])],
        combine="mean_raw",
        settings=EmoClipSettings(frames=golden.pixels.shape[1]),
    )
    side = recogniser.text_side
    assert isinstance(side, CaptionSide)
    raw = golden.expected["compound_01_raw_mean"].unsqueeze(0)
    with torch.no_grad():
        assert worst(side(), combine_embeddings(raw, [1], "mean_embedding")) < TOLERANCE
