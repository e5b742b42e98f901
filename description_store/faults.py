"""What SQLite says of the disk under the store, in words for people."""

import sqlite3
from pathlib import Path

from description_store.errors import StoreError


def plain_fault(error: sqlite3.Error, path: Path, *, patience: float) -> StoreError | None:
    """The fault of the disk, the file or a lock; None where it is another, such as a refused row.

    `patience` is for how many seconds a lock was waited for.
    """
    match _primary_code(error):
        case sqlite3.SQLITE_READONLY:
            return StoreError(
                f"the description store {path} cannot be written: {error}",
                hint="it can be read; to write, copy it to a folder of your own and name that with --db",
            )
        case sqlite3.SQLITE_FULL:
            return StoreError(
                f"there is no room left for the description store {path}: {error}",
                hint="what was saved before is kept; make room and repeat the command",
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_PROTOCOL:
            return StoreError(
                f"another program has kept the description store {path} locked for over {patience:g} s",
                hint="what was saved before is kept; repeat the command when the other has ended",
            )
        case sqlite3.SQLITE_IOERR:
            return StoreError(
                f"the disk failed at the description store {path}: {error}",
                hint="is the disk full, or its network gone? What was saved before is kept",
            )
        case sqlite3.SQLITE_CANTOPEN:
            return StoreError(
                f"cannot open the description store {path}: {error}",
                hint="does its folder exist, and may you read and write there?",
            )
        case sqlite3.SQLITE_CORRUPT:
            return StoreError(
                f"cannot use {path} as a description store: {error}",
                hint="it is damaged or cut off: go back to a copy (`dfer db backup` makes them); "
                "`sqlite3 FILE .recover` saves what can be saved",
            )
        case sqlite3.SQLITE_NOTADB:
            return StoreError(
                f"cannot use {path} as a description store: {error}",
                hint="is it a dfer database, and complete?",
            )
    return None


def _primary_code(error: sqlite3.Error) -> int:
    """Errors of Python's own making have no code."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF
