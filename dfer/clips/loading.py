"""Batches of clips, read by worker processes, with errors that arrive as they were raised."""

from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, Sampler, default_collate

from dfer.clips.dataset import ClipDataset, Item
from dfer.errors import DferError


def batches(
    data: ClipDataset,
    *,
    batch_size: int,
    workers: int,
    order: Sampler[int] | None = None,
    drop_last: bool = False,
) -> "DataLoader[Item]":
    """A loader over `data`; iterate it with `checked`."""
    return DataLoader(
        _Caught(data),
        batch_size=batch_size,
        sampler=order,
        drop_last=drop_last,
        num_workers=workers,
        collate_fn=_collate,
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


class _Caught(Dataset[Any]):
    """The same items; an error of ours is an item too, so that it can travel between processes whole."""

    def __init__(self, data: ClipDataset) -> None:
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
    # Stacked as they lie in memory: (batch, frames, size, size, 3); each pixel is then copied only once.
    frames = default_collate([item["frames"].permute(0, 2, 3, 1) for item in whole])
    return {
        "frames": frames.permute(0, 1, 4, 2, 3),  # (batch, frames, 3, size, size)
        "label": torch.tensor([item["label"] for item in whole]),
        "index": torch.tensor([item["index"] for item in whole]),
        "damages": tuple(damage for item in whole for damage in item["damages"]),
    }
