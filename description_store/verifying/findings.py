"""What looking through a store brings to light, row by row; a damaged row stops nothing."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlite_utils import Database

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """`row` is as people name it: v3, r2, a hash; empty where it is the table as a whole."""

    table: str
    row: str
    message: str


@dataclass(frozen=True, slots=True)
class Found:
    """How many rows of a table were looked at, and what is wrong with them."""

    table: str
    rows: int
    problems: tuple[Problem, ...] = ()


def look_through(
    db: Database, table: str, name: Callable[[Row], str], problems_of: Callable[[Row], Iterator[str]]
) -> Found:
    """Every row of a table that can be read. Never raises for what is in it."""
    problems: list[Problem] = []
    count = 0
    try:
        for row in db.query(f"SELECT rowid AS row_number, * FROM {table} ORDER BY rowid"):
            count += 1
            problems += [Problem(table, name(row), message) for message in _problems(row, problems_of)]
    except sqlite3.Error as error:
        problems.append(Problem(table, "", f"cannot be read after {count} rows: {error}"))
    return Found(table, count, tuple(problems))


def look_at(table: str, problems: Iterator[Problem]) -> Iterator[Problem]:
    """The problems, the last of them that no more can be read, if it comes to that."""
    try:
        yield from problems
    except sqlite3.Error as error:
        yield Problem(table, "", f"cannot be read: {error}")


def _problems(row: Row, problems_of: Callable[[Row], Iterator[str]]) -> Iterator[str]:
    for column, value in row.items():
        if isinstance(value, str) and not _is_text(value):
            yield f"{column} holds bytes that are no UTF-8 text"
    try:
        yield from problems_of(row)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        yield f"cannot be read: {where}: {first['msg']}"
    except Exception as error:  # whatever a damaged row makes of its check is a finding
        yield f"cannot be read: {type(error).__name__}: {error}"


def _is_text(value: str) -> bool:
    """Whether it is whole: `check` has SQLite's broken characters read as lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
