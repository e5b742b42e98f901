"""What happens to a training clip's frames: drawn once for a clip and applied alike to all of them.

Sources: DFER-CLIP code, video_dataloader and video_transform; EmoCLIP code, DataLoaders/utils. Ours works on
uint8 and crops before it resizes. What differs, none of it by more than rounding and interpolation:
* brightness is a multiplication; PIL blends with a black picture, one grey level apart at most;
* where ten tries find no crop, theirs scales the short side and crops a square, ours crops the square of the
  short side and scales: the same pixels up to rounding.
"""

import math
import random
from dataclasses import dataclass

import cv2
import numpy as np

from dfer.clips.image_file import Pixels
from dfer.clips.resizing import Fit, fit_to, stretch
from dfer.errors import UsageError

_TRIES = 10
_AREA = (0.08, 1.0)
_RATIO = (3 / 4, 4 / 3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Augmentation:
    """What is drawn for a training clip. Test clips are only ever fitted to the model's size."""

    brightness: tuple[float, float] | None = None
    """Factor, uniform between the two."""
    degrees: float = 0.0
    """Rotation, uniform between minus and plus this; nearest pixel."""
    corners: tuple[int, int, int] = (0, 0, 0)
    """The colour that a rotation brings in."""
    crop: bool = True
    """A random part of the picture, 8 to 100 per cent of its area, stretched to the model's size."""
    flip: float = 0.5
    """Probability of mirroring."""
    fit: Fit = "stretch"
    """How pictures come to the model's size where they are not cropped at random; for test clips always."""


AUGMENTATIONS: dict[str, Augmentation] = {
    "dfew": Augmentation(brightness=(0.5, 1.5)),
    "ferv39k": Augmentation(degrees=4.0),
    "mafw": Augmentation(),
    # Theirs turns normalised pictures and fills with 0, which is the mean colour of CLIP's training.
    "emoclip": Augmentation(degrees=6.0, corners=(123, 117, 104), crop=False, fit="centre-square"),
    "none": Augmentation(crop=False, flip=0.0),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class CropDraw:
    """A rectangle inside the picture, in pixels."""

    top: int
    left: int
    height: int
    width: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipDraw:
    """Everything random about one clip in one epoch."""

    brightness: float | None
    angle: float | None
    crop: CropDraw | None
    flip: bool


def augmentation_named(name: str) -> Augmentation:
    """Raises UsageError if there is none of that name."""
    if name not in AUGMENTATIONS:
        raise UsageError(f"unknown augmentation {name!r}", hint=f"there are: {', '.join(AUGMENTATIONS)}")
    return AUGMENTATIONS[name]


def draw(augmentation: Augmentation, *, height: int, width: int, rng: random.Random) -> ClipDraw:
    """One draw for a clip whose frames are `height` by `width`."""
    return ClipDraw(
        brightness=rng.uniform(*augmentation.brightness) if augmentation.brightness else None,
        angle=rng.uniform(-augmentation.degrees, augmentation.degrees) if augmentation.degrees else None,
        crop=draw_crop(height, width, rng) if augmentation.crop else None,
        flip=rng.random() < augmentation.flip,
    )


def draw_crop(height: int, width: int, rng: random.Random) -> CropDraw:
    """8 to 100 per cent of the area, sides 3:4 to 4:3 and swapped half of the time; ten tries, then a square.

    The ratio is uniform, as in their code, not log-uniform as in torchvision's RandomResizedCrop.
    """
    for _ in range(_TRIES):
        area = rng.uniform(*_AREA) * height * width
        ratio = rng.uniform(*_RATIO)
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if rng.random() < 0.5:
            w, h = h, w
        if 0 < w <= width and 0 < h <= height:
            break
    else:
        w = h = min(height, width)
    return CropDraw(top=rng.randint(0, height - h), left=rng.randint(0, width - w), height=h, width=w)


def apply(frames: Pixels, augmentation: Augmentation, drawn: ClipDraw, *, size: int) -> Pixels:
    """uint8 (frames, height, width, 3) → uint8 (frames, size, size, 3), every frame alike."""
    if drawn.crop is None:
        frames = fit_to(frames, augmentation.fit, size=size)
        if drawn.angle is not None:
            whole = CropDraw(top=0, left=0, height=size, width=size)
            frames = _turned(frames, drawn.angle, whole, augmentation.corners)
    elif drawn.angle is not None:
        frames = _turned(frames, drawn.angle, drawn.crop, augmentation.corners)
    else:
        crop = drawn.crop
        frames = frames[:, crop.top : crop.top + crop.height, crop.left : crop.left + crop.width]
    # Pixel by pixel, and so after the crop the same and cheaper.
    if drawn.brightness is not None:
        frames = np.stack([cv2.convertScaleAbs(frame, alpha=drawn.brightness) for frame in frames])
    if drawn.flip:
        frames = np.stack([cv2.flip(frame, 1) for frame in frames])
    return stretch(frames, size=size)


def _turned(frames: Pixels, angle: float, crop: CropDraw, corners: tuple[int, int, int]) -> Pixels:
    """The part `crop` of each frame turned counter-clockwise around its middle; no more is computed."""
    height, width = frames.shape[1:3]
    x, y = (width - 1) / 2, (height - 1) / 2
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    # Where in the frame each pixel of the result comes from.
    left, top = crop.left - x, crop.top - y
    inverse = np.array([[cos, -sin, x + cos * left - sin * top], [sin, cos, y + sin * left + cos * top]])
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    shape = (crop.width, crop.height)
    return np.stack(
        [cv2.warpAffine(frame, inverse, shape, flags=flags, borderValue=corners) for frame in frames]
    )
