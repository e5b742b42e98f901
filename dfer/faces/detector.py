"""Faces through OpenCV's YuNet. The model is a file that users fetch themselves; nothing is downloaded."""

from pathlib import Path

import cv2
import numpy as np

from dfer.clips.image_file import Pixels
from dfer.errors import ConfigurationError
from dfer.faces.box import Box, SeenFace

MODEL_NAME = "face_detection_yunet_2023mar.onnx"
MODEL_PAGE = "https://github.com/opencv/opencv_zoo/tree/main/models/face_detection_yunet"

# The size that the model was exported with: OpenCV 5's ONNX Runtime takes no other, all engines take this.
_CANVAS = 640
# YuNet was trained on faces of 10 to 300 pixels; a face that fills the picture's height comes near to that.
_SHORT_SIDE = 360
_LEAST_CONFIDENCE = 0.7
_LEAST_DIFFERENCE = 0.3

_FETCH = (
    f"fetch {MODEL_NAME} (230 kB, MIT licence) from {MODEL_PAGE} and call again with --face-detector FILE, "
    "or give the boxes yourself with --boxes FILE"
)


class FaceDetector:
    """One user at a time: not for use from several threads.

    Raises:
        ConfigurationError: the file is missing, or no ONNX model with YuNet's inputs and outputs.
    """

    def __init__(self, file: Path) -> None:
        _check_is_no_pointer(file)
        self._file = file
        try:
            self._net = cv2.FaceDetectorYN.create(
                str(file), "", (_CANVAS, _CANVAS), _LEAST_CONFIDENCE, _LEAST_DIFFERENCE
            )
            # Another network may load and only then turn out to have other outputs.
            self._net.detect(np.zeros((_CANVAS, _CANVAS, 3), dtype=np.uint8))
        except cv2.error as error:
            raise ConfigurationError(
                f"expected OpenCV's YuNet as an ONNX file, found {file}: {_said(error)}", hint=_FETCH
            ) from error

    def faces(self, picture: Pixels) -> tuple[SeenFace, ...]:
        """Of a picture uint8 (height, width, 3), RGB, of any size; in its pixels, the surest first."""
        height, width = picture.shape[:2]
        scale = min(1.0, _CANVAS / max(height, width), _SHORT_SIDE / min(height, width))
        shown = (max(1, round(width * scale)), max(1, round(height * scale)))
        canvas = np.zeros((_CANVAS, _CANVAS, 3), dtype=np.uint8)
        small = picture if scale == 1 else cv2.resize(picture, shown, interpolation=cv2.INTER_AREA)
        canvas[: shown[1], : shown[0]] = small[:, :, ::-1]  # RGB → BGR
        found = self._net.detect(canvas)[1]  # (faces, 15): left, top, width, height, 5 points, score
        rows = [] if found is None else [[float(number) for number in row] for row in found]
        seen = [
            SeenFace(
                Box(left, top, left + across, top + down).scaled(width / shown[0], height / shown[1]),
                min(1.0, score),
            )
            for left, top, across, down, score in ((*row[:4], row[14]) for row in rows)
            if np.isfinite([left, top, across, down]).all() and across > 0 and down > 0
        ]
        inside = [face for face in seen if _touches(face.box, height=height, width=width)]
        return tuple(sorted(inside, key=lambda face: -face.confidence))


def _touches(box: Box, *, height: int, width: int) -> bool:
    return box.left < width and box.top < height and box.right > 0 and box.bottom > 0


def _check_is_no_pointer(file: Path) -> None:
    try:
        with file.open("rb") as opened:
            begins = opened.read(64)
    except OSError as error:
        raise ConfigurationError(
            f"cannot read the face detector {file}: {error.strerror or error}", hint=_FETCH
        ) from error
    if begins.startswith(b"version https://git-lfs"):
        raise ConfigurationError(
            f"{file} is a Git LFS pointer, not the model itself",
            hint=f"download {MODEL_NAME} with the download button of {MODEL_PAGE}, or run git lfs pull",
        )


def _said(error: cv2.error) -> str:
    """What OpenCV says, without where in its sources it says so."""
    return str(error.err if getattr(error, "err", None) else error).strip().splitlines()[0]
