"""DFER-CLIP's training step against the published layout of the same computation, on random weights."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.pairs import ratio
from dfer.models.clip_backbone import load_clip
from dfer.models.patch_embedding import PatchEmbedding
from dfer.models.recipes import build_recogniser, parameter_groups
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import DferClipSettings

TEXTS = [f"eyebrows of kind {i} and lips of kind {i} with some more words to make it long." for i in range(7)]


def run() -> list[dict[str, Any]]:
    torch.manual_seed(0)
    clips = torch.rand(8, 16, 3, 64, 64)
    labels = torch.arange(8) % 7
    ours, published = _recogniser(), _recogniser()
    published.visual.conv1 = _convolution(published.visual.conv1)
    with torch.no_grad():
        difference = (ours(clips) - published(clips)).abs().max().item()
    row = ratio(
        "training step, tiny: patch matrix product",
        reference=_stepper(published, clips, labels),
        candidate=_stepper(ours, clips, labels),
        rounds=15,
        note="against the patch convolution",
        equal_to=f"logits to {difference:.1e}",
    )
    return [row]


def _recogniser() -> VideoRecogniser:
    clip = load_clip(architecture="tiny", pretrained=None)
    return build_recogniser(clip=clip, texts=TEXTS, settings=DferClipSettings(), seed=1)


def _convolution(embedding: PatchEmbedding) -> nn.Conv2d:
    width, channels, patch, _ = embedding.weight.shape
    convolution = nn.Conv2d(channels, width, patch, stride=patch, bias=False)
    convolution.weight = embedding.weight
    return convolution


def _stepper(model: VideoRecogniser, clips: Tensor, labels: Tensor) -> Callable[[], None]:
    optimizer = torch.optim.SGD(parameter_groups(model, DferClipSettings()))

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        functional.cross_entropy(model(clips), labels).backward()
        optimizer.step()

    return step
