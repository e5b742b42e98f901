"""Drawing in face coordinates: on a large picture that is then made small, which smooths edges."""

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

from dfer.clips.synthetic.identity import Colour

Point = tuple[float, float]

SUPERSAMPLING = 3

# Half the width and height of the round head that features slide over; a little more than the drawn outline,
# so that what is near its edge still moves.
_ROUND_X, _ROUND_Y = 0.86, 1.12


class Canvas:
    """A square picture seen in face coordinates: x to the right, y down, the head about 2 high around (0, 0).

    `place` moves, tilts and scales what is drawn after it.
    """

    def __init__(self, size: int, background: Colour) -> None:
        self._side = size * SUPERSAMPLING
        self._image = Image.new("RGB", (self._side, self._side), background)
        self._draw = ImageDraw.Draw(self._image)
        self.place()

    def place(
        self,
        *,
        shift: Point = (0.0, 0.0),
        roll: float = 0.0,
        zoom: float = 1.0,
        yaw: float = 0.0,
        pitch: float = 0.0,
    ) -> None:
        """Where the head is for the shapes to come.

        With `yaw` (to the right) and `pitch` (down), in radians, shapes lie on the front of a round head that
        is turned so far: they slide and foreshorten, the more the nearer they are to the middle of the face,
        while the outline of the head stays.
        """
        self._slide = (_ROUND_X * math.sin(yaw), _ROUND_Y * math.sin(pitch))
        self._narrow = (1 - math.cos(yaw), 1 - math.cos(pitch))
        unit = self._side * 0.385 * zoom
        self._unit = unit
        self._cos, self._sin = math.cos(roll) * unit, math.sin(roll) * unit
        self._x = self._side * (0.5 + shift[0])
        self._y = self._side * (0.51 + shift[1])

    def fill(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled polygon."""
        self._draw.polygon(self._pixels(points), fill=colour)

    def stroke(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """A line of `width` (face units) through the points, with round ends."""
        pixels = self._pixels(points)
        thick = max(1, round(width * self._unit))
        self._draw.line(pixels, fill=colour, width=thick, joint="curve")
        radius = thick / 2
        for x, y in (pixels[0], pixels[-1]):
            self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def picture(self) -> Image.Image:
        """The picture at its final size: each pixel the mean of those drawn for it."""
        return self._image.reduce(SUPERSAMPLING)

    def _pixels(self, points: Sequence[Point]) -> list[Point]:
        if self._slide != (0.0, 0.0):
            points = [self._on_the_head(point) for point in points]
        cos, sin, x0, y0 = self._cos, self._sin, self._x, self._y
        return [(x0 + x * cos - y * sin, y0 + x * sin + y * cos) for x, y in points]

    def _on_the_head(self, point: Point) -> Point:
        x, y = point
        front = math.sqrt(max(0.0, 1 - (x / _ROUND_X) ** 2 - (y / _ROUND_Y) ** 2))
        (dx, dy), (less_x, less_y) = self._slide, self._narrow
        return x * (1 - less_x * front) + dx * front, y * (1 - less_y * front) + dy * front


def ellipse(x: float, y: float, rx: float, ry: float, *, points: int = 24) -> list[Point]:
    return [
        (x + rx * cos, y + ry * sin)
        for cos, sin in (_UNIT_CIRCLES.get(points) or _UNIT_CIRCLES.setdefault(points, _circle(points)))
    ]


def smooth(controls: Sequence[Point], *, steps: int = 5) -> list[Point]:
    """A Catmull-Rom curve through the control points."""
    ends = [controls[0], *controls, controls[-1]]
    curve: list[Point] = []
    weights = _WEIGHTS.get(steps) or _WEIGHTS.setdefault(steps, _catmull_rom(steps))
    for i in range(len(controls) - 1):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = ends[i : i + 4]
        curve += [
            (p * ax + q * bx + r * cx + s * dx, p * ay + q * by + r * cy + s * dy) for p, q, r, s in weights
        ]
    return [*curve, controls[-1]]


def mix(colour: Colour, other: Colour, share: float) -> Colour:
    """`colour` with a share of `other` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def _circle(points: int) -> list[Point]:
    turns = [2 * math.pi * i / points for i in range(points)]
    return [(math.cos(turn), math.sin(turn)) for turn in turns]


def _catmull_rom(steps: int) -> list[tuple[float, float, float, float]]:
    rows = []
    for t in (i / steps for i in range(steps)):
        rows.append(
            (
                (-t + 2 * t**2 - t**3) / 2,
                (2 - 5 * t**2 + 3 * t**3) / 2,
                (t + 4 * t**2 - 3 * t**3) / 2,
                (-(t**2) + t**3) / 2,
            )
        )
    return rows


_UNIT_CIRCLES: dict[int, list[Point]] = {}
_WEIGHTS: dict[int, list[tuple[float, float, float, float]]] = {}
