"""What comes between the camera and a drawn face: a hand, cloth, dark glasses, hair, something passing."""

import random
from dataclasses import dataclass
from typing import Literal

from dfer.clips.synthetic.canvas import Canvas, Point, ellipse, mix, smooth
from dfer.clips.synthetic.identity import Colour, Identity
from dfer.clips.synthetic.pose import Pose

Covering = Literal["hand", "scarf", "mask", "sunglasses", "hair", "object"]

COVERINGS: tuple[Covering, ...] = ("hand", "scarf", "mask", "sunglasses", "hair", "object")

_EYES = frozenset({5, 6, 7, 43, 61, 64})
_MOUTH = frozenset({12, 14, 15, 17, 20, 23, 24, 25, 26, 32})
_HIDDEN: dict[Covering, frozenset[int]] = {
    "sunglasses": _EYES,
    "scarf": _MOUTH,
    "mask": _MOUTH | {10},
}

_CLOTHS: tuple[Colour, ...] = (
    (196, 62, 58),
    (44, 84, 128),
    (226, 214, 190),
    (70, 104, 72),
    (120, 96, 140),
    (40, 42, 50),
)
_MASKS: tuple[Colour, ...] = ((208, 226, 236), (238, 238, 236), (46, 48, 54), (150, 196, 206))
_DARK: Colour = (24, 22, 26)


@dataclass(frozen=True, kw_only=True, slots=True)
class Occlusion:
    """Something in front of the face for a part of the clip."""

    kind: Covering
    side: int
    """From where it comes or on which side it is: 1 is the picture's right."""
    reach: float
    """From 0 to 1: how much of the face it covers, of what its kind can cover."""
    colour: Colour
    begin: float = 0.0
    end: float = 1.0
    """When it is there, in parts of the clip; all of the clip from 0 to 1."""

    @property
    def is_whole_clip(self) -> bool:
        return self.begin <= 0 and self.end >= 1

    @property
    def hidden_units(self) -> frozenset[int]:
        """Action units that nobody sees in any frame."""
        return _HIDDEN.get(self.kind, frozenset()) if self.is_whole_clip else frozenset()

    def is_there(self, t: float) -> bool:
        return self.begin <= t <= self.end


def draw_occlusion(rng: random.Random, identity: Identity) -> Occlusion:
    """One of the coverings at random; some come and go, what is worn stays."""
    # Nobody's hair falls over a bald man's eye, and dark glasses over glasses would look like a mistake.
    possible = [
        kind
        for kind in COVERINGS
        if not (kind == "hair" and identity.hair_style == "bald")
        and not (kind == "sunglasses" and identity.glasses)
    ]
    kind = rng.choice(possible)
    begin, end = 0.0, 1.0
    if kind == "object" or (kind == "hand" and rng.random() < 0.6):
        begin = rng.uniform(0.0, 0.5)
        end = begin + rng.uniform(0.3, 0.5)
    return Occlusion(
        kind=kind,
        side=rng.choice((-1, 1)),
        reach=rng.random(),
        colour=rng.choice(_MASKS if kind == "mask" else _CLOTHS),
        begin=begin,
        end=end,
    )


def paint_occlusion(
    canvas: Canvas, x: float, *, occlusion: Occlusion, identity: Identity, pose: Pose, t: float
) -> None:
    """Over a face on a canvas that is placed on the head; `x` is the middle of the turned face.

    `t` is when in the clip, from 0 to 1.
    """
    if not occlusion.is_there(t):
        return
    if occlusion.kind == "hand":
        _hand(canvas, x, occlusion, identity)
    elif occlusion.kind == "scarf":
        _scarf(canvas, occlusion, identity)
    elif occlusion.kind == "mask":
        _mask(canvas, x, occlusion, identity, drop=0.15 * pose[26])
    elif occlusion.kind == "sunglasses":
        _sunglasses(canvas, x, identity)
    elif occlusion.kind == "hair":
        _strand(canvas, occlusion, identity)
    else:
        _passing(canvas, occlusion, t)


def _hand(canvas: Canvas, x: float, occlusion: Occlusion, identity: Identity) -> None:
    """Four fingers over a cheek and a part of the mouth, or up to the eye; the wrist comes from below."""
    side = occlusion.side
    edge = mix(identity.skin, identity.crease, 0.6)
    skin = mix(identity.skin, identity.shade, 0.45)

    def at(points: list[Point]) -> list[Point]:
        return [(x + side * (px + 0.12 * (1 - occlusion.reach)), py + high) for px, py in points]

    high = 0.28 - 0.3 * occlusion.reach
    wrist = [(0.5, 0.72), (0.74, 1.9), (1.2, 1.9), (0.86, 0.62)]
    sleeve = [(0.6, 1.2), (0.7, 2.0), (1.3, 2.0), (1.08, 1.12)]
    palm = smooth([(0.36, 0.36), (0.3, 0.62), (0.44, 0.86), (0.78, 0.84), (0.92, 0.5), (0.78, 0.26)])
    fingers = [
        [(0.46, 0.5), (0.26, 0.3), (0.12, 0.13)],
        [(0.56, 0.42), (0.42, 0.14), (0.33, -0.04)],
        [(0.68, 0.38), (0.6, 0.06), (0.54, -0.12)],
        [(0.8, 0.42), (0.79, 0.16), (0.76, 0.0)],
        [(0.42, 0.72), (0.22, 0.66), (0.06, 0.58)],  # the thumb, below
    ]
    canvas.fill(at(wrist), skin)
    canvas.fill(at(sleeve), identity.clothes)
    for finger in fingers:
        canvas.stroke(smooth(at(finger)), edge, 0.15)
    canvas.stroke([*at(palm), *at(palm[:1])], edge, 0.03)
    canvas.fill(at(palm), skin)
    for finger in fingers:
        canvas.stroke(smooth(at(finger)), skin, 0.115)


