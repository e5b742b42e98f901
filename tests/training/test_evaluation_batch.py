"""How many clips are scored at a time."""

from typing import Any

import pytest
import torch
from torch import nn

from dfer.models.clip_backbone import TINY, clip_from_config, load_clip
from dfer.models.heads import LinearHead
from dfer.models.recogniser import VideoRecogniser
from dfer.models.temporal import frame_mean
from dfer.training.evaluation_batch import clips_at_once

VIT: dict[str, dict[str, Any]] = {
    "ViT-B/32 at 224": {"image_size": 224, "patch_size": 32, "width": 768, "layers": 1},
    "ViT-L/14 at 336": {"image_size": 336, "patch_size": 14, "width": 1024, "layers": 1},
}


def recogniser(visual: nn.Module, size: int) -> VideoRecogniser:
    head = LinearHead(width=24, classes=7)
    return VideoRecogniser(visual=visual, temporal=frame_mean, text_side=None, head=head, image_size=size)


def with_tower(vision: dict[str, Any]) -> VideoRecogniser:
    config = TINY | {"vision_cfg": vision | {"head_width": 64}}
    clip = clip_from_config(config, seed=0, identity={"architecture": "one layer"})
    return recogniser(clip.model.visual, vision["image_size"])  # type: ignore[arg-type]


def test_larger_towers_and_longer_clips_are_scored_fewer_at_a_time() -> None:
    small, large = (with_tower(vision) for vision in VIT.values())
    at_once = [clips_at_once(model, frames=n) for model in (small, large) for n in (16, 32)]
    assert at_once == [20, 10, 2, 1]


@pytest.mark.parametrize("frames", [1, 16, 10_000])
def test_there_is_at_least_one_and_never_more_than_help(frames: int) -> None:
    tiny = recogniser(load_clip(architecture="tiny", pretrained=None).model.visual, 64)  # type: ignore[arg-type]
    assert 1 <= clips_at_once(tiny, frames=frames) <= 64


def test_a_tower_of_another_kind_is_taken_to_need_more() -> None:
    class Mean(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images.mean(dim=(2, 3))

    assert clips_at_once(recogniser(Mean(), 224), frames=16) == 4
