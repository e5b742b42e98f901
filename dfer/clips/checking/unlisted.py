"""Clips on disk that no list names: expected where a data set has unlabelled clips, else a stale list."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from dfer.clips.checking.finding import Finding, grouped
from dfer.clips.checking.folders import OnDisk
from dfer.clips.frame_files import IMAGE_SUFFIXES, is_video


def look_for_unlisted(on_disk: Mapping[Path, OnDisk]) -> Iterator[Finding]:
    """Folders of frames and videos that lie beside listed ones."""
    kinds: dict[Path, set[str]] = {}
    above: set[Path] = set()
    for path, disk in on_disk.items():
        if disk.kind in ("folder", "video"):
            kinds.setdefault(path.parent, set()).add(disk.kind)
        above.update(path.parents)
    unlisted = [
        str(path)
        for parent, wanted in kinds.items()
        for path in _clips_in(parent, wanted)
        if path not in on_disk and path not in above
    ]
    yield from grouped(
        "unlisted-clip",
        "note",
        unlisted,
        thing="clip",
        message="on disk that no list names",
        hint="they are not used; are these the lists of this data?",
    )


def _clips_in(parent: Path, wanted: set[str]) -> Iterator[Path]:
    try:
        with os.scandir(parent) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                path = parent / entry.name
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    if "folder" in wanted and _holds_images(path):
                        yield path
                elif "video" in wanted and is_video(path):
                    yield path
    except OSError:
        return  # the clips in it were read, so this is of no weight


def _holds_images(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entry.name.lower().endswith(IMAGE_SUFFIXES) for entry in entries)
    except OSError:
        return False
