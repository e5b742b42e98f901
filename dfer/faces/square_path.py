"""From the boxes of a followed face to one square a frame, without holes and without jitter."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from dfer.faces.box import Box

SMOOTHING_SECONDS = 0.06
"""Standard deviation: one and a half frames of 25 a second, which more than halves jitter. Of a head
shaken twice a second three quarters of the way are followed. Frames seconds apart are left as they are."""

Numbers = npt.NDArray[np.float64]


def fill_gaps(boxes: Sequence[Box | None], times: Sequence[float]) -> tuple[Box, ...]:
    """A frame without a box gets it from its neighbours in time; the first and last are held beyond them."""
    known = [i for i, box in enumerate(boxes) if box is not None]
    if not known:
        raise ValueError("expected at least one box, found none")
    sides = np.array([[b.left, b.top, b.right, b.bottom] for b in boxes if b is not None])  # (known, 4)
    at = np.asarray(times, dtype=np.float64)
    filled = np.stack([np.interp(at, at[known], side) for side in sides.T])  # (4, frames)
    return tuple(box or Box(*map(float, filled[:, i])) for i, box in enumerate(boxes))


def square(box: Box, *, margin: float) -> Box:
    """Around the box's centre, as wide as its longer side and `margin` of that more on each side."""
    half = max(box.width, box.height) * (0.5 + margin)
    x, y = box.centre
    return Box(x - half, y - half, x + half, y + half)


def smooth(squares: Sequence[Box], times: Sequence[float], *, cuts: Sequence[int] = ()) -> tuple[Box, ...]:
    """Centre and side under a short Gaussian over time, never across the frames in `cuts`.

    The window reaches equally far to both sides and so gets shorter towards the ends: a steady movement stays
    as it is, also at its beginning and end.
    """
    paths = np.array([[*box.centre, box.width] for box in squares], dtype=np.float64)  # (frames, 3)
    at = np.asarray(times, dtype=np.float64)
    bounds = [0, *cuts, len(squares)]
    for start, stop in pairwise(bounds):
        paths[start:stop] = _smoothed(paths[start:stop], at[start:stop])
    return tuple(_square_at(*map(float, path)) for path in paths)


def _smoothed(paths: Numbers, times: Numbers) -> Numbers:
    """(frames, 3) → (frames, 3)"""
    reach = 3 * SMOOTHING_SECONDS
    first = np.searchsorted(times, times - reach, side="left")
    last = np.searchsorted(times, times + reach, side="right") - 1
    smoothed = paths.copy()
    for i, time in enumerate(times):
        radius = min(i - first[i], last[i] - i)
        window = slice(i - radius, i + radius + 1)
        weights = np.exp(-0.5 * ((times[window] - time) / SMOOTHING_SECONDS) ** 2)
        # From the frame's own path outwards: what does not move is not moved by rounding.
        smoothed[i] += weights @ (paths[window] - paths[i]) / weights.sum()
    return smoothed


def _square_at(x: float, y: float, side: float) -> Box:
    return Box(x - side / 2, y - side / 2, x + side / 2, y + side / 2)
