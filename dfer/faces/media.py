"""Files, folders and globs that a user names: which clips they are, and of what kind."""

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from dfer.clips.frame_files import IMAGE_SUFFIXES, VIDEO_SUFFIXES, frame_files, is_video, natural_order
from dfer.errors import ContentError, UsageError

MediaKind = Literal["video", "frames", "image"]

_EXPECTED = f"videos are {' '.join(VIDEO_SUFFIXES)}, images {' '.join(IMAGE_SUFFIXES)}"


def media_kind(path: Path) -> MediaKind:
    """A folder is one of frames; files tell by their names.

    Raises:
        ContentError: there is no such file, or it is none of these.
    """
    if path.is_dir():
        return "frames"
    if not path.exists():
        raise ContentError(f"no such video, image or folder of frames: {path}")
    if is_video(path):
        return "video"
    if _is_image(path):
        return "image"
    raise ContentError(f"expected a video, an image or a folder of frames, found {path}", hint=_EXPECTED)


def find_media(patterns: Sequence[str]) -> tuple[Path, ...]:
    """What the patterns name, in their order; a glob's finds in natural order, and each once.

    A glob finds videos, images and folders that hold images; "**" goes into folders. An image in a folder
    that is found as well is a frame of it.

    Raises:
        UsageError: a pattern finds nothing.
        ContentError: a name without wildcards is neither video, image nor folder of frames.
    """
    found: dict[Path, Path] = {}
    for pattern in patterns:
        for path in _named(pattern):
            found.setdefault(path.resolve(), path)
    return tuple(found.values())


def _named(pattern: str) -> list[Path]:
    path = Path(pattern)
    if path.exists() or not glob.has_magic(pattern):  # a file's own name may hold brackets
        if media_kind(path) == "frames":
            _check_holds_frames(path)
        return [path]
    # Path.glob takes neither absolute patterns nor "..".
    matches = [Path(match) for match in glob.glob(pattern, recursive=True)]  # noqa: PTH207
    folders = {match for match in matches if match.is_dir() and _holds_frames(match)}
    files = [match for match in matches if match.is_file() and (is_video(match) or _is_image(match))]
    found = [*folders, *(file for file in files if is_video(file) or file.parent not in folders)]
    if not found:
        what = f"only {len(matches)} other files or folders" if matches else "nothing"
        raise UsageError(
            f"{pattern!r}: expected videos, images or folders of frames, found {what}", hint=_EXPECTED
        )
    return sorted(found, key=lambda path: [natural_order(part) for part in path.parts])


def _check_holds_frames(folder: Path) -> None:
    try:
        frame_files(folder)
    except ContentError as error:
        inside = str(folder / "**")
        raise ContentError(error.message, hint=f"for all clips below the folder: {inside!r}") from error


def _holds_frames(folder: Path) -> bool:
    try:
        return bool(frame_files(folder))
    except ContentError:
        return False


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES
