"""How DFEW's ten annotators voted on each clip: `Annotation/annotation.xlsx`, or the same table as CSV.

Columns are `order`, the clip's number, and `1happy … 7fear`, the votes for each class. Votes are an extra:
where the table is missing or wrong the clips are read without, and a note says so.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from dfer.class_sets import canonical_label

Votes = tuple[tuple[str, float], ...]

_FILES = ("Annotation/annotation", "annotation/annotation", "annotation")
_SUFFIXES = (".xlsx", ".csv")

_TITLES = 5
"""So many rows may stand above the header."""

_NUMBERED = re.compile(r"[1-9][ _.]*([a-z]+)")
_PLAIN = re.compile(r"([a-z]+)")


def read_votes(folders: Iterable[Path], class_names: Sequence[str]) -> tuple[dict[str, Votes], list[str]]:
    """Votes by clip id, from the first table in the folders, and notes on what could not be read of it."""
    folders = list(folders)
    file = next(
        (
            file
            for name in _FILES
            for suffix in _SUFFIXES
            for folder in folders
            if (file := folder / f"{name}{suffix}").is_file()
        ),
        None,
    )
    if file is None:
        return {}, []
    try:
        votes, wrong = _read(file, class_names)
    except Exception as error:  # a damaged workbook makes openpyxl raise whatever it stumbles over
        why = str(error) or type(error).__name__
        return {}, [f"clips have no votes: {file} cannot be read as DFEW's annotation ({why})"]
    if wrong:
        return votes, [f"votes left out: {len(wrong)} rows of {file} hold no votes, the first is {wrong[0]}"]
    return votes, []


def _read(file: Path, class_names: Sequence[str]) -> tuple[dict[str, Votes], list[int]]:
    """Votes by clip id, and the numbers of the rows without."""
    rows = enumerate(_excel_rows(file) if file.suffix == ".xlsx" else _csv_rows(file), start=1)
    order_at, class_at = _header(rows, class_names)
    votes: dict[str, Votes] = {}
    wrong = []
    for number, row in rows:
        if not any(str(cell).strip() for cell in row if cell is not None):
            continue
        try:
            votes.setdefault(f"{int(float(row[order_at])):05d}", _votes(row, class_at))
        except (ValueError, TypeError, IndexError, OverflowError):
            wrong.append(number)
    return votes, wrong


def _excel_rows(file: Path) -> Iterator[Sequence[Any]]:
    """All rows of the first sheet, none shorter than one before it: a sheet leaves out empty last cells."""
    from openpyxl import load_workbook  # here: a quarter of a second, and only for those who have the file

    workbook = load_workbook(file, read_only=True, data_only=True)
    try:
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()  # openpyxl would read no more than the size that is written, right or wrong
        width = 0
        for row in sheet.iter_rows(values_only=True):
            width = max(width, len(row))
            yield (*row, *[None] * (width - len(row)))
    finally:
        workbook.close()


def _csv_rows(file: Path) -> Iterator[Sequence[Any]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        yield from csv.reader(stream)


def _header(
    rows: Iterator[tuple[int, Sequence[Any]]], class_names: Sequence[str]
) -> tuple[int, dict[str, int]]:
    """Where the clip's number and each class's votes stand; goes on to the row after the header."""
    passed = []
    for _, row in islice(rows, _TITLES + 1):
        names = [str(cell).strip().casefold() if cell is not None else "" for cell in row]
        for style in (_NUMBERED, _PLAIN):
            class_at = _classes(names, style, class_names)
            if "order" in names and set(class_at) == set(class_names):
                return names.index("order"), class_at
        passed.append(", ".join(names))
    found = passed[0] if passed else "an empty table"
    raise ValueError(f"expected the columns order and 1happy … 7fear, found {found}")


def _classes(names: Sequence[str], style: re.Pattern[str], class_names: Sequence[str]) -> dict[str, int]:
    class_at = {}
    for place, name in enumerate(names):
        written = style.fullmatch(name)
        if written and (meant := canonical_label(written[1], class_names)):
            class_at[meant] = place
    return {name: class_at[name] for name in class_names if name in class_at}


def _votes(row: Sequence[Any], class_at: dict[str, int]) -> Votes:
    counts = {name: float(row[place] or 0) for name, place in class_at.items()}
    if not all(0 <= count < float("inf") for count in counts.values()) or not any(counts.values()):
        raise ValueError("votes are counts, and not all of them nothing")
    return tuple((name, count) for name, count in counts.items() if count)
