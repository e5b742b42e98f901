"""How recognised clips look: one in full, many a row each."""

import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import output

if TYPE_CHECKING:
    from dfer.predict.loaded import LoadedRecogniser
    from dfer.predict.prediction import ClipPrediction, FailedClip

_BAR = 30
_CLASSES = 12
"""So many classes at most have a bar; of more the least probable are summed up."""


def predictions_as_json(
    found: "Sequence[ClipPrediction | FailedClip]", loaded: "LoadedRecogniser"
) -> dict[str, Any]:
    from dfer.predict.json_form import clip_as_json, recogniser_as_json

    clips = [clip_as_json(one, loaded.class_names) for one in found]
    return recogniser_as_json(loaded) | {"clips": clips}


def print_predictions(found: "Sequence[ClipPrediction | FailedClip]", loaded: "LoadedRecogniser") -> None:
    from dfer.predict.prediction import ClipPrediction

    recognised = [one for one in found if isinstance(one, ClipPrediction)]
    if len(found) == 1 and recognised:
        _print_one(recognised[0], loaded.class_names)
    elif recognised:
        _print_rows(recognised, loaded.class_names)


def say_what_failed(
    found: "Sequence[ClipPrediction | FailedClip]", *, quiet: bool, alone: bool
) -> "list[FailedClip]":
    """Notes, each once with its clips, and why clips failed, which of a clip `alone` its error says."""
    from dfer.predict.prediction import ClipPrediction, FailedClip

    notes: dict[str, list[str]] = {}
    for one in found:
        for note in one.notes if isinstance(one, ClipPrediction) else ():
            notes.setdefault(note, []).append(one.path.name)
    for note, names in notes.items():
        whose = "" if alone else f"{_listed(names)}: "
        output.note(f"note: {whose}{note}", quiet=quiet)
    failed = [one for one in found if isinstance(one, FailedClip)]
    for one in () if alone else failed:
        output.note(f"failed: {one.message}" + (f" ({one.hint})" if one.hint else ""))
    return failed


def _print_one(found: "ClipPrediction", class_names: Sequence[str]) -> None:
    probabilities = found.probabilities
    output.say(f"{found.path.name} · {_extent(found)}")
    output.say(f"{class_names[found.best]} {_percent(probabilities[found.best])}", bold=True)
    output.say("")
    order = sorted(range(len(class_names)), key=lambda place: -probabilities[place])
    shown, left = order[:_CLASSES], order[_CLASSES:]
    width = max(len(class_names[place]) for place in shown)
    for place in shown:
        bar = "█" * round(_BAR * probabilities[place]) or "▏"
        output.say(f"{class_names[place]:<{width}}  {_percent(probabilities[place]):>6}  {bar}")
    if left:
        rest = sum(probabilities[place] for place in left)
        output.say(f"{len(left)} other classes: {_percent(rest)}")
    if len(found.windows) > 1:
        output.say("")
        _print_timeline(found, class_names)


def _print_timeline(found: "ClipPrediction", class_names: Sequence[str]) -> None:
    """Neighbouring windows of one class are one row."""
    rows = []
    for best, together in groupby(found.windows, key=lambda window: window.best):
        own = list(together)
        mean = sum(window.probabilities[best] for window in own) / len(own)
        rows.append(
            [f"{own[0].start:.1f} – {own[-1].end:.1f}", class_names[best], _percent(mean), str(len(own))]
        )
    output.print_table(
        ["seconds", "class", "probability", "windows"], rows, right=["seconds", "probability", "windows"]
    )


def _print_rows(found: "Sequence[ClipPrediction]", class_names: Sequence[str]) -> None:
    folder = _shared_folder([one.path for one in found])
    rows = []
    for one in found:
        order = sorted(range(len(class_names)), key=lambda place: -one.probabilities[place])
        first, second = (
            f"{class_names[place]} {_percent(one.probabilities[place])}" if place is not None else ""
            for place in (*order, None)[:2]
        )
        name = os.path.relpath(one.path, folder) if folder else str(one.path)
        rows.append([name, _extent(one, brief=True), first, second])
    output.print_table(["clip", "length", "class", "then"], rows, right=["length"])


def _shared_folder(paths: Sequence[Path]) -> str:
    if len({path.parent for path in paths}) == 1 and paths:
        return str(paths[0].parent)
    return ""


def _extent(found: "ClipPrediction", *, brief: bool = False) -> str:
    if found.kind == "image":
        return "image"
    if brief:
        return f"{found.seconds:.1f} s"
    seen = "" if found.seen == found.frames else f", a face on {found.seen} of them"
    return f"{found.seconds:.1f} s, {output.count_of(found.frames, 'frame')}{seen}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:2])} and {len(names) - 2} more"
