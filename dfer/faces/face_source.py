"""Where the face is: the whole frame, in boxes that a file gives, or where a detector finds it."""

from dataclasses import dataclass
from pathlib import Path

DETECTED_MARGIN = 0.15
"""YuNet's boxes end at brow and chin; data sets' aligned crops show some hair, ears and neck."""


@dataclass(frozen=True)
class AlreadyCropped:
    """Frames are face crops, as in the data sets of the field."""


@dataclass(frozen=True)
class GivenBoxes:
    """A file of boxes (see `boxes_file`). `margin` is added on each side, in parts of the longer side."""

    file: Path
    margin: float = 0.0


@dataclass(frozen=True)
class Detected:
    """OpenCV's YuNet, an ONNX file (see `detector`); `margin` as for given boxes."""

    file: Path
    margin: float = DETECTED_MARGIN


FaceSource = AlreadyCropped | GivenBoxes | Detected
