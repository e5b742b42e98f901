"""A copy of the whole store, as it is at one moment, while others go on writing."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from description_store.database import BUSY_SECONDS, open_unchanged
from description_store.errors import StoreError
from description_store.faults import plain_fault
from description_store.refusals import has_log


@dataclass(frozen=True, slots=True)
class Backup:
    path: Path
    size: int


def back_up(path: Path, target: Path | None = None, *, replace: bool = False) -> Backup:
    """Copy the store at `path` to `target`, by default a new file beside it, named by date and time.

    The copy appears under its name when it is complete and was read from end to end, or not at all.

    Raises:
        StoreError: the store cannot be opened or is damaged; `target` exists (without `replace`), is the
            store itself or a database in use; its folder is missing, full, or cannot be written.
    """
    target = beside(path) if target is None else target
    if target.is_dir():
        raise StoreError(f"{target} is a folder", hint=f"name a file in it, such as {target / path.name}")
    if not target.parent.is_dir():
        raise StoreError(f"there is no folder {target.parent} for the copy", hint="make it, or name another")
    _refuse_taken(path, target, replace=replace)
    with open_unchanged(path) as db, _growing_copy(target) as copy:
        try:
            db.execute("VACUUM INTO ?", [str(copy)])
            _finish(copy, journal_mode=db.journal_mode)
        except sqlite3.Error as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CORRUPT:
                raise  # it is the store that is damaged, not the copy
            raise plain_fault(error, target, patience=BUSY_SECONDS) or error from error
        _move(copy, target, replace=replace)
    return Backup(target, target.stat().st_size)


def beside(path: Path) -> Path:
    return path.with_name(f"{path.stem}-{datetime.now():%Y-%m-%d-%H%M%S}{path.suffix or '.db'}")


def _refuse_taken(path: Path, target: Path, *, replace: bool) -> None:
    if not target.exists():
        return
    if path.exists() and target.samefile(path):
        raise StoreError(f"{target} is the store itself", hint="name another file for the copy")
    if not replace:
        raise StoreError(f"{target} exists already", hint="name another file, or replace it with --force")
    # The log of the file that was there would be merged into the new one and ruin it.
    if has_log(target):
        raise StoreError(
            f"{target} is a database in use: {target.name}-wal holds rows of it", hint="name another file"
        )


@contextlib.contextmanager
def _growing_copy(target: Path) -> Iterator[Path]:
    """A name of its own beside the target, of which nothing is left at the end."""
    copy = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield copy
    finally:
        for name in (copy.name, f"{copy.name}-journal", f"{copy.name}-wal", f"{copy.name}-shm"):
            copy.with_name(name).unlink(missing_ok=True)


def _finish(copy: Path, *, journal_mode: str) -> None:
    """Read the copy from end to end, keep it in the mode of the original, and have it on the disk."""
    with closing(sqlite3.connect(copy)) as connection:
        (found,) = connection.execute("PRAGMA integrity_check").fetchone()
        if found != "ok":
            raise StoreError(f"the copy is damaged: {found}", hint="`dfer db check` says more of the store")
        connection.execute(f"PRAGMA journal_mode = {journal_mode}")
    with copy.open("r+b") as file:
        os.fsync(file.fileno())


def _move(copy: Path, target: Path, *, replace: bool) -> None:
    if replace:
        copy.replace(target)
        return
    # A link, unlike a move, never replaces a file that came meanwhile. Not every file system has links.
    try:
        target.hardlink_to(copy)
    except FileExistsError as error:
        raise StoreError(f"{target} exists already", hint="name another file, or use --force") from error
    except OSError:
        copy.rename(target)
