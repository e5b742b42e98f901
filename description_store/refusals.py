"""What is no description store that this dfer can use, told before anything is done to it."""

from pathlib import Path

from description_store.errors import StoreError
from description_store.migrations import applied_migrations, known_migrations
from description_store.reading import Reader

_SHORTEST = 512  # bytes: SQLite's smallest page


def refuse_missing(path: Path, *, must_exist: bool) -> None:
    """A missing or empty file is a new store, unless it `must_exist`. A folder or a stump never is."""
    if path.is_dir():
        raise StoreError(
            f"{path} is a folder; a description store is one file",
            hint=f"name a file in it, such as {path / 'dfer.db'}",
        )
    if must_exist and not path.exists():
        raise StoreError(
            f"there is no description store at {path}",
            hint="make one with `dfer describe`, or name another with --db or DFER_DB",
        )
    # SQLite would take so short a file for a new database, and remove the log with what was saved. The log is
    # looked at first: whoever makes a new store fills the file before the log.
    logged = has_log(path)
    size = path.stat().st_size if path.exists() else None
    if size is not None and size < _SHORTEST and (must_exist or size > 0 or logged):
        length = f"has only {size} bytes" if size else "is empty"
        raise StoreError(
            f"cannot use {path} as a description store: it {length}",
            hint="go back to a copy (`dfer db backup` makes them), or remove it to begin a new one",
        )


def has_log(path: Path) -> bool:
    """Whether rows may wait beside the file to be merged into it, after a crash or in use."""
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def refuse_newer(db: Reader, path: Path) -> None:
    unknown = (applied_migrations(db) or set()) - known_migrations()
    if unknown:
        raise StoreError(
            f"{path} was written by a newer dfer (it has {', '.join(sorted(unknown))})",
            hint="upgrade dfer to use it",
        )


def refuse_foreign(db: Reader, path: Path) -> None:
    tables = [
        name
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not name.startswith("sqlite_")
    ]
    if tables and applied_migrations(db) is None:
        raise StoreError(
            f"{path} is another program's database (it has the table {tables[0]!r})",
            hint="name another file with --db or DFER_DB",
        )
