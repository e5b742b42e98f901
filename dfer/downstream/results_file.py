"""A file of results that appears whole or not at all."""

import os
from pathlib import Path

from dfer.errors import UsageError


def check_place(file: Path, *, replace: bool) -> None:
    """Asked before hours of computing, not after.

    Raises:
        UsageError: the file exists and is not to be replaced, or there is no folder for it.
    """
    if file.is_dir():
        raise UsageError(f"expected a file for the results, found a folder: {file}")
    if file.exists() and not replace:
        raise UsageError(f"{file} exists", hint="--force replaces it")
    if not os.access(file.parent, os.W_OK | os.X_OK):
        problem = "cannot write into" if file.parent.is_dir() else "there is no folder"
        raise UsageError(f"{problem} {file.parent}", hint="choose another place for the results")


def write_whole(file: Path, text: str) -> None:
    """Raises UsageError if it cannot be written; what was there before then still is."""
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(file)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
