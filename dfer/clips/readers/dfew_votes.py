"""How DFEW's ten annotators voted on each clip: `Annotation/annotation.xlsx`, or the same table as CSV.

Columns are `order`, the clip's number, and `1happy … 7fear`, the votes for each class. Votes are an extra:
where the table is missing or wrong the clips are read without, and a note says so.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from dfer.class_sets import canonical_label

Votes = tuple[tuple[str, float], ...]

_FILES = ("Annotation/annotation", "annotation/annotation", "annotation")
_SUFFIXES = (".xlsx", ".csv")
_UNREADABLE = (OSError, ValueError, LookupError, csv.Error, BadZipFile, ParseError)


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
        rows = _excel_rows(file) if file.suffix == ".xlsx" else _csv_rows(file)
        header = next(rows, ())
        order_at, class_at = _columns(header, class_names)
        votes: dict[str, Votes] = {}
        wrong = []
        for number, row in enumerate(rows, start=2):
            if not any(str(cell).strip() for cell in row if cell is not None):
                continue
            try:
                votes.setdefault(f"{int(float(row[order_at])):05d}", _votes(row, class_at))
            except (ValueError, TypeError, IndexError, OverflowError):
                wrong.append(number)
    except _UNREADABLE as error:
        return {}, [f"clips have no votes: {file} cannot be read as DFEW's annotation ({error})"]
    if wrong:
        return votes, [f"votes left out: {len(wrong)} rows of {file} hold no votes, the first is {wrong[0]}"]
    return votes, []


def _excel_rows(file: Path) -> Iterator[Sequence[Any]]:
    from openpyxl import load_workbook  # here: a quarter of a second, and only for those who have the file

    workbook = load_workbook(file, read_only=True, data_only=True)
    try:
        yield from workbook.worksheets[0].iter_rows(values_only=True)
    finally:
        workbook.close()


def _csv_rows(file: Path) -> Iterator[Sequence[Any]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        yield from csv.reader(stream)


def _columns(header: Sequence[Any], class_names: Sequence[str]) -> tuple[int, dict[str, int]]:
    names = [str(cell).strip().casefold() if cell is not None else "" for cell in header]
    class_at = {}
    for place, name in enumerate(names):
        numbered = re.fullmatch(r"[1-9][ _]?([a-z]+)", name)
        if numbered and (meant := canonical_label(numbered[1], class_names)):
            class_at[meant] = place
    if "order" not in names or set(class_at) != set(class_names):
        raise ValueError(f"expected the columns order and 1happy … 7fear, found {', '.join(names)}")
    return names.index("order"), {name: class_at[name] for name in class_names}


def _votes(row: Sequence[Any], class_at: dict[str, int]) -> Votes:
    counts = {name: float(row[place] or 0) for name, place in class_at.items()}
    if not all(0 <= count < float("inf") for count in counts.values()):
        raise ValueError("votes are counts")
    return tuple((name, count) for name, count in counts.items() if count)
