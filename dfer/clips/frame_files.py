"""What a clip is on disk: images in natural order, or a video file. No pixels, no torch."""

import os
import re
from functools import lru_cache
from pathlib import Path

from dfer.errors import ContentError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
VIDEO_SUFFIXES = (".mp4", ".avi", ".mkv", ".mov", ".webm")

_DIGITS = re.compile(r"([0-9]+)")


def is_video(path: Path) -> bool:
    """Whether the name is a video's; says nothing about the disk."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def natural_order(name: str) -> tuple[list[str | int], str]:
    """Sort key in which 2.jpg comes before 10.jpg, as numbers do; DFEW's 16-frame clips are named so.

    DFER-CLIP sorts letter by letter, which plays such clips as 1, 10, 11, …, 16, 2: equal for padded names.
    """
    # split() alternates text and digits, so that positions always compare like with like.
    parts: list[str | int] = [
        int(part) if i % 2 else part.casefold() for i, part in enumerate(_DIGITS.split(name))
    ]
    return parts, name


def frame_files(folder: Path) -> tuple[str, ...]:
    """Names of the images in a clip's folder, in playing order; hidden and other files are not frames.

    Raises:
        ContentError: the folder cannot be read or holds no image.
    """
    try:
        stat = folder.stat()
        names = _listed(str(folder), (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino))
    except OSError as error:
        raise ContentError(f"cannot read the clip {folder}: {error.strerror}") from error
    if not names:
        raise ContentError(
            f"no frames in the clip {folder}: expected images ({' '.join(IMAGE_SUFFIXES)}), found none",
            hint="extract the frames again, or drop the clip from the list",
        )
    return names


# Small on purpose: counting a clip and then reading it lists the folder once (1 ms a clip), while the names
# of a whole data set (a million files) would fill the memory of every loader worker.
@lru_cache(maxsize=64)
def _listed(folder: str, state: tuple[int, ...]) -> tuple[str, ...]:
    with os.scandir(folder) as entries:
        names = [
            entry.name
            for entry in entries
            if not entry.name.startswith(".")
            and entry.name.lower().endswith(IMAGE_SUFFIXES)
            and entry.is_file()
        ]
    return tuple(sorted(names, key=natural_order))
