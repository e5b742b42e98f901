"""What lies at the path of each clip; every folder is listed once, however many folds name it."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dfer.clips.checking.finding import Finding, grouped
from dfer.clips.frame_files import IMAGE_SUFFIXES, is_video, natural_order


@dataclass(frozen=True, kw_only=True, slots=True)
class OnDisk:
    """`frames` are a folder's images in playing order, `strays` its other files, `folders` those in it."""

    kind: Literal["folder", "video", "missing", "other", "unreadable"]
    frames: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    trouble: str = ""


def scan(path: Path) -> OnDisk:
    """One listing; no file is opened."""
    frames, strays, folders = [], [], []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                # A link that leads nowhere is no file, and no frame to training either.
                if entry.is_dir():
                    folders.append(entry.name)
                elif _is_frame(entry.name) and entry.is_file():
                    frames.append(entry.name)
                else:
                    strays.append(entry.name)
    except NotADirectoryError:
        return OnDisk(kind="video" if is_video(path) else "other")
    except PermissionError as error:
        return OnDisk(kind="unreadable", trouble=error.strerror or "no permission")
    except (OSError, ValueError):  # not there, or a name that no file system can hold
        return OnDisk(kind="missing")
    return OnDisk(
        kind="folder",
        frames=tuple(sorted(frames, key=natural_order)),
        strays=tuple(sorted(strays)),
        folders=tuple(sorted(folders)),
    )


def look_at_folders(on_disk: Mapping[Path, OnDisk]) -> Iterator[Finding]:
    """Folders without frames, and what lies among the frames."""
    empty = {path: disk for path, disk in on_disk.items() if disk.kind == "folder" and not disk.frames}
    hints = ["extract the frames again, or drop the clip from the lists"]
    if inner := next((path / disk.folders[0] for path, disk in empty.items() if disk.folders), None):
        hints.insert(0, f"are the frames one folder further down, as in {inner}?")
    if other := next((path / disk.strays[0] for path, disk in empty.items() if disk.strays), None):
        hints.insert(0, f"frames are {' '.join(IMAGE_SUFFIXES)}; {other} is passed over")
    yield from grouped(
        "empty-folder",
        "error",
        [str(path) for path in empty],
        thing="folder",
        message="without a frame",
        hint="; ".join(hints),
    )
    yield from grouped(
        "stray-file",
        "note",
        [
            str(path / name)
            for path, disk in on_disk.items()
            if disk.frames
            for name in (*disk.strays, *disk.folders)
        ],
        thing="thing",
        message="among the frames that training passes over",
        hint="other code may take them for frames; remove what a system left there",
    )


def _is_frame(name: str) -> bool:
    return not name.startswith(".") and name.lower().endswith(IMAGE_SUFFIXES)
