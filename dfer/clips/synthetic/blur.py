"""Lenses out of focus and heads too quick for the shutter."""

import math
import random
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageFilter


@dataclass(frozen=True, kw_only=True, slots=True)
class Blur:
    """How a whole clip is blurred. Lengths are parts of the picture's side, so that any size looks alike."""

    kind: Literal["defocus", "motion"]
    length: float
    """The standard deviation of a defocus; how far a motion smears."""
    angle: float = 0.0
    """Of a motion, in radians from the horizontal."""


def draw_blur(rng: random.Random) -> Blur:
    if rng.random() < 0.5:
        return Blur(kind="defocus", length=rng.uniform(0.006, 0.016))
    # People turn and walk more than they jump: smears are nearer to the horizontal.
    return Blur(kind="motion", length=rng.uniform(0.025, 0.06), angle=rng.gauss(0.0, 0.4))


def blurred(picture: Image.Image, blur: Blur) -> Image.Image:
    """The picture as a lens would give it, before any sensor adds its noise."""
    length = blur.length * picture.width
    if blur.kind == "defocus":
        return picture.filter(ImageFilter.GaussianBlur(length))
    return _smeared(picture, length * math.cos(blur.angle), length * math.sin(blur.angle))


def _smeared(picture: Image.Image, dx: float, dy: float) -> Image.Image:
    """The mean of copies along a line; what would come in from outside repeats the edge."""
    pixels = np.asarray(picture, dtype=np.float32)
    height, width = pixels.shape[:2]
    margin = math.ceil(max(abs(dx), abs(dy)) / 2) + 1
    wide = np.pad(pixels, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    copies = 2 * margin + 1
    total = np.zeros_like(pixels)
    for i in range(copies):
        share = i / (copies - 1) - 0.5
        x, y = margin + round(share * dx), margin + round(share * dy)
        total += wide[y : y + height, x : x + width]
    return Image.fromarray((total / copies).round().astype(np.uint8))
