"""Boxes onto the frames of a clip, and from a followed face to the square of each frame.

Frames of a clip may differ in size, as a call's do when the line gets worse. What is shown is taken to stay
the same: boxes are compared and joined as if every frame had the size of the first.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dfer.errors import ContentError
from dfer.faces.box import Box, SeenFace
from dfer.faces.boxes_file import GivenFace
from dfer.faces.following import cuts
from dfer.faces.playing import Frame
from dfer.faces.square_path import fill_gaps, smooth, square

_LARGEST = 4
"""A box this many times as long as the picture is a mistake, not a face seen from near."""


def on_frames(given: Sequence[GivenFace], frames: Sequence[Frame]) -> tuple[list[tuple[SeenFace, ...]], int]:
    """The faces of each frame, and how many were given for after the last one.

    A box with a time belongs to the nearest frame; of boxes with different times only the nearest are kept,
    so that boxes more frequent than frames do not look like several people.

    Raises:
        ContentError: a box lies outside its picture; the line is named.
    """
    times = np.array([frame.time for frame in frames])
    step = float(np.median(np.diff(times))) if len(frames) > 1 else 1.0
    place_of = {frame.index: place for place, frame in enumerate(frames)}
    nearest: dict[int, float] = {}
    placed: list[tuple[int, float, GivenFace]] = []
    late = 0
    for one in given:
        if one.time is not None:
            place: int | None = _nearest(times, one.time)
            away = abs(float(times[place]) - one.time)
            is_late = one.time > times[-1] + step
        else:
            assert one.frame is not None
            place, away, is_late = place_of.get(one.frame), 0.0, one.frame > frames[-1].index
        late += is_late
        if place is not None and not is_late:
            _check_is_inside(one, frames[place])
            nearest[place] = min(away, nearest.get(place, away))
            placed.append((place, away, one))
    faces: list[list[SeenFace]] = [[] for _ in frames]
    for place, away, one in placed:
        if away == nearest[place]:
            faces[place].append(one.face)
    return [tuple(here) for here in faces], late


def in_scale_of_the_first(
    faces: Sequence[Sequence[SeenFace]], frames: Sequence[Frame]
) -> list[tuple[SeenFace, ...]]:
    """The faces as if every frame had the size of the first."""
    first = frames[0]
    return [
        tuple(
            SeenFace(face.box.scaled(first.width / frame.width, first.height / frame.height), face.confidence)
            for face in here
        )
        for here, frame in zip(faces, frames, strict=True)
    ]


def squares(followed: Sequence[Box | None], frames: Sequence[Frame], *, margin: float) -> tuple[Box, ...]:
    """The square of each frame, in its own pixels; `followed` is in the scale of the first."""
    times = [frame.time for frame in frames]
    path = [square(box, margin=margin) for box in fill_gaps(followed, times)]
    smoothed = smooth(path, times, cuts=cuts(followed))
    first = frames[0]
    return tuple(
        square(box.scaled(frame.width / first.width, frame.height / first.height), margin=0.0)
        for box, frame in zip(smoothed, frames, strict=True)
    )


def _nearest(times: npt.NDArray[np.float64], time: float) -> int:
    after = min(int(np.searchsorted(times, time)), len(times) - 1)
    before = max(0, after - 1)
    return before if time - times[before] <= times[after] - time else after


def _check_is_inside(given: GivenFace, frame: Frame) -> None:
    box = given.face.box
    is_outside = box.right <= 0 or box.bottom <= 0 or box.left >= frame.width or box.top >= frame.height
    if is_outside or max(box.width, box.height) > _LARGEST * max(frame.width, frame.height):
        raise ContentError(
            f"{given.where}: the box from {box.left:g}, {box.top:g} to {box.right:g}, {box.bottom:g} does "
            f"not fit the picture, which is {frame.width} x {frame.height}",
            hint="boxes are in pixels of the picture as a player shows it, turned upright",
        )
