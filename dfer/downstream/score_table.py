"""A CSV file of scores: its header, its rows by line, and which of its columns are scores."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dfer.errors import ContentError, UsageError

REQUIRED = ("path", "subject")
VIDEO = "video"
# Columns of a list of clips (`clips.readers.csv_list`), some of them numbers, but never a score unless named.
_OF_CLIP_LISTS = ("label", "split", "fold", "caption", "scene", "source", "votes", "frames")

_HINT = "the first line names the columns: path,subject, optionally video, and one for each score"


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoreTable:
    """`header` are the columns' names, `rows` the cells of each row, stripped, with the line it begins on.

    Columns that dfer knows from lists of clips are in lower case, whatever the case they are written in.
    """

    file: Path
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    def place(self, line: int) -> str:
        return f"{self.file}:{line}"


def read_table(file: Path) -> ScoreTable:
    """The table, its rows as many cells long as the header.

    Raises:
        UsageError: the file cannot be read.
        ContentError: it is no CSV file with a header and rows, or has not the columns `path` and `subject`.
    """
    lines = _lines(file)
    if not lines:
        raise ContentError(f"{file}: expected a header `path,subject,…`, found an empty file", hint=_HINT)
    header = tuple(_plain(name) for name in lines[0][1])
    if missing := [name for name in REQUIRED if name not in header]:
        raise ContentError(
            f"{file}:{lines[0][0]}: no column {' and '.join(map(repr, missing))}, "
            f"found {', '.join(map(repr, header))}",
            hint="fields are separated by commas, not by semicolons" if ";" in header[0] else _HINT,
        )
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        raise ContentError(f"{file}:{lines[0][0]}: column {', '.join(map(repr, twice))} is there twice")
    for line, row in lines[1:]:
        if len(row) != len(header):
            raise ContentError(
                f"{file}:{line}: expected {len(header)} fields as in the header, found {len(row)}",
                hint="put texts that hold commas in double quotes",
            )
    if len(lines) == 1:
        raise ContentError(f"{file}: no clips, only a header", hint="add a row for each clip")
    rows = tuple((line, tuple(cell.strip() for cell in row)) for line, row in lines[1:])
    return ScoreTable(file=file, header=header, rows=rows)


def choose_targets(table: ScoreTable, named: Sequence[str] | None) -> tuple[str, ...]:
    """The columns of scores: those named, or every other one that holds a number.

    A column with one number among words is a column of scores with wrong cells, not one to leave out: what is
    predicted must not depend on a slip of the pen.

    Raises:
        ContentError: no such column, or none that holds a number.
    """
    taken = (*REQUIRED, VIDEO)
    if named is not None:
        wanted = tuple(dict.fromkeys(name.strip() for name in named if name.strip()))
        possible = [name for name in table.header if name and name not in taken]
        if unknown := [name for name in wanted if name not in possible]:
            raise ContentError(
                f"{table.file}:1: no column of scores {', '.join(map(repr, unknown))}",
                hint=f"it has {', '.join(possible) or 'none'}",
            )
        if wanted:
            return wanted
        raise UsageError("no target is named", hint="name columns of scores, separated by commas")
    found = tuple(
        name
        for place, name in enumerate(table.header)
        if name
        and name not in (*taken, *_OF_CLIP_LISTS)
        and any(number(row[place]) is not None for _, row in table.rows)
    )
    if not found:
        raise ContentError(
            f"{table.file}: no column holds scores, found {', '.join(table.header)}", hint=_HINT
        )
    return found


def number(cell: str) -> float | None:
    """What the cell says if it is a finite number; None for anything else."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in cell else None


def _plain(name: str) -> str:
    name = name.strip()
    known = (*REQUIRED, VIDEO, *_OF_CLIP_LISTS)
    return name.casefold() if name.casefold() in known else name


def _lines(file: Path) -> list[tuple[int, list[str]]]:
    """Rows that are not blank, with the line each begins on: a quoted note may go on over several."""
    try:
        # utf-8-sig: Excel writes a byte order mark, which would otherwise become part of the first name.
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot read the scores {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ContentError(f"{file}:{line}: not UTF-8", hint="save the table as UTF-8 text") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found, begins = [], 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                found.append((begins, row))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise ContentError(
            f"{file}:{begins}: not CSV: {error}", hint="check the quotes of this row"
        ) from error
    return found
