"""Batches of clips, read by worker processes, with errors that arrive as they were raised."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, Sampler, default_collate

from dfer.clips.dataset import ClipItems, Item
from dfer.errors import DferError


def batches(
    data: ClipItems,
    *,
    batch_size: int,
    workers: int,
    order: Sampler[int] | None = None,
    drop_last: bool = False,
) -> "DataLoader[Item]":
    """A loader over `data`; iterate it with `checked`."""
    indices = range(len(data)) if order is None else order
    return listed_batches(data, in_batches(indices, batch_size, drop_last=drop_last), workers=workers)


def in_batches(indices: Iterable[int], batch_size: int, *, drop_last: bool = False) -> list[list[int]]:
    """One after the other; `drop_last` leaves an incomplete batch out."""
    each = list(indices)
    lists = [each[start : start + batch_size] for start in range(0, len(each), batch_size)]
    return lists[:-1] if drop_last and lists and len(lists[-1]) < batch_size else lists


def listed_batches(
    data: ClipItems, lists: Sequence[Sequence[int]], *, workers: int, pinned: bool = False
) -> "DataLoader[Item]":
    """A loader of exactly these batches of indices; iterate it with `checked`.

    `pinned`: in memory that a GPU reads faster.
    """
    return DataLoader(
        _Caught(data),
        batch_sampler=_Lists(lists),
        num_workers=workers,
        collate_fn=_collate,
        pin_memory=pinned,
    )


def checked(loader: "DataLoader[Item]") -> Iterator[Item]:
    """The loader's batches; damaged frames that were worked around are named in the log, once.

    Raises a worker's error as it was, where torch would wrap it in a traceback.
    """
    data = loader.dataset
    assert isinstance(data, _Caught)
    for batch in loader:
        if isinstance(batch, DferError):
            raise batch
        data.data.damage.name(batch["damages"])
        yield batch


class _Lists(Sampler[list[int]]):
    def __init__(self, lists: Sequence[Sequence[int]]) -> None:
        self._lists = [list(indices) for indices in lists]

    def __len__(self) -> int:
        return len(self._lists)

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self._lists)


class _Caught(Dataset[Any]):
    """The same items; an error of ours is an item too, so that it can travel between processes whole."""

    def __init__(self, data: ClipItems) -> None:
        self.data = data

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> Item | DferError:
        try:
            return self.data[index]
        except DferError as error:
            return error


def _collate(items: list[Item | DferError]) -> Any:
    whole: list[Item] = []
    for item in items:
        if isinstance(item, DferError):
            return item
        whole.append(item)
    return {
        "frames": _stacked([item["frames"] for item in whole]),
        "label": torch.tensor([item["label"] for item in whole]),
        "index": torch.tensor([item["index"] for item in whole]),
        "damages": tuple(damage for item in whole for damage in item["damages"]),
    }


def _stacked(frames: list[torch.Tensor]) -> torch.Tensor:
    """Pixels (batch, frames, 3, size, size), or features (batch, frames, width)."""
    if frames[0].ndim == 2:
        features: torch.Tensor = default_collate(frames)
        return features
    # As they lie in memory: (batch, frames, size, size, 3); each pixel is then copied only once.
    pixels: torch.Tensor = default_collate([clip.permute(0, 2, 3, 1) for clip in frames])
    return pixels.permute(0, 1, 4, 2, 3)  # (batch, frames, 3, size, size)
