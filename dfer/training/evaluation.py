"""Scoring clips with a recogniser."""

from collections.abc import Callable, Sequence

import torch
from lightning_fabric import Fabric
from torch import Tensor, distributed

from dfer.clips.dataset import ClipItems
from dfer.clips.loading import checked, in_batches, listed_batches
from dfer.errors import DferError
from dfer.models.recogniser import VideoRecogniser
from dfer.training.evaluation_batch import clips_at_once

Ready = Callable[[ClipItems, Sequence[int]], None]
"""Told which items of some data are about to be read."""


def is_gpu(fabric: Fabric) -> bool:
    return fabric.device.type == "cuda"


def to_unit_range(frames: Tensor) -> Tensor:
    """uint8 (batch, frames, 3, H, W) → float32 in [0, 1]; features (batch, frames, embed) stay as they are.

    On the device: a quarter of the bytes travel.
    """
    return frames if frames.is_floating_point() else frames.float().div_(255)


@torch.inference_mode()
def score(
    recogniser: VideoRecogniser,
    data: ClipItems,
    *,
    fabric: Fabric,
    workers: int,
    batch_size: int | None = None,
    ready: Ready = lambda data, indices: None,
    on_clips: Callable[[int], None] = lambda done: None,
) -> tuple[Tensor, Tensor]:
    """Logits (clips, classes) in float32 and labels (clips,), on the CPU, in the order of `data`.

    `recogniser` is on the device of `fabric` and is left in evaluation mode. The texts are encoded once where
    they do not depend on the clips. Several processes score each clip once, and all get all scores. `ready`
    is told which items will be read. `batch_size` is `clips_at_once`, unless said. `on_clips` hears how many
    clips are done.

    Raises:
        DferError: a score is not finite.
    """
    recogniser.eval()
    share = range(fabric.global_rank, len(data), fabric.world_size)
    ready(data, share)
    size = batch_size or clips_at_once(recogniser, frames=data.frames)
    loader = listed_batches(data, in_batches(share, size), workers=workers, pinned=is_gpu(fabric))
    rows: list[tuple[Tensor, Tensor]] = []
    done = 0
    with fabric.autocast():
        text = recogniser.text_features()
        for batch in checked(loader):
            frames = fabric.to_device(batch["frames"])
            logits = recogniser(to_unit_range(frames), text).float().cpu()
            rows.append((torch.as_tensor(batch["index"]), logits))
            done += len(logits)
            on_clips(min(done * fabric.world_size, len(data)))
    scores = _in_order(rows, fabric)
    if not torch.isfinite(scores).all():
        raise DferError(
            "the model gives scores that are no numbers",
            hint="its training went wrong: try lower learning rates, or --precision fp32",
        )
    return scores, torch.tensor(data.labels)


def _in_order(rows: list[tuple[Tensor, Tensor]], fabric: Fabric) -> Tensor:
    """(clips, classes), each clip's row in its place."""
    if fabric.world_size > 1:
        of_each: list[list[tuple[Tensor, Tensor]]] = [[] for _ in range(fabric.world_size)]
        distributed.all_gather_object(of_each, rows)
        rows = [row for own in of_each for row in own]
    index, logits = (torch.cat(parts) for parts in zip(*rows, strict=True))
    return logits[index.argsort()]
