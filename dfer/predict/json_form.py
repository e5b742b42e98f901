"""Predictions as JSON: what `--json` prints and a timeline file holds (docs/predict.md)."""

from typing import Any

from dfer.predict.loaded import ZERO_SHOT, LoadedRecogniser
from dfer.predict.prediction import ClipPrediction, FailedClip, WindowPrediction


def recogniser_as_json(loaded: LoadedRecogniser) -> dict[str, Any]:
    """By what clips were recognised."""
    return {
        "run": None if loaded.name == ZERO_SHOT else loaded.name,
        "recipe": loaded.recipe,
        "set": loaded.set_name,
        "set_hash": loaded.description_set.hash,
        "clip": {name: loaded.clip.identity[name] for name in ("architecture", "pretrained", "sha256")},
        "classes": list(loaded.class_names),
    }


def clip_as_json(found: ClipPrediction | FailedClip, class_names: tuple[str, ...]) -> dict[str, Any]:
    """One clip; one that failed has `error` and `hint` instead of all else."""
    if isinstance(found, FailedClip):
        return {"path": str(found.path), "error": found.message, "hint": found.hint}
    return {
        "path": str(found.path),
        "kind": found.kind,
        "class": class_names[found.best],
        "probability": found.probabilities[found.best],
        "probabilities": dict(zip(class_names, found.probabilities, strict=True)),
        "scores": dict(zip(class_names, found.scores, strict=True)),
        "windows": [_window(window, class_names) for window in found.windows],
        "frames": found.frames,
        "seen": found.seen,
        "seconds": found.seconds,
        "notes": list(found.notes),
    }


def _window(window: WindowPrediction, class_names: tuple[str, ...]) -> dict[str, Any]:
    return {
        "start": window.start,
        "end": window.end,
        "class": class_names[window.best],
        "probabilities": dict(zip(class_names, window.probabilities, strict=True)),
    }
