"""Face boxes that a user gives: CSV, JSON or JSON lines, of one clip or of many."""

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Any

from dfer.errors import ContentError
from dfer.faces.box import Box, SeenFace

_EDGES, _SIZES = ("left", "top", "right", "bottom"), ("x", "y", "width", "height")
_COLUMNS = "frame (from 0) or time (seconds), and left,top,right,bottom or x,y,width,height"


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenFace:
    """`where` names file and line. Either `frame`, counted from 0, or `time` in seconds is given."""

    where: str
    frame: int | None
    time: float | None
    face: SeenFace


def read_boxes(file: Path, clip: Path) -> tuple[GivenFace, ...]:
    """The boxes of one clip, in the file's order.

    Columns, or keys, are `frame` (from 0) or `time` (seconds), and left,top,right,bottom or
    x,y,width,height, in pixels of the picture as a player shows it. `confidence` (0 to 1) is optional. With a
    column `clip` the file holds several clips by path, or by as much of its end as tells them apart, with or
    without suffix; without, the boxes are for whatever is read. Other columns are passed over; a row whose
    box is left empty says that no face was found. A file that begins with [ is JSON, one that begins with {
    JSON lines, every other CSV (commas, semicolons or tabs).

    Raises:
        ContentError: unreadable, a column missing, a box without area, or none for the clip; names the line.
    """
    by_clip = _by_clip(file)
    given = [face for name, faces in by_clip.items() if _is_of(name, clip) for face in faces]
    if given:
        return tuple(given)
    named = [name for name in by_clip if name]
    if named:
        shown = ", ".join(named[:5]) + (", …" if len(named) > 5 else "")
        raise ContentError(
            f"{file} has no box for {clip}", hint=f"its column clip names {len(named)} clips: {shown}"
        )
    raise ContentError(f"{file} has no boxes", hint=f"one row per face and frame: {_COLUMNS}")


def check_boxes(file: Path, *, clips: int) -> None:
    """Whether the file can be read, and tells several clips apart; to be asked before anything is computed.

    Raises:
        ContentError: as `read_boxes`; or a box is of no clip in particular, where there are several.
    """
    if "" in _by_clip(file) and clips > 1:
        raise ContentError(
            f"{file} does not say which boxes are of which of the {clips} clips", hint="add a column clip"
        )


def _by_clip(file: Path) -> Mapping[str, Sequence[GivenFace]]:
    try:
        stat = file.stat()
        return _read(file, stat.st_mtime_ns, stat.st_size)
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ContentError(f"cannot read the boxes {file}: {why}") from error


# Many clips of one file are read one after the other.
@lru_cache(maxsize=4)
def _read(file: Path, modified: int, size: int) -> Mapping[str, Sequence[GivenFace]]:
    by_clip: dict[str, list[GivenFace]] = {}
    for where, row in _rows(file, file.read_text(encoding="utf-8-sig")):
        if (face := _face(where, row)) is not None:
            by_clip.setdefault(_clip_of(where, row), []).append(face)
    return MappingProxyType(by_clip)


def _rows(file: Path, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    begins = text.lstrip()[:1]
    if begins == "[":
        entries = _json(f"{file}", text)
        for number, entry in enumerate(entries, start=1):
            yield _named(f"{file}, entry {number}", entry)
    elif begins == "{":
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip():
                where = f"{file}, line {number}"
                yield _named(where, _json(where, line))
    else:
        header = text.split("\n", 1)[0]
        delimiter = max(",;\t", key=header.count)
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restval="")
        try:
            for row in reader:
                if None in row:
                    raise ContentError(
                        f"{file}, line {reader.line_num}: more cells than the header has columns"
                    )
                yield _named(f"{file}, line {reader.line_num}", row)
        except csv.Error as error:
            raise ContentError(f"{file}, line {reader.line_num}: {error}") from error


def _json(where: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ContentError(
            f"{where}: not JSON: {error}", hint="a list of objects, or one object on each line"
        ) from error


def _named(where: str, entry: Any) -> tuple[str, dict[str, Any]]:
    if not isinstance(entry, dict):
        raise ContentError(f"{where}: expected an object, found {entry!r}", hint=f"its keys: {_COLUMNS}")
    return where, {str(key).strip().lower(): value for key, value in entry.items()}


def _clip_of(where: str, row: Mapping[str, Any]) -> str:
    if "clip" not in row:
        return ""
    if not (name := str(row["clip"] or "").strip()):
        raise ContentError(f"{where}: which clip the box is of is left empty")
    return name


def _face(where: str, row: Mapping[str, Any]) -> GivenFace | None:
    columns = next((names for names in (_EDGES, _SIZES) if all(name in row for name in names)), None)
    if columns is None or ("frame" not in row and "time" not in row):
        raise ContentError(f"{where}: expected {_COLUMNS}; found {', '.join(row) or 'nothing'}")
    if all(_is_empty(row[name]) for name in columns):
        return None
    box = _box(where, [_number(where, name, row[name]) for name in columns], columns)
    confidence = row.get("confidence")
    sure = 1.0 if _is_empty(confidence) else _number(where, "confidence", confidence)
    if not 0 <= sure <= 1:
        raise ContentError(f"{where}: expected a confidence from 0 to 1, found {sure:g}")
    frame = time = None
    if not _is_empty(row.get("frame")) or "time" not in row:
        at = _number(where, "frame", row["frame"])
        if at < 0 or at != int(at):
            raise ContentError(f"{where}: expected a frame number from 0, found {at:g}")
        frame = int(at)
    else:
        time = _number(where, "time", row.get("time"))
        if time < 0:
            raise ContentError(f"{where}: expected a time from 0 seconds, found {time:g}")
    return GivenFace(where=where, frame=frame, time=time, face=SeenFace(box, sure))


def _box(where: str, numbers: Sequence[float], columns: Sequence[str]) -> Box:
    first, second, third, fourth = numbers
    box = Box(first, second, third, fourth)
    if columns == _SIZES:
        box = Box(first, second, first + third, second + fourth)
    if box.width <= 0 or box.height <= 0:
        shown = ", ".join(f"{name} {number:g}" for name, number in zip(columns, numbers, strict=True))
        raise ContentError(f"{where}: a box without area: {shown}")
    return box


def _number(where: str, name: str, value: Any) -> float:
    try:
        number = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ContentError(f"{where}: expected a number as {name}, found {value!r}")
    return number


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _is_of(name: str, clip: Path) -> bool:
    """Whether `name` is the clip's path, or the end of it, with or without suffix."""
    if not name:
        return True
    parts = tuple(part for part in PurePath(name.replace("\\", "/")).parts if part != ".")
    whole = clip.absolute()
    ends = (whole.parts[-len(parts) :], whole.with_suffix("").parts[-len(parts) :])
    return bool(parts) and parts in ends
