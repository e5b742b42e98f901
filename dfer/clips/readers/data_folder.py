"""Where in a data set's folder to look: unzipping nests folders, and people keep lists and clips apart."""

import os
from collections.abc import Collection
from pathlib import Path

from dfer.errors import UsageError

_FEW = 64
"""A folder of more folders than this is a folder of clips; no data set was unpacked into one of them."""


def data_folder(data: Path, *, list_folders: Collection[str] = ()) -> Path:
    """The data set's own folder; `data` is that, or one of its `list_folders`, which lie somewhere below it.

    Raises:
        UsageError: `data` is no folder.
    """
    if not data.is_dir():
        found = "found a file" if data.exists() else "nothing is there"
        raise UsageError(f"expected the folder of a data set, {found}: {data}")
    while data.name in list_folders:
        data = data.parent
    return data


def unpacked_in(home: Path) -> list[Path]:
    """The folder itself, then the folders in it, by name: an archive may have been unpacked into one of them.

    Raises:
        UsageError: the folder cannot be listed.
    """
    folders = [name for name, is_folder in entries_of(home) if is_folder]
    return [home, *(home / name for name in folders)] if len(folders) <= _FEW else [home]


def entries_of(folder: Path) -> list[tuple[str, bool]]:
    """What lies in a folder, by name and whether it is a folder; hidden files left out. One look at the disk.

    Raises:
        UsageError: the folder cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            return sorted((entry.name, entry.is_dir()) for entry in entries if entry.name[0] != ".")
    except OSError as error:
        raise UsageError(f"cannot read the folder {folder}: {error.strerror}") from error
