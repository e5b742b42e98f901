"""Drawn faces to learn from: any action units together, of people whom no world shows."""

import random
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from dfer.action_units import ACTION_UNITS
from dfer.clips.image_file import Pixels
from dfer.clips.resizing import stretch
from dfer.clips.synthetic.face import draw_face
from dfer.clips.synthetic.identity import draw_identity
from dfer.clips.synthetic.lighting import Light, draw_lighting
from dfer.clips.synthetic.motion import draw_motion
from dfer.clips.synthetic.shown import NOTICED

UNITS = tuple(sorted(ACTION_UNITS))

_NEVER_TOGETHER = (
    *((12, 15), (12, 20), (14, 12), (14, 15), (14, 20), (14, 26), (15, 20)),
    *((24, 25), (24, 26), (24, 32), (23, 26), (17, 26), (25, 32), (26, 32), (23, 32), (23, 25)),
    *((5, 43), (43, 7), (61, 64), (6, 5)),
)
"""Units that one face cannot show, or that would hide each other."""

_ENLARGED = (1.0, 3.0)
"""Faces are drawn up to so many times as large and then shrunk, as frames larger than 64 pixels are:
what was drawn small looks sharper, and a tower that has seen nothing else trips over the difference."""

_AT_REST = 0.1
_MOST_UNITS = 9
_FRAMES = 24
_APEX = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Face:
    """`shown` are the intensities of the units that can be seen."""

    pixels: Pixels
    """uint8 (size, size, 3)"""
    shown: Mapping[int, float]
    person: str


def draw_faces(count: int, *, seed: int, size: int, processes: int) -> tuple[Face, ...]:
    """The same seed draws the same faces, in however many processes."""
    draw = partial(draw_random_face, size=size)
    seeds: Sequence[str] = [f"dfer-tiny/{seed}/{number}" for number in range(count)]
    if processes <= 1:
        return tuple(map(draw, seeds))
    with ProcessPoolExecutor(processes) as pool:
        return tuple(pool.map(draw, seeds, chunksize=250))


def draw_random_face(seed: str, *, size: int) -> Face:
    """Units are drawn without regard to emotions: no class is learnt, and none is shown more than another."""
    rng = random.Random(seed)
    identity = draw_identity(rng)
    units = draw_units(rng)
    motion = draw_motion(units, frames=_FRAMES, rng=rng)
    # Some frame, as a model that reads frames meets them: at the apex mostly, on the way to it sometimes.
    pose = motion.poses[_APEX if rng.random() < 0.7 else rng.randrange(_FRAMES)]
    drawn = round(size * rng.uniform(*_ENLARGED)) if rng.random() < 0.75 else size
    light = Light(draw_lighting(rng), size=drawn, seed=rng.getrandbits(64))
    picture = light.shine_on(draw_face(identity, pose, size=drawn))
    return Face(
        pixels=np.ascontiguousarray(stretch(picture[None], size=size)[0]),
        shown={unit: min(1.0, pose[unit]) for unit in units if pose[unit] >= NOTICED},
        person=identity.person,
    )


def draw_units(rng: random.Random) -> dict[int, float]:
    """A few units at random that go together; none for some faces."""
    if rng.random() < _AT_REST:
        return {}
    units: dict[int, float] = {}
    for unit in rng.sample(UNITS, rng.randint(1, _MOST_UNITS)):
        if not any(unit in pair and (set(pair) - {unit}) <= units.keys() for pair in _NEVER_TOGETHER):
            units[unit] = rng.uniform(0.3, 1.0)
    return units
