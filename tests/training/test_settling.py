"""A CLIP that was settled for scoring in bfloat16."""

import pytest
import torch

from dfer.models.clip_backbone import load_clip
from dfer.models.recipes import build_recogniser
from dfer.models.settings import DferClipSettings
from dfer.training.fabric import make_fabric, settle
from dfer.training.step import optimizer_of


def test_in_bf16_its_matrices_are_rounded_and_it_is_not_trained_any_more() -> None:
    clip = load_clip(architecture="tiny", pretrained=None)
    recogniser = build_recogniser(clip=clip, texts=["a smile", "tears"], settings=DferClipSettings())
    settle(recogniser, make_fabric("fp32", accelerator="cpu"), precision="fp32")
    assert {parameter.dtype for parameter in recogniser.parameters()} == {torch.float32}
    settle(recogniser, make_fabric("bf16", accelerator="cpu"), precision="bf16")
    assert {parameter.dtype for parameter in recogniser.visual.parameters()} == {
        torch.float32,
        torch.bfloat16,
    }
    with pytest.raises(ValueError, match="cannot be trained"):
        optimizer_of(recogniser, DferClipSettings())
