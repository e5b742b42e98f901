"""DFER-CLIP's augmentation: drawn once for a clip and applied alike to all its frames.

Source: DFER-CLIP code, video_dataloader and video_transform. Ours works on the whole uint8 clip at once and
crops before it resizes. What differs, none of it by more than rounding and interpolation:
* brightness is a multiplication of the tensor; PIL blends with a black picture, one grey level apart at most;
* resizing is torchvision's bilinear with antialias=True, as PIL's bilinear does; without it, shrunk faces
  would be sampled more coarsely than the published ones;
* where ten tries find no crop, theirs scales the short side and crops a square, ours crops the square of the
  short side and scales: the same pixels up to rounding.
"""

import math
import random
from dataclasses import dataclass

import torch
from torchvision.transforms.v2 import InterpolationMode, functional

from dfer.errors import UsageError

_TRIES = 10
_AREA = (0.08, 1.0)
_RATIO = (3 / 4, 4 / 3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Augmentation:
    """What is drawn for a training clip. Test clips are only ever stretched to size."""

    brightness: tuple[float, float] | None = None
    """Factor, uniform between the two."""
    degrees: float = 0.0
    """Rotation, uniform between minus and plus this; nearest pixel, black corners."""
    crop: bool = True
    """A random part of the picture, 8 to 100 per cent of its area, stretched to the model's size."""
    flip: float = 0.5
    """Probability of mirroring."""


AUGMENTATIONS: dict[str, Augmentation] = {
    "dfew": Augmentation(brightness=(0.5, 1.5)),
    "ferv39k": Augmentation(degrees=4.0),
    "mafw": Augmentation(),
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


def apply(frames: torch.Tensor, drawn: ClipDraw, *, size: int) -> torch.Tensor:
    """uint8 (frames, 3, height, width) → uint8 (frames, 3, size, size), every frame alike."""
    if drawn.angle is not None:
        frames = functional.rotate(frames, drawn.angle, interpolation=InterpolationMode.NEAREST, fill=0)
    if (crop := drawn.crop) is not None:
        frames = frames[..., crop.top : crop.top + crop.height, crop.left : crop.left + crop.width]
    if drawn.brightness is not None:  # pixel by pixel, so after the crop is the same and cheaper
        frames = functional.adjust_brightness(frames, drawn.brightness)
    frames = stretch(frames, size=size)
    return functional.horizontal_flip(frames) if drawn.flip else frames


def stretch(frames: torch.Tensor, *, size: int) -> torch.Tensor:
    """uint8 (frames, 3, height, width) → (frames, 3, size, size); unequally if need be, as published."""
    resized: torch.Tensor = functional.resize(
        frames, [size, size], interpolation=InterpolationMode.BILINEAR, antialias=True
    )
    return resized
