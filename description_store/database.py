"""Opening the store: one SQLite file, migrated, in WAL mode, with immutability enforced by the database."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from description_store.errors import StoreError
from description_store.migrations import IMMUTABLE_TABLES, REMOVABLE_UNLESS, known_migrations, migrations

BUSY_SECONDS = 30.0


@contextmanager
def open_store(path: Path, *, must_exist: bool = False) -> Iterator[Database]:
    """The store at `path`, made and migrated if need be, closed at the end.

    A connection belongs to the thread that opened it.

    Raises:
        StoreError: the file is missing (with `must_exist`), cannot be written, is no database, or was
            written by a newer dfer.
    """
    if must_exist and not path.exists():
        raise StoreError(
            f"there is no description store at {path}",
            hint="make one with `dfer describe`, or name another with --db or DFER_DB",
        )
    db = _connect(path)
    try:
        _prepare(db, path)
        yield db
    finally:
        db.close()


@contextmanager
def writing(db: Database) -> Iterator[None]:
    """One transaction that holds the write lock from its start.

    SQLite's default transaction takes the lock at its first write and then fails at once, without waiting,
    if another process wrote since its first read. Reading and then writing needs the lock from the start.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.rollback()
        raise
    db.commit()


def insert_new(db: Database, table: str, row: dict[str, Any]) -> None:
    """Content-addressed rows: one of this hash is the same, so it stays as it is."""
    with writing(db):
        if not db.table(table).count_where("hash = ?", [row["hash"]]):
            db.table(table).insert(row)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _connect(path: Path) -> Database:
    try:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
    except sqlite3.Error as error:
        raise StoreError(
            f"cannot open the description store {path}: {error}",
            hint="does its folder exist, and may you write there?",
        ) from error
    return Database(connection, execute_plugins=False)


def _prepare(db: Database, path: Path) -> None:
    try:
        db.execute("PRAGMA foreign_keys = ON")
        if _is_current(db):
            return
        _refuse_newer(db, path)
        _refuse_foreign(db, path)
        _enable_wal(db)
        # Several processes may open a new file at once: one migrates, the others wait, look again and go on.
        with writing(db):
            _refuse_newer(db, path)
            migrations.apply(db)
            _create_triggers(db)
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"cannot use {path} as a description store: {error}",
            hint="is it a dfer database, complete, and is its folder writable?",
        ) from error


def _is_current(db: Database) -> bool:
    return {applied.name for applied in migrations.applied(db)} == known_migrations()


def _enable_wal(db: Database) -> None:
    """WAL lets readers go on while one process writes.

    The switch needs the file for itself and does not wait for it, so we do. Network file systems cannot do
    WAL and stay in SQLite's default mode, which is correct, only slower.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.enable_wal()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                return
            time.sleep(0.02)


def _refuse_newer(db: Database, path: Path) -> None:
    unknown = {applied.name for applied in migrations.applied(db)} - known_migrations()
    if unknown:
        raise StoreError(
            f"{path} was written by a newer dfer (it has {', '.join(sorted(unknown))})",
            hint="upgrade dfer to use it",
        )


def _refuse_foreign(db: Database, path: Path) -> None:
    tables = [name for name in db.table_names() if not name.startswith("sqlite_")]
    if tables and migrations.migrations_table not in tables:
        raise StoreError(
            f"{path} is another program's database (it has the table {tables[0]!r})",
            hint="name another file with --db or DFER_DB",
        )


def _create_triggers(db: Database) -> None:
    """Made again after every migration: rebuilding a table drops its triggers silently, and rules change."""
    for table, keys in IMMUTABLE_TABLES.items():
        # REPLACE removes the old row without its DELETE trigger, unless a connection asks for that.
        same = " OR ".join("(" + " AND ".join(f"{c} = NEW.{c}" for c in key) + ")" for key in keys)
        may_not_go = REMOVABLE_UNLESS.get(table, "TRUE")
        for action, when, said in (
            ("UPDATE", "TRUE", "are immutable"),
            ("DELETE", may_not_go, "are immutable" if may_not_go == "TRUE" else "in use are immutable"),
            ("INSERT", f"EXISTS (SELECT 1 FROM {table} WHERE {same})", "are immutable"),
        ):
            name = f"{table}_no_{'replace' if action == 'INSERT' else action.lower()}"
            db.execute(f"DROP TRIGGER IF EXISTS {name}")
            db.execute(
                f"CREATE TRIGGER {name} BEFORE {action} ON {table} WHEN {when} "
                f"BEGIN SELECT RAISE(ABORT, '{table} {said}'); END"
            )
