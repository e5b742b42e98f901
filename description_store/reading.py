"""What reads a store: SQL in, rows out. sqlite_utils' Database can, and so can the standard library alone."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

Parameters = Sequence[Any] | dict[str, Any]


class Reader(Protocol):
    """What the functions that only look at a store ask of it."""

    def execute(self, sql: str, parameters: Parameters | None = None, /) -> sqlite3.Cursor: ...

    def query(self, sql: str, parameters: Parameters | None = None, /) -> Iterator[dict[str, Any]]: ...


class PlainReader:
    """A connection to look through, without sqlite_utils, which takes longer to import than most looks."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Parameters | None = None, /) -> sqlite3.Cursor:
        return self._connection.execute(sql, () if parameters is None else parameters)

    def query(self, sql: str, parameters: Parameters | None = None, /) -> Iterator[dict[str, Any]]:
        rows = self.execute(sql, parameters)
        names = [column[0] for column in rows.description]
        return (dict(zip(names, row, strict=True)) for row in rows)
