"""Clips that the lists name and the disk does not hold, with what they may be called there."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from dfer.clips.checking.finding import Finding, grouped
from dfer.clips.checking.folders import OnDisk
from dfer.clips.checking.listed import Listed
from dfer.clips.frame_files import IMAGE_SUFFIXES, VIDEO_SUFFIXES


def look_for_missing(
    listed: Mapping[Path, Listed], on_disk: Mapping[Path, OnDisk], *, hint_missing: str
) -> Iterator[Finding]:
    """Missing clips, and files that are no clips."""
    missing, alike = [], 0
    names = cache(_names)  # many clips are missing from one folder
    for path, entry in listed.items():
        if on_disk[path].kind == "missing":
            other = called_otherwise(path, names)
            alike += other is not None
            missing.append(f"{entry.place}: {path}" + (f" (on disk: {other})" if other else ""))
    hints = []
    if alike:
        hints.append(
            f"{alike:,} of them may be there under another spelling (upper and lower case, zeros in front, "
            "a suffix): name them in the list as on disk"
        )
    if hint_missing:
        hints.append(hint_missing)
    of_all = "" if len(missing) < len(listed) else ", every one of the data set,"
    yield from grouped(
        "missing-clip",
        "error",
        missing,
        thing="clip",
        message=f"in the lists{of_all} but not on disk",
        hint="; ".join(hints) or "extract them, or drop them from the lists",
    )
    yield from grouped(
        "not-a-clip",
        "error",
        [f"{entry.place}: {path}" for path, entry in listed.items() if on_disk[path].kind == "other"],
        thing="file",
        message="listed as clips that are neither folders of frames nor videos",
        hint=f"a clip is a folder of images ({' '.join(IMAGE_SUFFIXES)}) or a video "
        f"({' '.join(VIDEO_SUFFIXES)})",
    )
    yield from grouped(
        "unreadable-clip",
        "error",
        [f"{path}: {disk.trouble}" for path in listed if (disk := on_disk[path]).kind == "unreadable"],
        thing="clip",
        message="that cannot be read",
        hint="see the rights of the files, and whether the disk is well",
    )


def called_otherwise(path: Path, names: Callable[[Path], Sequence[str]]) -> Path | None:
    """The one entry on disk that differs from `path` in case, zeros in front of a number, or suffix only."""
    steps = [path, *path.parents]
    there = next((i for i, step in enumerate(steps) if _is_folder(step)), None)
    if there is None:
        return None
    found = steps[there]
    for step in reversed(steps[:there]):
        near = [name for name in names(found) if _plain(name) == _plain(step.name)]
        exact = [name for name in near if name.casefold() == step.name.casefold()]
        choice = exact or near
        if len(choice) != 1:
            return None
        found = found / choice[0]
    return found


def _plain(name: str) -> str:
    name = name.casefold()
    for suffix in (*VIDEO_SUFFIXES, *IMAGE_SUFFIXES):
        name = name.removesuffix(suffix)
    return name.lstrip("0") if name.isdecimal() else name


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that no file system can hold
        return False


def _names(folder: Path) -> tuple[str, ...]:
    try:
        return tuple(os.listdir(folder))  # noqa: PTH208  (names are wanted, not paths)
    except OSError:
        return ()
