"""Batches of clips, read by worker processes, with errors that arrive as they were raised."""

from collections.abc import Iterator
from typing import Any

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
    """The loader's batches. Raises a worker's error as it was, where torch would wrap it in a traceback."""
    for batch in loader:
        if isinstance(batch, DferError):
            raise batch
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
    return next((item for item in items if isinstance(item, DferError)), None) or default_collate(items)
