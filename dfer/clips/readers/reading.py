"""Data sets by the name that `--dataset` takes."""

from collections.abc import Callable
from pathlib import Path

from dfer.clips.clip import Clip
from dfer.clips.readers.csv_list import list_csv
from dfer.clips.readers.dfer_clip_list import list_lists
from dfer.clips.readers.listing import Listing
from dfer.errors import UsageError

READERS: dict[str, Callable[..., Listing]] = {
    "csv": list_csv,
    "dfer-clip": list_lists,
}
"""`csv`: one table with a header. `dfer-clip`: that project's own lists, `DIR FRAMES LABEL` a line."""


def list_clips(dataset: str, data: Path, *, root: Path | None = None) -> Listing:
    """What a data set's lists hold; `data` is what its reader takes, `root` where the clips lie if elsewhere.

    Raises:
        UsageError: no data set of that name, or its lists are not there.
        ContentError: a file is no list at all.
    """
    if dataset not in READERS:
        raise UsageError(f"unknown data set {dataset!r}", hint=f"one of {', '.join(READERS)}")
    return READERS[dataset](data, root=root)


def read_clips(dataset: str, data: Path, *, root: Path | None = None) -> list[Clip]:
    """All clips of a data set, known to be on disk; arguments as of `list_clips`.

    Raises:
        UsageError: no data set of that name.
        ContentError: the list, or a clip that it names, is not as it should be.
    """
    return list_clips(dataset, data, root=root).checked()
