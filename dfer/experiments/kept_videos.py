"""Clips as nothing but their video embeddings, kept in memory: all that zero-shot words are compared with."""

from collections.abc import Sequence

import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.utils.data import Dataset

from dfer.clips.broken_frames import Damage
from dfer.clips.dataset import ClipItems, Item
from dfer.clips.loading import batches, checked
from dfer.clips.settings import ClipSettings
from dfer.models.recogniser import VideoRecogniser
from dfer.training.evaluation import Ready, to_unit_range
from dfer.training.evaluation_batch import clips_at_once


class KeptVideos(Dataset[Item]):
    """The items of `clips` with `frames` float32 (1, embed): the mean of a clip's features, as one frame; or
    (frames, embed), where each is scored by itself.

    For a recogniser without a temporal model: what it makes of one frame is that one, to the last bit.
    """

    def __init__(self, clips: ClipItems, embeddings: Tensor) -> None:
        """`embeddings`: (clips, 1 or frames, embed). Raises ValueError for another number of clips."""
        if len(clips) != len(embeddings):
            raise ValueError(f"expected embeddings of {len(clips)} clips, found {len(embeddings)}")
        self._clips = clips
        self._embeddings = embeddings

    @property
    def labels(self) -> list[int]:
        return self._clips.labels

    @property
    def settings(self) -> ClipSettings:
        return self._clips.settings

    @property
    def frames(self) -> int:
        """As the clips have: they are scored in the same batches, and so to the same last bit."""
        return self._clips.frames

    @property
    def damage(self) -> Damage:
        return self._clips.damage

    def set_epoch(self, epoch: int) -> None:
        """Clips to judge by are the same in every epoch."""

    def __len__(self) -> int:
        return len(self._clips)

    def __getitem__(self, index: int) -> Item:
        return Item(
            frames=self._embeddings[index],  # (1 or frames, embed)
            label=self.labels[index],
            index=index,
            damages=(),
        )


def _nothing_to_do(data: ClipItems, indices: Sequence[int]) -> None:
    """Frames are read when they are needed."""


@torch.inference_mode()
def keep_videos(
    recogniser: VideoRecogniser,
    data: ClipItems,
    *,
    fabric: Fabric,
    workers: int,
    ready: Ready = _nothing_to_do,
) -> KeptVideos:
    """Every clip of `data`, pixels or features, seen once.

    `recogniser` is on the device of `fabric` and is left in evaluation mode. `ready` is told which items
    will be read. Raises what reading them raises.
    """
    recogniser.eval()
    ready(data, range(len(data)))
    seen = []
    size = clips_at_once(recogniser, frames=data.frames)
    with fabric.autocast():
        for batch in checked(batches(data, batch_size=size, workers=workers)):
            frames = to_unit_range(fabric.to_device(batch["frames"]))
            seen.append(recogniser.video_embeddings(frames).float().cpu())  # (batch, embed), or each frame's
    embeddings = torch.cat(seen)
    return KeptVideos(data, embeddings.unsqueeze(1) if embeddings.ndim == 2 else embeddings)
