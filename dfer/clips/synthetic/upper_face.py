"""Forehead, brows and eyes: units 1, 2, 4, 5, 6, 7, 9, 43, 61, 64."""

from dfer.clips.synthetic.canvas import Canvas, Point, ellipse, mix, smooth
from dfer.clips.synthetic.identity import Colour, Identity
from dfer.clips.synthetic.pose import Pose

_EYE_WHITE: Colour = (246, 244, 241)
_PUPIL: Colour = (16, 14, 16)
_ALONG = tuple(i / 12 for i in range(13))  # from the inner to the outer corner of an eye


def draw_forehead(canvas: Canvas, identity: Identity, pose: Pose, x: float) -> None:
    """Wrinkles that raised (1, 2) and lowered brows (4) make; `x` is the middle of the turned face."""
    raised_inner, raised_outer, lowered = pose[1], pose[2], pose[4]
    for i in range(3):
        y = -0.66 + 0.085 * i - 0.04 * raised_inner
        if raised_outer > 0.15:
            line = [(x + t * 0.46, y + 0.035 * abs(t) ** 2) for t in (-1.0, -0.5, 0.0, 0.5, 1.0)]
            canvas.stroke(line, mix(identity.skin, identity.crease, 0.55 * raised_outer), 0.016)
        elif raised_inner > 0.15 and i > 0:
            line = [(x + t * 0.2, y + 0.05 * abs(t) ** 2) for t in (-1.0, -0.5, 0.0, 0.5, 1.0)]
            canvas.stroke(line, mix(identity.skin, identity.crease, 0.7 * raised_inner), 0.018)
    if lowered > 0.15:
        up = 0.08 * raised_inner
        for side in (-1, 1):
            line = [
                (x + side * 0.05, -0.43 - up),
                (x + side * 0.042, -0.33 - up),
                (x + side * 0.06, -0.23 - up),
            ]
            canvas.stroke(line, mix(identity.skin, identity.crease, min(1.0, 0.2 + lowered)), 0.022)


def draw_brows(canvas: Canvas, identity: Identity, pose: Pose, x: float) -> None:
    """Each brow bends at its inner end, its peak and its outer end."""
    raised_inner, raised_outer, wrinkled = pose[1], pose[2], pose[9]
    # A brow cannot be lowered and raised: together (fear, sadness) they knit and slant it.
    lowered = max(pose[4], 0.4 * wrinkled) * (1 - 0.85 * raised_inner)
    knit = pose[4]
    thick = 0.042 * identity.brow_thickness
    colour = mix(identity.hair, (24, 18, 16), 0.35)
    for side in (-1, 1):
        inner = (0.155 - 0.05 * knit, -0.36 - 0.2 * raised_inner + 0.145 * lowered)
        body = (0.26 - 0.02 * knit, -0.40 - 0.10 * raised_inner - 0.06 * raised_outer + 0.12 * lowered)
        peak = (
            0.41,
            -0.42 - 0.15 * raised_outer + 0.02 * raised_inner * (1 - raised_outer) + 0.075 * lowered,
        )
        outer = (
            0.57,
            -0.33 - 0.13 * raised_outer + 0.02 * lowered + 0.06 * raised_inner * (1 - raised_outer),
        )
        upper = smooth(
            [_mirror(p, side, x, -thick * w) for p, w in _weighted(inner, body, peak, outer)], steps=4
        )
        lower = smooth(
            [_mirror(p, side, x, thick * w) for p, w in _weighted(inner, body, peak, outer)], steps=4
        )
        canvas.fill([*upper, *reversed(lower)], colour)


def draw_eyes(canvas: Canvas, identity: Identity, pose: Pose, x: float) -> None:
    """White, iris and pupil cut off by the lids, then the lids' edges and what moves around them."""
    wide, cheeks, tight, closing = pose[5], pose[6], pose[7], pose[43]
    left, down = pose[61], pose[64]
    scale = identity.eye_size
    open_share = (1 - 0.97 * pose.blink) * (1 - 0.85 * closing)
    upper = (0.112 + 0.07 * wide - 0.035 * tight - 0.02 * cheeks - 0.05 * down) * scale * open_share
    lower = (0.068 + 0.015 * wide - 0.05 * tight - 0.045 * cheeks - 0.03 * pose[9]) * scale
    lower = max(lower, 0.0) * (1 - 0.5 * pose.blink)
    half = 0.2 * scale
    for side in (-1, 1):
        cx, cy = x + side * 0.335 * identity.eye_distance, -0.11
        _socket(canvas, identity, cx, cy, half, upper)
        # s runs from the left corner (-1) to the right one (1); the outer corner sits a hair higher.
        xs = [cx + (2 * t - 1) * half for t in _ALONG]
        tilts = [-0.008 * side * (2 * t - 1) for t in _ALONG]
        tops = [cy + tilt - upper * _lid(2 * t - 1) for t, tilt in zip(_ALONG, tilts, strict=True)]
        bottoms = [cy + tilt + lower * _lid(2 * t - 1) for t, tilt in zip(_ALONG, tilts, strict=True)]
        top_line, bottom_line = list(zip(xs, tops, strict=True)), list(zip(xs, bottoms, strict=True))
        canvas.fill([*top_line, *reversed(bottom_line)], _EYE_WHITE)
        # The subject's left is the picture's right.
        ix, iy = cx + 0.1 * left * scale, cy - 0.018 + 0.055 * down * scale
        for radius, colour in (
            (0.092, mix(identity.eyes, _PUPIL, 0.5)),
            (0.08, identity.eyes),
            (0.042, _PUPIL),
        ):
            circle = ellipse(ix, iy, radius * scale, radius * scale)
            canvas.fill([_between(point, xs, tops, bottoms) for point in circle], colour)
        if upper > 0.06:
            canvas.fill(ellipse(ix + 0.03, iy - 0.035, 0.018, 0.018, points=8), (255, 255, 255))
        canvas.stroke(
            bottom_line, mix(identity.skin, identity.crease, 0.6 + 0.3 * tight), 0.016 + 0.012 * tight
        )
        canvas.stroke(top_line, mix(identity.crease, _PUPIL, 0.7), 0.028)
        _around(canvas, identity, pose, (cx, cy + lower), side, half)


