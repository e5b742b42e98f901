"""Data sets by the name that `--dataset` takes."""

from collections.abc import Callable
from pathlib import Path

from dfer.clips.clip import Clip
from dfer.clips.csv_list import read_csv
from dfer.clips.dfer_clip_list import read_lists
from dfer.errors import UsageError

READERS: dict[str, Callable[..., list[Clip]]] = {
    "csv": read_csv,
    "dfer-clip": read_lists,
}
"""`csv`: one table with a header. `dfer-clip`: that project's own lists, `DIR FRAMES LABEL` a line."""


def read_clips(dataset: str, data: Path, *, root: Path | None = None) -> list[Clip]:
    """All clips of a data set; `data` is what its reader takes, `root` where the clips lie if elsewhere.

    Raises:
        UsageError: no data set of that name.
        ContentError: the list, or a clip that it names, is not as it should be.
    """
    if dataset not in READERS:
        raise UsageError(f"unknown data set {dataset!r}", hint=f"one of {', '.join(READERS)}")
    return READERS[dataset](data, root=root)
