"""What one frame shows of a face: action units, blink, where the head is."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Pose:
    """`units` are intensities from 0 to 1 by action unit (`dfer.action_units.ACTION_UNITS`)."""

    units: Mapping[int, float] = field(default_factory=dict)
    blink: float = 0.0
    """0 is as open as the units say, 1 is closed."""
    side: int = 1
    """Where one-sided units show: 1 is the picture's right, -1 its left."""
    shift: tuple[float, float] = (0.0, 0.0)
    """Of the head, in parts of the picture's side."""
    roll: float = 0.0
    """Tilt in radians."""
    turn: float = 0.0
    """To the picture's right or left (negative): 1 is a small head turn, 3 a half profile and the most."""
    pitch: float = 0.0
    """The head lowered, or raised (negative), in radians; plausible up to 0.25."""
    zoom: float = 1.0

    def __getitem__(self, unit: int) -> float:
        return self.units.get(unit, 0.0)