def draw_glasses(canvas: Canvas, identity: Identity, x: float) -> None:
    for side in (-1, 1):
        rim = ellipse(x + side * 0.335 * identity.eye_distance, -0.09, 0.265, 0.215)
        canvas.stroke([*rim, rim[0]], (40, 38, 42), 0.022)
        canvas.stroke([(x + side * 0.6, -0.12), (x + side * 0.78, -0.16)], (40, 38, 42), 0.022)
    canvas.stroke([(x - 0.075, -0.1), (x, -0.125), (x + 0.075, -0.1)], (40, 38, 42), 0.022)


def _socket(canvas: Canvas, identity: Identity, cx: float, cy: float, half: float, upper: float) -> None:
    """The upper lid: a shaded area down to the eye's edge, with a crease above; large when the eye closes."""
    crease = cy - 0.155
    canvas.fill(
        smooth(
            [
                (cx - half, cy),
                (cx - half * 0.6, crease + 0.03),
                (cx, crease),
                (cx + half * 0.6, crease + 0.03),
            ]
        )
        + smooth([(cx + half, cy), (cx, cy + 0.03), (cx - half, cy)]),
        mix(identity.skin, identity.shade, 0.9),
    )
    if upper < 0.14:  # wide eyes swallow the crease
        line = smooth([(cx - half * 0.85, crease + 0.06), (cx, crease), (cx + half * 0.85, crease + 0.06)])
        canvas.stroke(line, mix(identity.skin, identity.crease, 0.5), 0.014)


def _around(canvas: Canvas, identity: Identity, pose: Pose, below: Point, side: int, half: float) -> None:
    """Cheeks pushed up under the eye and crow's feet (6), bags of tightened lids (7)."""
    x, y = below
    cheeks, tight = pose[6], pose[7]
    if cheeks > 0.15:
        colour = mix(identity.skin, identity.crease, 0.75 * cheeks)
        arc = [(x - 0.17, y + 0.07), (x - 0.06, y + 0.105), (x + 0.08, y + 0.105), (x + 0.18, y + 0.06)]
        canvas.stroke(smooth(arc), colour, 0.02)
        corner = x + side * (half + 0.03)
        for rise in (-0.07, 0.0, 0.06):
            end = (corner + side * 0.1, y - 0.05 + rise * 1.6)
            canvas.stroke([(corner, y - 0.05 + rise * 0.6), end], colour, 0.016)
    elif tight > 0.15:
        arc = [(x - 0.13, y + 0.05), (x, y + 0.07), (x + 0.13, y + 0.05)]
        canvas.stroke(smooth(arc), mix(identity.skin, identity.crease, 0.6 * tight), 0.018)


def _lid(s: float) -> float:
    return float(1 - abs(s) ** 2.3)


def _weighted(inner: Point, body: Point, peak: Point, outer: Point) -> list[tuple[Point, float]]:
    return [(inner, 0.85), (body, 1.1), (peak, 0.9), (outer, 0.2)]


def _mirror(point: Point, side: int, x: float, dy: float) -> Point:
    return x + side * point[0], point[1] + dy


def _between(point: Point, xs: list[float], tops: list[float], bottoms: list[float]) -> Point:
    """The point, moved up or down to where the lids leave the eye open."""
    x = min(max(point[0], xs[0]), xs[-1])
    place = (x - xs[0]) / (xs[-1] - xs[0]) * (len(xs) - 1)
    i = min(int(place), len(xs) - 2)
    rest = place - i
    top = tops[i] + (tops[i + 1] - tops[i]) * rest
    bottom = bottoms[i] + (bottoms[i + 1] - bottoms[i]) * rest
    return x, min(max(point[1], top), max(top, bottom))
