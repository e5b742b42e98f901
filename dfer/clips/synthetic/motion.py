"""How a face moves through a clip: onset, apex and offset of units, blinks, a head never still."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

from dfer.clips.synthetic.pose import Pose

# Units that people show in passing, whatever they feel; at most this strong: no class is made of them.
_PASSING = (1, 2, 4, 7, 12, 17, 25)
_PASSING_PEAK = 0.12

_BLINK_FRAMES = 2.2  # closing and opening, each; about 90 ms at 25 frames a second


@dataclass(frozen=True, kw_only=True, slots=True)
class Motion:
    """The poses of a clip, frame by frame, and how strong its class's units are at their apex."""

    poses: tuple[Pose, ...]
    peaks: Mapping[int, float]


def envelope(t: float, *, onset: tuple[float, float], offset: tuple[float, float]) -> float:
    """0 up to 1 over `onset` (begin, end), then down over `offset`, smoothly; all in parts of the clip."""
    return _ramp(t, *onset) * (1 - _ramp(t, *offset))


def draw_motion(
    units: Mapping[int, float],
    *,
    frames: int,
    rng: random.Random,
    intensity: float = 1.0,
    turn: float = 0.0,
    pitch: float = 0.0,
) -> Motion:
    """A clip of `frames` poses that shows `units`, a little differently each time.

    `intensity` makes all of them stronger or weaker; `turn` and `pitch` are added to the head's own.
    """
    strength = rng.uniform(0.75, 1.1)
    peaks = {
        unit: min(1.0, value * strength * rng.uniform(0.85, 1.15) * intensity)
        for unit, value in units.items()
    }
    others = [unit for unit in _PASSING if unit not in units]
    passing = rng.sample(others, min(2, len(others)))
    shown = {**peaks, **{unit: rng.uniform(0.0, _PASSING_PEAK) for unit in passing}}
    begin = rng.uniform(-0.1, 0.15)
    apex = begin + rng.uniform(0.12, 0.3)
    # Clips are often cut before the face relaxes.
    end = rng.uniform(0.7, 0.9) if rng.random() < 0.6 else 2.0
    envelopes = {}
    for unit in shown:
        late = rng.uniform(-0.04, 0.06)
        envelopes[unit] = ((begin + late, apex + late), (end + late, end + late + rng.uniform(0.15, 0.35)))
    blinks = [rng.uniform(0, frames) for _ in range(rng.choice((0, 0, 1, 1, 2)))]
    side = rng.choice((-1, 1))
    head = _Head.draw(rng)
    head = replace(head, turn=head.turn + turn, pitch=pitch)
    tremble = {unit: rng.uniform(0, 2 * math.pi) for unit in shown}
    poses = []
    for frame in range(frames):
        t = frame / max(1, frames - 1)
        now = {}
        for unit, peak in shown.items():
            onset, offset = envelopes[unit]
            level = peak * envelope(t, onset=onset, offset=offset)
            now[unit] = level * (1 + 0.05 * math.sin(frame * 0.9 + tremble[unit]))
        blink = max((1 - abs(frame - middle) / _BLINK_FRAMES for middle in blinks), default=0.0)
        poses.append(head.pose(frame, units=now, blink=max(0.0, blink), side=side))
    return Motion(poses=tuple(poses), peaks=peaks)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Head:
    """Where a head is on average, and how it sways; two slow waves a coordinate look alive enough."""

    shift: tuple[float, float]
    roll: float
    turn: float
    zoom: float
    sway: tuple[tuple[float, float], ...]
    """(radians a frame, phase) for x, y, roll and turn."""
    pitch: float = 0.0

    @classmethod
    def draw(cls, rng: random.Random) -> "_Head":
        return cls(
            shift=(rng.uniform(-0.025, 0.025), rng.uniform(-0.015, 0.015)),
            roll=rng.gauss(0.0, 0.05),
            turn=rng.uniform(-0.7, 0.7),
            zoom=rng.uniform(0.94, 1.05),
            sway=tuple((rng.uniform(0.05, 0.2), rng.uniform(0, 2 * math.pi)) for _ in range(4)),
        )

    def pose(self, frame: int, *, units: Mapping[int, float], blink: float, side: int) -> Pose:
        x, y, roll, turn = (math.sin(speed * frame + phase) for speed, phase in self.sway)
        return Pose(
            units=units,
            blink=blink,
            side=side,
            shift=(self.shift[0] + 0.01 * x, self.shift[1] + 0.008 * y),
            roll=self.roll + 0.03 * roll,
            turn=self.turn + 0.25 * turn,
            pitch=self.pitch * (1 + 0.2 * y),
            zoom=self.zoom,
        )


def _ramp(t: float, begin: float, end: float) -> float:
    share = min(1.0, max(0.0, (t - begin) / (end - begin)))
    return share * share * (3 - 2 * share)
