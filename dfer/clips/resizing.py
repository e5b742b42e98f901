"""Frames to the size that a model takes, with the very pixels of PIL's bilinear, up to one grey level.

Enlarging is OpenCV's, twice as fast as torchvision's; shrinking is torchvision's, because OpenCV's bilinear
skips pixels when it shrinks (it has no antialiasing), which would blur nothing and sample faces coarsely.
"""

from typing import Literal

import cv2
import numpy as np
import torch
from torchvision.transforms.v2 import InterpolationMode, functional

from dfer.clips.image_file import Pixels

Fit = Literal["stretch", "centre-square"]


def fit_to(frames: Pixels, fit: Fit, *, size: int) -> Pixels:
    """uint8 (frames, height, width, 3) → (frames, size, size, 3), as the recipe's test clips are seen."""
    return stretch(frames, size=size) if fit == "stretch" else centre_square(frames, size=size)


def stretch(frames: Pixels, *, size: int) -> Pixels:
    """uint8 (frames, height, width, 3) → (frames, size, size, 3); unequally if need be (DFER-CLIP)."""
    height, width = frames.shape[1:3]
    if (height, width) == (size, size):
        return frames
    if height > size or width > size:
        return _resize(frames, (size, size), InterpolationMode.BILINEAR)
    out = np.empty((len(frames), size, size, 3), dtype=np.uint8)
    for frame, place in zip(frames, out, strict=True):
        cv2.resize(frame, (size, size), dst=place, interpolation=cv2.INTER_LINEAR)
    return out


def centre_square(frames: Pixels, *, size: int) -> Pixels:
    """The short side scaled to `size`, bicubic, then the middle square (EmoCLIP's loader).

    Resized before it becomes float and is normalised, theirs after: the same up to rounding and clipping.
    """
    height, width = frames.shape[1:3]
    scale = size / min(height, width)
    # int(), not round(): as torchvision's Resize does for the long side.
    shape = (size, int(width * scale)) if height <= width else (int(height * scale), size)
    if (height, width) != shape:
        frames = _resize(frames, shape, InterpolationMode.BICUBIC)
    top, left = round((shape[0] - size) / 2), round((shape[1] - size) / 2)
    return frames[:, top : top + size, left : left + size]


def _resize(frames: Pixels, shape: tuple[int, int], interpolation: InterpolationMode) -> Pixels:
    # torchvision wants channels first; this view of ours is its channels-last format, which it resizes as is.
    tensor = torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2)
    resized = functional.resize(tensor, list(shape), interpolation=interpolation, antialias=True)
    array: Pixels = resized.permute(0, 2, 3, 1).numpy()  # (frames, height, width, 3)
    return array
