"""A face's place in a picture."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """Pixels of the picture as a player shows it; `right` and `bottom` lie behind the last pixel."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[float, float]:
        """Horizontal, vertical."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def scaled(self, across: float, down: float) -> "Box":
        """In a picture `across` times as wide and `down` times as high."""
        return Box(self.left * across, self.top * down, self.right * across, self.bottom * down)


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face given or found on a frame; `confidence` is from 0 to 1."""

    box: Box
    confidence: float = 1.0


def overlap(one: Box, other: Box) -> float:
    """What both cover of what either covers: from 0, apart, to 1, the same."""
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    if across <= 0 or down <= 0:
        return 0.0
    both = across * down
    return both / (one.width * one.height + other.width * other.height - both)
