"""A drawn face that moves through a larger picture while it plays a script of emotions."""

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from dfer.action_units import EMOTIONS
from dfer.clips.synthetic.face import draw_face
from dfer.clips.synthetic.identity import draw_identity
from dfer.clips.synthetic.pose import Pose

FPS = 25
WIDTH, HEIGHT = 320, 240
SMALLEST, LARGEST = 96, 128
"""Pixels of the face's square."""
CHANGE = 0.3
"""Seconds from one emotion to the next."""


@dataclass(frozen=True)
class Acted:
    video: Path
    boxes: Path
    """CSV: frame, left, top, right, bottom."""
    script: tuple[str, ...]
    seconds: float
    """Of each emotion."""


def act(folder: Path, script: tuple[str, ...], *, seconds: float, seed: int = 1) -> Acted:
    """Write `film.mp4` and `boxes.csv`: each emotion of the script for so many seconds, blended over."""
    identity = draw_identity(random.Random(f"actor {seed}"))
    clutter = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    background = Image.fromarray(clutter).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    count = round(len(script) * seconds * FPS)
    video, boxes = folder / "film.mp4", folder / "boxes.csv"
    with boxes.open("w", encoding="utf-8", newline="") as file, av.open(str(video), "w") as container:
        rows = csv.writer(file)
        rows.writerow(["frame", "left", "top", "right", "bottom"])
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": "18", "preset": "veryfast"}
        for number, (left, top, side) in enumerate(_path(count)):
            picture = background.copy()
            pose = Pose(units=_units(script, number / FPS, seconds))
            picture.paste(draw_face(identity, pose, size=side), (left, top))
            rows.writerow([number, left, top, left + side, top + side])
            frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return Acted(video=video, boxes=boxes, script=script, seconds=seconds)


def _path(count: int) -> Iterator[tuple[int, int, int]]:
    """Left, top and side of the face: across the picture, nearer and back again."""
    for number in range(count):
        t = number / max(1, count - 1)
        near = float(np.sin(np.pi * t))
        side = round(SMALLEST + (LARGEST - SMALLEST) * near)
        left = round(10 + t * (WIDTH - side - 20))
        top = round(20 + (HEIGHT - side - 40) * (0.5 + 0.5 * np.cos(2 * np.pi * t)))
        yield left, top, side


def _units(script: tuple[str, ...], time: float, seconds: float) -> dict[int, float]:
    """The emotion of the moment; at its beginning blended with the one before."""
    place = min(int(time / seconds), len(script) - 1)
    now = EMOTIONS[script[place]]
    before = EMOTIONS[script[place - 1]] if place else now
    share = min(1.0, (time - place * seconds) / CHANGE)
    units = sorted({*now, *before})
    return {unit: share * now.get(unit, 0.0) + (1 - share) * before.get(unit, 0.0) for unit in units}
