"""Light and sensor noise over a drawn frame, so that pixels of one class do not simply repeat."""

import random
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]

_MIDDLE_GAIN = 0.95


@dataclass(frozen=True, kw_only=True, slots=True)
class Lighting:
    """How a whole clip is lit."""

    gain: float
    across: float
    """How much brighter the right is than the middle, as a share."""
    down: float
    warmth: float
    """More red and less blue, as a share."""
    noise: float
    """Standard deviation in grey levels."""


def draw_lighting(rng: random.Random) -> Lighting:
    """The light of an ordinary room."""
    return Lighting(
        gain=rng.uniform(0.78, 1.12),
        across=rng.uniform(-0.25, 0.25),
        down=rng.uniform(-0.18, 0.08),
        warmth=rng.uniform(-0.06, 0.08),
        noise=rng.uniform(1.0, 6.0),
    )


def stronger(lighting: Lighting, factor: float) -> Lighting:
    """The light with all that is special about it `factor` times as strong; 1 is the same light."""
    if factor == 1:
        return lighting  # to the last bit, which the arithmetic below would not give
    return Lighting(
        gain=_MIDDLE_GAIN + (lighting.gain - _MIDDLE_GAIN) * factor,
        across=lighting.across * factor,
        down=lighting.down * factor,
        warmth=lighting.warmth * factor,
        noise=lighting.noise * factor,
    )


class Light:
    """The lighting of one clip, ready for frames of `size` by `size`; noise is new in each frame."""

    def __init__(self, lighting: Lighting, *, size: int, seed: int) -> None:
        along = np.linspace(-1, 1, size, dtype=np.float32)
        field = lighting.gain * (1 + lighting.across * along[None, :] + lighting.down * along[:, None])
        tint = np.array([1 + lighting.warmth, 1.0, 1 - lighting.warmth], dtype=np.float32)
        self._field = field[:, :, None] * tint  # (size, size, 3)
        self._noise = np.float32(lighting.noise)
        self._rng = np.random.default_rng(seed)

    def shine_on(self, picture: Image.Image) -> Pixels:
        """uint8 (size, size, 3)."""
        lit = np.asarray(picture, dtype=np.float32) * self._field
        lit += self._rng.standard_normal(lit.shape, dtype=np.float32) * self._noise
        return np.clip(lit, 0, 255, out=lit).astype(np.uint8)
