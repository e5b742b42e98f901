"""Where in a data set's folder to look: unzipping nests folders, and people keep lists and clips apart."""

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from dfer.clips.frame_files import IMAGE_SUFFIXES
from dfer.clips.packing.pack_file import SUFFIX as PACK
from dfer.errors import UsageError

_FEW = 64
"""A folder of more folders than this is a folder of clips; no data set was unpacked into one of them."""

_OF_MACOS = "__MACOSX"
"""macOS puts a second tree of this name, of files that hold no data, beside what it zips."""

BESIDE_A_PACK = ".features"
"""Ends the name of the folder in which what was computed of a pack's frames is kept, beside the pack."""


def data_folder(data: Path, *, list_folders: Collection[str] = ()) -> Path:
    """The data set's own folder; `data` is that, or one of its `list_folders`, which lie somewhere below it.

    Raises:
        UsageError: `data` is no folder.
    """
    if not data.is_dir():
        found = "found a file" if data.exists() else "nothing is there"
        raise UsageError(f"expected the folder of a data set, {found}: {data}")
    # `.` and `a/..` have no name of their own to go by; where there is nothing to climb they stay as given.
    while (named := data.resolve() if data.name in ("", "..") else data).name in list_folders:
        data = named.parent
    return data


def unpacked_in(home: Path) -> list[Path]:
    """The folder itself, the folders in it, and those in these: an archive may have been unpacked into one.

    The outer ones come first, each level by name. Folders inside it that cannot be listed are passed over.

    Raises:
        UsageError: the folder itself cannot be listed.
    """
    inside = _few_folders(home)
    found = [home, *inside]
    for folder in inside:
        with suppress(UsageError):
            found += _few_folders(folder)
    return found


def _few_folders(folder: Path) -> list[Path]:
    folders = [folder / name for name, is_folder in entries_of(folder) if is_folder]
    return folders if len(folders) <= _FEW else []


def entries_of(folder: Path) -> list[tuple[str, bool]]:
    """What lies in a folder, by name and whether it is a folder, but for hidden files, `__MACOSX`
    and what was computed of packs.

    One look at the disk.

    Raises:
        UsageError: the folder cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            return sorted(
                (entry.name, entry.is_dir())
                for entry in entries
                if entry.name[0] != "."
                and entry.name != _OF_MACOS
                and not entry.name.endswith(PACK + BESIDE_A_PACK)
            )
    except OSError as error:
        raise UsageError(f"cannot read the folder {folder}: {error.strerror}") from error


def holds_images(folder: Path) -> bool:
    """Whether images lie in the folder itself, as the frames of a clip do.

    Raises:
        UsageError: the folder cannot be listed.
    """
    return any(
        not is_folder and name.lower().endswith(IMAGE_SUFFIXES) for name, is_folder in entries_of(folder)
    )