def _scarf(canvas: Canvas, occlusion: Occlusion, identity: Identity) -> None:
    """Wound round the neck and drawn up over the chin and the mouth."""
    top = 0.42 - 0.08 * occlusion.reach
    wide = 0.9 * identity.face_width
    upper = smooth([(-wide, top - 0.05), (-0.45, top + 0.07), (0.0, top + 0.1), (0.45, top + 0.07)])
    upper = [*upper[:-1], *smooth([(0.45, top + 0.07), (wide, top - 0.05)])]
    lower = smooth([(1.12 * wide, 1.3), (0.5, 1.62), (-0.5, 1.62), (-1.12 * wide, 1.3)])
    canvas.fill([*upper, *lower], occlusion.colour)
    fold = mix(occlusion.colour, (0, 0, 0), 0.28)
    for i in range(1, 4):
        y, lean = top + 0.24 * i, 0.1 * occlusion.side
        canvas.stroke(
            smooth([(-wide * 0.95, y - lean), (0.0, y + 0.14), (wide * 0.95, y + lean)]), fold, 0.03
        )


def _mask(canvas: Canvas, x: float, occlusion: Occlusion, identity: Identity, *, drop: float) -> None:
    """A cloth mask with loops round the ears, over the mouth and, where it reaches, the tip of the nose."""
    top = 0.4 - 0.26 * occlusion.reach
    side_x = 0.7 * identity.face_width * identity.jaw_width
    for side in (-1, 1):
        for y in (top + 0.05, 0.72):
            canvas.stroke([(side * side_x * 0.95, y), (side * 0.82, 0.1)], occlusion.colour, 0.024)
    outline = [(-side_x, top + 0.06), (x - 0.3, top + 0.04), (x, top - 0.04), (x + 0.3, top + 0.04)]
    outline += [(side_x, top + 0.06), (side_x * 0.92, 0.74 + drop), (0.3, 1.0 + drop), (-0.3, 1.0 + drop)]
    outline += [(-side_x * 0.92, 0.74 + drop)]
    canvas.fill(smooth([*outline, outline[0]]), occlusion.colour)
    fold = mix(occlusion.colour, (60, 70, 80), 0.35)
    for y in (0.52, 0.64, 0.76):
        line = [(-side_x * 0.8, y + drop), (x, y + 0.05 + drop), (side_x * 0.8, y + drop)]
        canvas.stroke(smooth(line), fold, 0.018)


def _sunglasses(canvas: Canvas, x: float, identity: Identity) -> None:
    for side in (-1, 1):
        middle = x + side * 0.335 * identity.eye_distance
        lens = ellipse(middle, -0.07, 0.275, 0.215)
        canvas.fill(lens, _DARK)
        canvas.stroke([*lens, lens[0]], (64, 60, 66), 0.024)
        canvas.stroke([(middle - 0.12, -0.16), (middle - 0.02, -0.2)], (120, 122, 130), 0.024)
        canvas.stroke([(x + side * 0.6, -0.12), (x + side * 0.8, -0.17)], _DARK, 0.03)
    canvas.stroke([(x - 0.09, -0.1), (x, -0.13), (x + 0.09, -0.1)], _DARK, 0.032)


def _strand(canvas: Canvas, occlusion: Occlusion, identity: Identity) -> None:
    """Loose hair from the parting down over one eye and cheek."""
    side, tip = occlusion.side, (0.2, 0.3 + 0.35 * occlusion.reach)
    inner = smooth([(0.04, -0.86), (0.17, -0.5), (0.2, -0.1), tip])
    outer = smooth([tip, (0.5, -0.05), (0.54, -0.5), (0.42, -0.84)])
    canvas.fill([(side * x, y) for x, y in (*inner, *outer)], identity.hair)
    light = mix(identity.hair, (255, 255, 255), 0.14)
    for start, bow in ((0.16, 0.28), (0.3, 0.42)):
        line = smooth([(start, -0.84), (bow, -0.5), (bow + 0.01, -0.1), (0.23, tip[1] - 0.1)])
        canvas.stroke([(side * x, y) for x, y in line], light, 0.018)


def _passing(canvas: Canvas, occlusion: Occlusion, t: float) -> None:
    """Something upright, near the camera, that crosses the picture from one side to the other."""
    share = (t - occlusion.begin) / (occlusion.end - occlusion.begin)
    middle = occlusion.side * 1.7 * (1 - 2 * share)
    half = 0.2 + 0.22 * occlusion.reach
    canvas.place()  # it knows nothing of the head
    canvas.fill(
        [
            (middle - half, -1.5),
            (middle + half, -1.5),
            (middle + half * 0.9, 1.5),
            (middle - half * 0.9, 1.5),
        ],
        occlusion.colour,
    )
    canvas.fill(
        [
            (middle + half * 0.45, -1.5),
            (middle + half, -1.5),
            (middle + half * 0.9, 1.5),
            (middle + half * 0.4, 1.5),
        ],
        mix(occlusion.colour, (0, 0, 0), 0.25),
    )
