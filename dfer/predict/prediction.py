"""What is known of a clip once it is recognised, or why it could not be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from dfer.clips.image_file import Pixels


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowPrediction:
    """`scores` and `probabilities` in class order; times in seconds from the clip's beginning."""

    start: float
    end: float
    scores: tuple[float, ...]
    """The head's logits: what `dfer evaluate` stores."""
    probabilities: tuple[float, ...]
    """Softmax of the scores. They sum to 1 and are not calibrated."""

    @property
    def best(self) -> int:
        """The place of the most probable class."""
        return int(np.argmax(self.probabilities))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SeenFrames:
    """What the recogniser saw: the features of all windows, the pictures of the one that tells most."""

    features: Tensor
    """(windows, frames, embed) on the CPU, as `VideoRecogniser.forward` takes them."""
    window: int
    """The window in which the clip's class is most probable."""
    times: tuple[float, ...]
    """Seconds of the frames sampled from it."""
    pictures: tuple[Pixels, ...]
    """Those frames, uint8 (size, size, 3)"""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ClipPrediction:
    """The clip's windows; its own scores and probabilities are their means."""

    path: Path
    kind: Literal["video", "frames", "image"]
    windows: tuple[WindowPrediction, ...]
    frames: int
    seen: int
    """Frames on which a face was given or found; all where frames are taken as crops."""
    seconds: float
    notes: tuple[str, ...]
    evidence: SeenFrames | None = None
    """Where it was asked for."""

    @property
    def probabilities(self) -> tuple[float, ...]:
        return _mean([window.probabilities for window in self.windows])

    @property
    def scores(self) -> tuple[float, ...]:
        return _mean([window.scores for window in self.windows])

    @property
    def best(self) -> int:
        """The place of the most probable class."""
        return int(np.argmax(self.probabilities))


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedClip:
    """A clip that could not be recognised: what happened, and what to do about it."""

    path: Path
    message: str
    hint: str = ""


def window_prediction(start: float, end: float, logits: Tensor) -> WindowPrediction:
    """`logits`: (classes,)"""
    return WindowPrediction(
        start=start,
        end=end,
        scores=tuple(logits.tolist()),
        probabilities=tuple(torch.softmax(logits.double(), dim=-1).tolist()),
    )


def _mean(rows: list[tuple[float, ...]]) -> tuple[float, ...]:
    if len(rows) == 1:
        return rows[0]
    return tuple(np.mean(rows, axis=0).tolist())
