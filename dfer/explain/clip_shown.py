"""What a page shows of a clip: its name, and some of the frames that the model was given."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import simplejpeg

from dfer.clips.image_file import Pixels

_MOST = 16
_SIZE = 96  # pixels; twice what a phone shows of a frame


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownClip:
    """`name` as the user wrote it. `frames`: uint8 (height, width, 3) each, in order, as the model was given
    them; `times` of the same frames, seconds from the clip's start. `notes` are what a person should know of
    how it was read."""

    name: str
    frames: Sequence[Pixels]
    times: Sequence[float]
    notes: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Thumbnail:
    """A frame as a `data:` address of a small JPEG."""

    address: str
    seconds: float


def thumbnails(clip: ShownClip) -> tuple[Thumbnail, ...]:
    """At most 16 frames, evenly, the first and the last among them; a frame that repeats is shown once."""
    times = list(dict.fromkeys(clip.times))
    frames = dict(zip(reversed(clip.times), reversed(clip.frames), strict=True))
    chosen = sorted({round(place) for place in np.linspace(0, len(times) - 1, _MOST)}) if times else []
    return tuple(Thumbnail(address=_jpeg(frames[times[place]]), seconds=times[place]) for place in chosen)


def _jpeg(frame: Pixels) -> str:
    height, width = frame.shape[:2]
    scale = min(1.0, _SIZE / max(height, width))
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        frame = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    data = simplejpeg.encode_jpeg(np.ascontiguousarray(frame), quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii")
