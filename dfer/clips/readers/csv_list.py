"""The generic list: a CSV file with a header, one clip a row.

Columns are `path,label` and, where known, `split`, `fold`, `caption`, `subject`, `scene`, `source`, `votes`
(`anger:6;fear:4`) and `frames`, the number of frames there should be.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from dfer.clips.clip import Clip
from dfer.clips.readers.list_problems import ListProblems, split_name
from dfer.clips.readers.listing import Listing
from dfer.clips.readers.vote_field import parse_votes
from dfer.errors import ContentError, UsageError

_REQUIRED = ("path", "label")
_OPTIONAL = ("split", "fold", "caption", "subject", "scene", "source", "votes", "frames")


def read_csv(path: Path, *, root: Path | None = None) -> list[Clip]:
    """The clips of a CSV list, in its order; labels as written (see `labels.with_known_labels`).

    Raises:
        UsageError: the list cannot be read.
        ContentError: it is no such list, or rows are wrong; each problem names file and line.
    """
    return list_csv(path, root=root).checked()


def list_csv(path: Path, *, root: Path | None = None) -> Listing:
    """What a CSV list holds.

    Relative paths start at `root`, or at the CSV's own folder. Columns of other names are ignored.

    Raises:
        UsageError: the list cannot be read.
        ContentError: it is no such list: no header, broken quotes, not UTF-8, or no row but the header.
    """
    text = _text(path)
    rows = _rows(path, text)
    try:
        _, header = next(rows)
    except StopIteration:
        raise ContentError(
            f"{path}: expected a header `path,label`, found an empty file", hint=_HEADER_HINT
        ) from None
    column = _columns(path, header)
    base = root if root is not None else path.parent
    problems = ListProblems()
    placed: list[tuple[Clip, str]] = []
    for line, row in rows:
        place = f"{path}:{line}"
        if len(row) != len(header):
            problems.add(
                place,
                f"expected {len(header)} fields as in the header, found {len(row)}",
                hint="put texts that hold commas in double quotes",
            )
            continue
        values = {name: row[i].strip() for name, i in column.items()}
        if clip := _clip(values, base=base, place=place, problems=problems):
            placed.append((clip, place))
    if not placed:
        problems.raise_if_any()
        raise ContentError(f"{path}: no clips, only a header", hint="add a row `path,label` for each clip")
    return Listing(
        clips=tuple(clip for clip, _ in placed),
        places=tuple(place for _, place in placed),
        root=base,
        problems=problems.found,
        hint_missing=f"the list's paths start at {base}; --root names another folder for them to start from",
    )


_HEADER_HINT = f"the first line names the columns: path,label and optionally {', '.join(_OPTIONAL)}"


def _text(path: Path) -> str:
    try:
        # utf-8-sig: Excel writes a byte order mark, which would otherwise become part of the name `path`.
        return path.read_text(encoding="utf-8-sig")
    except IsADirectoryError as error:
        raise UsageError(
            f"expected a CSV file, found a folder: {path}",
            hint="name the list in it, or say with --dataset what the folder is (dfew, mafw, folders, …)",
        ) from error
    except OSError as error:
        raise UsageError(f"cannot read the list {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ContentError(f"{path}:{line}: not UTF-8", hint="save the list as UTF-8 text") from error


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line each begins on: a quoted caption may go on over several."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    try:
        for row in reader:
            if any(field.strip() for field in row):
                yield begins, row
            begins = reader.line_num + 1
    except csv.Error as error:
        raise ContentError(
            f"{path}:{begins}: not CSV: {error}", hint="check the quotes of this row"
        ) from error


def _columns(path: Path, header: list[str]) -> dict[str, int]:
    names = [name.strip().casefold() for name in header]
    if missing := [name for name in _REQUIRED if name not in names]:
        raise ContentError(
            f"{path}:1: no column {' and '.join(map(repr, missing))}, found {', '.join(map(repr, header))}",
            hint="fields are separated by commas, not by semicolons" if ";" in header[0] else _HEADER_HINT,
        )
    known = [name for name in names if name in (*_REQUIRED, *_OPTIONAL)]
    if twice := sorted({name for name in known if known.count(name) > 1}):
        raise ContentError(f"{path}:1: column {', '.join(map(repr, twice))} is there twice", hint="drop one")
    return {name: names.index(name) for name in known}


def _clip(values: dict[str, str], *, base: Path, place: str, problems: ListProblems) -> Clip | None:
    good = True
    for name in _REQUIRED:
        if not values[name]:
            problems.add(place, f"the {name} is empty")
            good = False
    if "\0" in values["path"]:
        problems.add(place, f"a NUL in the path {values['path']!r}")
        good = False
    split, fold, votes, frames = None, None, None, None
    if written := values.get("split"):
        split = split_name(written)
        if split is None:
            problems.add(place, f"expected the split train, val or test, found {written!r}")
            good = False
    if written := values.get("fold"):
        if written.isascii() and written.isdigit():
            fold = int(written)
        else:
            problems.add(place, f"expected a fold number, found {written!r}", hint="folds are 1, 2, 3, …")
            good = False
    if written := values.get("frames"):
        if written.isascii() and written.isdigit():
            frames = int(written)
        else:
            problems.add(place, f"expected a number of frames, found {written!r}")
            good = False
    if written := values.get("votes"):
        try:
            votes = parse_votes(written) or None
        except ValueError as error:
            problems.add(place, str(error))
            good = False
    if not good:
        return None
    identity = PurePosixPath(values["path"].replace("\\", "/")).as_posix()
    return Clip(
        id=identity,
        path=base / identity,
        label=values["label"],
        split=split,
        fold=fold,
        caption=values.get("caption") or None,
        subject=values.get("subject") or None,
        votes=votes,
        scene=values.get("scene") or None,
        source=values.get("source") or None,
        listed_frames=frames,
    )
