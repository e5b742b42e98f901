"""Scoring clips with a recogniser."""

from collections.abc import Callable
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor

from dfer.clips.dataset import ClipDataset
from dfer.clips.loading import batches, checked
from dfer.errors import DferError


def to_unit_range(frames: Tensor) -> Tensor:
    """uint8 (batch, frames, 3, H, W) → float32 in [0, 1]. On the device: a quarter of the bytes travel."""
    return frames.float().div_(255)


@torch.inference_mode()
def score(
    model: Any,
    data: ClipDataset,
    *,
    fabric: Fabric,
    batch_size: int,
    workers: int,
    on_clips: Callable[[int], None] = lambda done: None,
) -> tuple[Tensor, Tensor]:
    """Logits (clips, classes) in float32 and labels (clips,), on the CPU, in the order of `data`.

    `model` is a recogniser that `fabric` has set up; it is left in evaluation mode. The texts are encoded
    once: they do not depend on the clips. `on_clips` hears how many clips are done.

    Raises:
        DferError: a score is not finite.
    """
    model.eval()
    text = model.text_features()
    logits, labels = [], []
    for batch in checked(batches(data, batch_size=batch_size, workers=workers)):
        frames = fabric.to_device(batch["frames"])
        logits.append(model(to_unit_range(frames), text).float().cpu())
        labels.append(torch.as_tensor(batch["label"]))
        on_clips(sum(map(len, labels)))
    scores = torch.cat(logits)
    if not torch.isfinite(scores).all():
        raise DferError(
            "the model gives scores that are no numbers",
            hint="its training went wrong: try lower learning rates, or --precision fp32",
        )
    return scores, torch.cat(labels)
