"""How much drawn clips differ from each other beyond class and person: two presets, or one's own."""

from dataclasses import dataclass
from typing import Literal

from dfer.errors import UsageError

Imbalance = Literal["mafw"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Variation:
    """What a world allows itself. The defaults add nothing: faces in full view, evenly strong, in focus."""

    name: str
    intensity: tuple[float, float] = (1.0, 1.0)
    """Each clip's action units are this many times as strong as the class's, drawn between the two."""
    turn: float = 0.0
    """How far at most heads are turned to either side, in units of `Pose.turn`, beyond what all heads do."""
    pitch: float = 0.0
    """How far at most heads are raised or lowered, in radians."""
    occlusion: float = 0.0
    """The probability that something covers a part of a clip's face, in all frames or in some."""
    lighting: float = 1.0
    """How many times as far as usual light strays from even white light, and noise from none."""
    blur: float = 0.0
    """The probability that a clip is out of focus or blurred by motion."""
    imbalance: Imbalance | None = None
    """Whose class frequencies the world has; None is as many clips of each class."""

    @property
    def tells_strength(self) -> bool:
        """Whether captions should say how strong a movement is: not where all are as strong."""
        return self.intensity[0] != self.intensity[1]


MILD = Variation(name="mild")
WILD = Variation(
    name="wild",
    intensity=(0.45, 1.15),
    turn=2.0,
    pitch=0.2,
    occlusion=0.35,
    lighting=1.8,
    blur=0.3,
)


def load_variation(name: str) -> Variation:
    """A preset by its name.

    Raises:
        UsageError: there is no such preset.
    """
    for variation in (MILD, WILD):
        if variation.name == name:
            return variation
    raise UsageError(f"expected the variation mild or wild, found {name!r}")
