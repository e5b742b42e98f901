"""A CSV file of many clips' predictions, a row each, that grows as they are done."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from dfer.errors import ConfigurationError
from dfer.predict.prediction import ClipPrediction, FailedClip
from dfer.training.checkpoint import write_whole

DIGITS = 6


class PredictionsFile:
    """Rows are on the disk as soon as clips are done; in the order of the clips at the end, if that fits."""

    def __init__(self, path: Path, class_names: tuple[str, ...]) -> None:
        """Replaces `path`. Raises OSError as the disk does."""
        self._path = path
        self._class_names = class_names
        self._rows: dict[int, list[Any]] = {}
        self._has_all = True
        self._write("w", [_header(class_names)])

    def add(self, place: int, found: ClipPrediction | FailedClip) -> None:
        """`place`: the clip's among all. A row for which there is no room now is tried again at the end."""
        self._rows[place] = _row(found, self._class_names)
        try:
            self._write("a", [self._rows[place]])
        except OSError:
            self._has_all = False

    def put_in_order(self) -> None:
        """Without room for a second copy rows stay as they are. Raises OSError if any is missing."""
        text = io.StringIO(newline="")
        rows = [self._rows[place] for place in sorted(self._rows)]
        csv.writer(text).writerows([_header(self._class_names), *rows])
        content = text.getvalue()
        try:
            write_whole(self._path, lambda path: path.write_text(content, encoding="utf-8", newline=""))
        except OSError:
            if not self._has_all:
                raise

    def _write(self, mode: Literal["w", "a"], rows: Sequence[list[Any]]) -> None:
        with self._path.open(mode, encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)


@contextmanager
def predictions_file(path: Path, class_names: tuple[str, ...]) -> Iterator[PredictionsFile]:
    """`path` is replaced. Whatever ends the block, the rows of the clips that were done are in the file.

    Raises:
        ConfigurationError: it cannot be written, or a row is missing at the end.
    """
    try:
        rows = PredictionsFile(path, class_names)
    except OSError as error:
        raise _unwritten(path, error) from error
    try:
        yield rows
    finally:
        try:
            rows.put_in_order()
        except OSError as error:
            raise _unwritten(path, error) from error


def _unwritten(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"cannot write {path}: {error.strerror or error}", hint="make room there, or name another file"
    )


def _header(class_names: tuple[str, ...]) -> list[str]:
    return [
        "path",
        "class",
        "probability",
        *(f"p_{name}" for name in class_names),
        "frames",
        "seen",
        "seconds",
        "notes",
        "error",
    ]


def _row(found: ClipPrediction | FailedClip, class_names: tuple[str, ...]) -> list[Any]:
    if isinstance(found, FailedClip):
        return [str(found.path), "", "", *("" for _ in class_names), "", "", "", "", found.message]
    probabilities = [rounded(probability) for probability in found.probabilities]
    return [
        str(found.path),
        class_names[found.best],
        probabilities[found.best],
        *probabilities,
        found.frames,
        found.seen,
        rounded(found.seconds),
        "; ".join(found.notes),
        "",
    ]


def rounded(number: float) -> float:
    """To as many digits as anybody reads."""
    return round(number, DIGITS)
