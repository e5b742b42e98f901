"""A CSV file of many clips' predictions, a row each, that grows as they are done."""

import csv
import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from dfer.errors import ConfigurationError
from dfer.predict.prediction import ClipPrediction, FailedClip
from dfer.training.checkpoint import write_whole

DIGITS = 6


class PredictionsFile:
    """Rows are on the disk as soon as clips are done; in the order of the clips once the file is closed."""

    def __init__(self, path: Path, file: TextIO, class_names: tuple[str, ...]) -> None:
        self._path = path
        self._file = file
        self._class_names = class_names
        self._rows: dict[int, list[Any]] = {}
        self._write(file, [_header(class_names)])

    def add(self, place: int, found: ClipPrediction | FailedClip) -> None:
        """`place`: the clip's among all. Raises OSError as the disk does."""
        self._rows[place] = _row(found, self._class_names)
        self._write(self._file, [self._rows[place]])

    def put_in_order(self) -> None:
        text = io.StringIO(newline="")
        self._write(text, [_header(self._class_names), *(self._rows[place] for place in sorted(self._rows))])
        write_whole(self._path, lambda path: path.write_text(text.getvalue(), encoding="utf-8", newline=""))

    @staticmethod
    def _write(file: TextIO, rows: list[list[Any]]) -> None:
        csv.writer(file).writerows(rows)
        file.flush()


@contextmanager
def predictions_file(path: Path, class_names: tuple[str, ...]) -> Iterator[PredictionsFile]:
    """`path` is replaced. Whatever ends the block, the rows of the clips that were done are in the file.

    Raises:
        ConfigurationError: it cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = PredictionsFile(path, file, class_names)
            try:
                yield rows
            finally:
                rows.put_in_order()
    except OSError as error:
        if error.filename not in (str(path), None):
            raise
        raise ConfigurationError(f"cannot write {path}: {error.strerror or error}") from error


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
    return round(number, DIGITS) if math.isfinite(number) else number
