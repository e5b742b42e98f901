"""How one clip's classes go over time, as a file: a picture, a table, or JSON."""

import csv
import io
import json
from pathlib import Path

from dfer.errors import ConfigurationError, UsageError
from dfer.predict.json_form import clip_as_json, recogniser_as_json
from dfer.predict.loaded import LoadedRecogniser
from dfer.predict.prediction import ClipPrediction
from dfer.predict.predictions_file import rounded
from dfer.predict.timeline_figure import draw_timeline
from dfer.training.checkpoint import write_whole

PICTURES = (".png", ".svg", ".pdf")
SUFFIXES = (*PICTURES, ".csv", ".json")


def check_timeline_path(path: Path) -> None:
    """To be asked before anything is computed. Raises UsageError for a suffix that means nothing here."""
    if path.suffix not in SUFFIXES:
        raise UsageError(
            f"--timeline {path}: no timeline of that kind", hint=f"a file ending in {', '.join(SUFFIXES)}"
        )


def write_timeline(path: Path, found: ClipPrediction, loaded: LoadedRecogniser) -> None:
    """As the suffix of `path` says; a file that is there is replaced.

    Raises:
        ConfigurationError: it cannot be written.
        UsageError: as `check_timeline_path`.
    """
    check_timeline_path(path)
    if path.suffix in PICTURES:
        draw_timeline(found, loaded.class_names, path)
        return
    text = _table(found, loaded.class_names) if path.suffix == ".csv" else _json(found, loaded)
    try:
        write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8", newline=""))
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from error


def _table(found: ClipPrediction, class_names: tuple[str, ...]) -> str:
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(["start", "end", "class", "probability", *(f"p_{name}" for name in class_names)])
    for window in found.windows:
        probabilities = [rounded(probability) for probability in window.probabilities]
        best = window.best
        rows.writerow(
            [
                rounded(window.start),
                rounded(window.end),
                class_names[best],
                probabilities[best],
                *probabilities,
            ]
        )
    return text.getvalue()


def _json(found: ClipPrediction, loaded: LoadedRecogniser) -> str:
    content = {
        "schema_version": 1,
        **recogniser_as_json(loaded),
        "clips": [clip_as_json(found, loaded.class_names)],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
