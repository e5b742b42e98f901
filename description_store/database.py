"""Opening the store: one SQLite file, migrated, in WAL mode, with immutability enforced by the database."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from description_store.errors import StoreError
from description_store.faults import plain_fault
from description_store.immutability import create_triggers
from description_store.migrations import applied_migrations, apply_migrations, known_migrations
from description_store.reading import PlainReader, Reader
from description_store.refusals import has_log, refuse_foreign, refuse_missing, refuse_newer

if TYPE_CHECKING:
    from sqlite_utils import Database

BUSY_SECONDS = 30.0


@contextmanager
def open_store(path: Path, *, must_exist: bool = False) -> Iterator["Database"]:
    """The store at `path`, made and migrated if need be, closed at the end.

    A store that cannot be written can be read. A connection belongs to the thread that opened it.

    Raises:
        StoreError: the file is missing or empty (with `must_exist`), is no database, is damaged, or was
            written by a newer dfer. While it is open: it cannot be written, is locked for longer than
            BUSY_SECONDS, or the disk is full or fails.
    """
    refuse_missing(path, must_exist=must_exist)
    with _faults_said_plainly(path), closing(_connect(path)) as db:
        _prepare(db, path)
        yield db


@contextmanager
def open_unchanged(path: Path) -> Iterator["Database"]:
    """The store as it is, of this dfer or an earlier one, for reading alone: nothing is made or migrated.

    Raises:
        StoreError: as `open_store` with `must_exist`.
    """
    refuse_missing(path, must_exist=True)
    with _faults_said_plainly(path), closing(_connect(path)) as db:
        refuse_newer(db, path)
        refuse_foreign(db, path)
        yield db


@contextmanager
def open_to_look(path: Path) -> Iterator[Reader]:
    """The store at `path`, which must exist, for commands that only look.

    Importing sqlite_utils takes longer than most looks: that is left out where nothing has to be migrated.

    Raises:
        StoreError: as `open_store` with `must_exist`.
    """
    refuse_missing(path, must_exist=True)
    with _faults_said_plainly(path), closing(_connection(path)) as connection:
        reader = PlainReader(connection)
        if is_current(reader):
            connection.execute("PRAGMA query_only = ON")
            yield reader
            return
    with open_store(path, must_exist=True) as db:
        yield db


@contextmanager
def writing(db: "Database") -> Iterator[None]:
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


def insert_new(db: "Database", table: str, row: dict[str, Any]) -> None:
    """Content-addressed rows: one of this hash is the same, so it stays as it is."""
    with writing(db):
        if not db.table(table).count_where("hash = ?", [row["hash"]]):
            db.table(table).insert(row)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def is_current(db: Reader) -> bool:
    """Whether the store has the tables of this dfer, not of an earlier one."""
    return applied_migrations(db) == known_migrations()


@contextmanager
def _faults_said_plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        fault = plain_fault(error, path, patience=BUSY_SECONDS)
        if fault is None:
            raise
        raise fault from error


def _connect(path: Path) -> "Database":
    from sqlite_utils import Database

    return Database(_connection(path), execute_plugins=False)


def _connection(path: Path) -> sqlite3.Connection:
    """One that reads what is there, in a folder that cannot be written too."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
    try:
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1")
    except sqlite3.Error as error:
        connection.close()
        # A store in WAL mode needs a file beside it even to be read, unless SQLite is told that it is alone.
        needs_file = (sqlite3.SQLITE_READONLY_DIRECTORY, sqlite3.SQLITE_CANTOPEN)
        if error.sqlite_errorcode not in needs_file or not path.is_file():
            raise
        if has_log(path):
            raise StoreError(
                f"{path} cannot be read in full: its last rows are in {path.name}-wal, to be merged into it, "
                "and its folder cannot be written",
                hint=f"copy both files to a folder of your own and name that copy of {path.name} with --db",
            ) from error
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)
    return connection


def _prepare(db: "Database", path: Path) -> None:
    db.execute("PRAGMA foreign_keys = ON")
    if is_current(db):
        return
    refuse_newer(db, path)
    refuse_foreign(db, path)
    _enable_wal(db)
    try:
        # Several processes may open a new file at once: one migrates, the others wait, look again and go on.
        with writing(db):
            refuse_newer(db, path)
            apply_migrations(db)
            create_triggers(db)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_READONLY:
            raise
        raise StoreError(
            f"{path} was written by an earlier dfer and must be upgraded, but it cannot be written",
            hint="copy it to a folder of your own and name that with --db",
        ) from error


def _enable_wal(db: "Database") -> None:
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
