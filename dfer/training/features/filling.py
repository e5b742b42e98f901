"""Computing the features that an epoch, or a pass over test clips, will read."""

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from dfer.errors import DferError
from dfer.training.features.feature_dataset import FeatureDataset, Lacking
from dfer.training.features.frame_features import FrameFeatures

_log = logging.getLogger("dfer.clips")

BATCH_FRAMES = 64

Encode = Callable[[Tensor], Tensor]
"""uint8 (frames, 3, size, size) on the CPU → float32 (frames, width), on any device."""

OnClips = Callable[[int, int], None]


def fill(
    data: FeatureDataset,
    encode: Encode,
    *,
    indices: Iterable[int] | None = None,
    batch_frames: int = BATCH_FRAMES,
    workers: int = 0,
    wait: bool = True,
    on_clips: OnClips = lambda done, total: None,
) -> int:
    """Compute what the items of `data` at `indices` (all, unless told) lack; how many frames that was.

    Each frame passes the tower at most once, in this and all other processes; what another process is
    computing at the moment is waited for, unless not to `wait`: both then write the same. `encode` is always
    given `batch_frames` frames, the last time black ones among them: the sums of a matrix product are rounded
    otherwise in a batch of another size, and a feature must not depend on which others were lacking.
    `on_clips` hears how many clips are done, of those that lacked something.

    Raises:
        ContentError: as reading the items from pixels. What was computed until then is kept.
        DferError: a feature is not finite.
    """
    features = data.features
    features.reread_broken()
    todo = _lacking(data, range(len(data)) if indices is None else indices)
    total = len(todo)
    if not todo:
        return 0
    on_clips(0, total)
    waited = False
    while todo:
        with features.filling() if wait else nullcontext(True) as alone:
            features.reread_broken()
            todo = _lacking(data, todo)
            on_clips(total - len(todo), total)
            if alone:
                frames = _Batch(features, encode, batch_frames)
                _fill(data, frames, todo, workers=workers, on_clips=on_clips, total=total)
                return frames.encoded
        if todo and not waited:
            _log.info("another process is computing features of the same frames; waiting for it")
            waited = True
    return 0


def _lacking(data: FeatureDataset, indices: Iterable[int]) -> list[int]:
    return [index for index in indices if data.lacks(index)]


def _fill(
    data: FeatureDataset,
    frames: "_Batch",
    indices: Sequence[int],
    *,
    workers: int,
    on_clips: OnClips,
    total: int,
) -> None:
    # A loader, because its workers end when this process does, however it does.
    loader = DataLoader(
        _Reading(data), sampler=indices, batch_size=None, num_workers=workers, collate_fn=_as_it_is
    )
    for left, lacking in zip(reversed(range(len(indices))), loader, strict=True):
        if isinstance(lacking, DferError):
            raise lacking
        for error in lacking.broken:
            data.features.remember_broken(lacking.clip, error)
        for row, frame in zip(lacking.rows, lacking.frames, strict=True):
            frames.add(row, frame)
        if not left:
            frames.encode()
        on_clips(total - left, total)


class _Batch:
    """Frames that wait until there are enough of them; `encoded` counts those that have passed the tower."""

    def __init__(self, features: FrameFeatures, encode: Encode, frames: int) -> None:
        self.encoded = 0
        self._features = features
        self._encode = encode
        self._frames = frames
        self._waiting: dict[int, Tensor] = {}

    def add(self, row: int, frame: Tensor) -> None:
        """uint8 (size, size, 3)"""
        if row in self._waiting or self._features.holds(row):  # two draws of one clip
            return
        self._waiting[row] = frame
        if len(self._waiting) == self._frames:
            self.encode()

    def encode(self) -> None:
        if not self._waiting:
            return
        rows, frames = list(self._waiting), torch.stack([*self._waiting.values()])
        batch = torch.zeros(self._frames, *frames.shape[1:], dtype=torch.uint8)
        batch[: len(frames)] = frames
        with torch.inference_mode():
            # (frames, size, size, 3) → (frames, 3, size, size)
            encoded = self._encode(batch.permute(0, 3, 1, 2))
            found = encoded[: len(rows)].float().cpu()
        if found.shape != (len(rows), self._features.width):
            raise ValueError(
                f"expected features of shape {(len(rows), self._features.width)}, found {tuple(found.shape)}"
            )
        if not torch.isfinite(found).all():
            raise DferError(
                "the image tower gives features that are no numbers",
                hint="are its weights whole? If they are, try --precision fp32",
            )
        self._features.write(rows, found.numpy())
        self.encoded += len(rows)
        self._waiting = {}


class _Reading(Dataset[Any]):
    """What each item lacks; an error of ours is an item too, to travel between processes whole."""

    def __init__(self, data: FeatureDataset) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, index: int) -> Lacking | DferError:
        try:
            return self._data.read_lacking(index)
        except DferError as error:
            return error


def _as_it_is(item: Any) -> Any:
    return item
