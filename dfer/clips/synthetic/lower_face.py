"""Nose, cheeks, mouth and chin: units 6, 9, 10, 12, 14, 15, 17, 20, 23, 24, 25, 26, 32."""

import math

from dfer.clips.synthetic.canvas import Canvas, Point, ellipse, mix, smooth
from dfer.clips.synthetic.identity import Colour, Identity
from dfer.clips.synthetic.pose import Pose

_INSIDE: Colour = (74, 20, 24)
_TEETH: Colour = (244, 240, 230)
_TONGUE: Colour = (190, 84, 88)

_ACROSS = tuple(i / 9 - 1 for i in range(19))  # from the mouth's left corner (-1) to its right (1)
_ARC = tuple(1 - s * s for s in _ACROSS)
_ROUND = tuple(1 - abs(s) ** 2.8 for s in _ACROSS)
_BOW = tuple((1 - s * s) ** 0.7 * (1 - 0.28 * math.exp(-((s / 0.16) ** 2))) for s in _ACROSS)
_LIP = tuple((1 - s * s) ** 0.75 for s in _ACROSS)


def jaw_drop(pose: Pose) -> float:
    """How far the chin goes down."""
    return 0.15 * pose[26] + 0.02 * pose[25]


def draw_cheeks(canvas: Canvas, identity: Identity, pose: Pose, x: float) -> None:
    """A blush that rises with the cheeks (6)."""
    glow = mix(identity.skin, identity.lips, 0.12 + 0.16 * pose[6])
    for side in (-1, 1):
        canvas.fill(ellipse(x + side * 0.46, 0.28 - 0.08 * pose[6], 0.19, 0.14 - 0.02 * pose[6]), glow)


def draw_nose(canvas: Canvas, identity: Identity, pose: Pose, x: float) -> None:
    """Bridge and wings; wrinkling (9) lifts the wings and lays folds over the bridge."""
    wrinkled = pose[9]
    base, wing = 0.27 - 0.055 * wrinkled - 0.01 * pose[10], 0.135 * identity.nose_size * (1 + 0.15 * wrinkled)
    soft = mix(identity.skin, identity.crease, 0.5)
    canvas.stroke(
        [(x + 0.05, -0.14), (x + 0.075, 0.05), (x + wing * 0.72, base - 0.07)], identity.shade, 0.035
    )
    for side in (-1, 1):
        outline = [(wing * 0.8, base - 0.09), (wing * 1.05, base - 0.02), (wing * 0.75, base + 0.03)]
        canvas.stroke(smooth([(x + side * px, py) for px, py in outline]), soft, 0.024)
        canvas.fill(ellipse(x + side * wing * 0.48, base + 0.015, 0.035, 0.018, points=10), identity.crease)
    canvas.stroke([(x - wing * 0.2, base + 0.035), (x + wing * 0.2, base + 0.035)], soft, 0.018)
    if wrinkled > 0.15:
        colour = mix(identity.skin, identity.crease, 0.25 + 0.7 * wrinkled)
        for i in range(3):
            y = -0.17 + 0.075 * i
            canvas.stroke(
                smooth([(x - 0.085, y + 0.03), (x, y - 0.012), (x + 0.085, y + 0.03)]), colour, 0.02
            )
        for side in (-1, 1):
            for i in range(2):
                start = (x + side * (0.1 + 0.02 * i), -0.03 + 0.085 * i)
                canvas.stroke([start, (start[0] + side * 0.075, start[1] - 0.055)], colour, 0.02)


def draw_mouth(canvas: Canvas, identity: Identity, pose: Pose, x: float) -> None:
    """Lips around whatever they open on, the folds beside them and the chin below."""
    smile, dimple, frown, chin = pose[12], pose[14], pose[15], pose[17]
    stretch, tight, press, bite = pose[20], pose[23], pose[24], pose[32]
    raised = max(pose[10], 0.35 * pose[9])
    drop = jaw_drop(pose)
    gap = (
        0.07 * pose[25]
        + 0.06 * pose[25] * stretch
        + 0.27 * pose[26]
        + 0.05 * raised * pose[10]
        + 0.07 * smile * pose[25]
    )
    gap *= 1 - 0.9 * press

    centre = 0.585 - 0.04 * chin + 0.3 * drop - 0.02 * press
    half = 0.265 * identity.mouth_width * (1 + 0.36 * smile + 0.5 * stretch - 0.2 * tight - 0.22 * pose[26])
    corner = centre - 0.125 * smile + 0.155 * frown + 0.05 * stretch + 0.05 * chin + 0.01 * press
    corners: dict[int, Point] = {}
    for side in (-1, 1):
        pull = dimple if side == pose.side else 0.0
        corners[side] = (x + side * (half + 0.07 * pull), corner - 0.115 * pull)
    upper = centre + 0.02 * smile - 0.45 * gap - 0.085 * raised - 0.03 * frown * (1 - smile)
    lower = max(upper, centre + 0.02 * smile + 0.55 * gap - 0.055 * chin - 0.02 * frown)
    thin = (1 - 0.55 * tight) * (1 - 0.8 * press) * (1 - 0.45 * stretch) * (1 - 0.25 * smile)
    top_lip = 0.062 * identity.lip_fullness * thin * (1 - 0.25 * raised)
    bottom_lip = 0.085 * identity.lip_fullness * thin * (1 + 0.2 * chin) * (1 - 0.5 * bite)

    _folds(canvas, identity, pose, corners)
    (left, left_y), (right, right_y) = corners[-1], corners[1]
    middle = (left_y + right_y) / 2
    xs = [left + (right - left) * (s + 1) / 2 for s in _ACROSS]
    base = [left_y + (right_y - left_y) * (s + 1) / 2 for s in _ACROSS]
    upper_in = [b + (upper - middle) * a for b, a in zip(base, _ARC, strict=True)]
    lower_in = [
        max(u, b + (lower - middle) * (r if gap > 0.1 else a))
        for u, b, r, a in zip(upper_in, base, _ROUND, _ARC, strict=True)
    ]
    upper_out = [u - top_lip * w - 0.008 for u, w in zip(upper_in, _BOW, strict=True)]
    lower_out = [v + bottom_lip * w + 0.008 for v, w in zip(lower_in, _LIP, strict=True)]

    if raised > 0.2:  # the lip is drawn up in a square: shade above it
        line = [(px, py - 0.05) for px, py in zip(xs[4:15], upper_out[4:15], strict=True)]
        canvas.stroke(line, mix(identity.skin, identity.crease, 0.45 * raised), 0.016)
    under = list(zip(xs[5:14], [y + 0.035 for y in lower_out[5:14]], strict=True))
    canvas.stroke(under, identity.shade, 0.03)
    canvas.fill(_band(xs, upper_out, lower_out), identity.lips)
    if gap > 0.012:
        canvas.fill(_band(xs, upper_in, lower_in), _INSIDE)
        _inside(canvas, xs, upper_in, lower_in, gap, smile, stretch)
    seam = mix(identity.lips, (40, 8, 12), 0.75)
    canvas.stroke(list(zip(xs, upper_in, strict=True)), seam, 0.02 + 0.012 * press)
    if bite > 0.1:
        _bite(canvas, identity, bite, xs, upper_in, seam)
    if press > 0.15:  # skin bulges above and below pressed lips
        for ys, dy in ((upper_out, -0.045), (lower_out, 0.05)):
            line = [(px, py + dy) for px, py in zip(xs[3:16], ys[3:16], strict=True)]
            canvas.stroke(line, mix(identity.skin, identity.crease, 0.5 * press), 0.018)
    if dimple > 0.1:
        px, py = corners[pose.side]
        dent = [(0.05, -0.085), (0.085, 0.0), (0.055, 0.075)]
        line = smooth([(px + pose.side * dx, py + dy) for dx, dy in dent])
        canvas.stroke(line, mix(identity.skin, identity.crease, 0.4 + 0.6 * dimple), 0.03)
    _chin(canvas, identity, chin, x, 0.83 + drop)


def _inside(
    canvas: Canvas,
    xs: list[float],
    upper: list[float],
    lower: list[float],
    gap: float,
    smile: float,
    stretch: float,
) -> None:
    """Upper teeth, lower ones where the mouth is drawn wide, and the tongue of a dropped jaw."""
    height = min(0.075, gap * (0.45 + 0.35 * smile))
    edge = [min(v, u + height) for u, v in zip(upper, lower, strict=True)]
    canvas.fill(_band(xs[2:-2], upper[2:-2], edge[2:-2]), _TEETH)
    if stretch > 0.3:
        edge = [max(u, v - 0.4 * gap) for u, v in zip(upper, lower, strict=True)]
        canvas.fill(_band(xs[3:-3], edge[3:-3], lower[3:-3]), mix(_TEETH, _INSIDE, 0.12))
        canvas.stroke(
            [(p, (a + b) / 2) for p, a, b in zip(xs, upper, lower, strict=True)][3:-3], _INSIDE, 0.012
        )
    if gap > 0.14:
        top = [max(u + height, v - 0.09 * r) for u, v, r in zip(upper, lower, _ROUND, strict=True)]
        top = [min(t, v) for t, v in zip(top, lower, strict=True)]
        canvas.fill(_band(xs[4:-4], top[4:-4], lower[4:-4]), _TONGUE)


def _bite(
    canvas: Canvas, identity: Identity, bite: float, xs: list[float], upper: list[float], seam: Colour
) -> None:
    """Upper teeth over the lower lip, which they press in."""
    span = slice(5, 14)
    down = [0.085 * bite for _ in xs[span]]
    edge = [y + d for y, d in zip(upper[span], down, strict=True)]
    canvas.fill(_band(xs[span], upper[span], edge), _TEETH)
    canvas.stroke(list(zip(xs[span], edge, strict=True)), seam, 0.022)
    middle = len(xs) // 2
    for i in (-2, 0, 2):
        x = xs[middle + i]
        canvas.stroke([(x, upper[middle] + 0.012), (x, edge[4] - 0.012)], mix(_TEETH, seam, 0.35), 0.01)
    below = [(px, py + 0.05) for px, py in zip(xs[span], edge, strict=True)]
    canvas.stroke(below, identity.lips, 0.04)


def _folds(canvas: Canvas, identity: Identity, pose: Pose, corners: dict[int, Point]) -> None:
    """From the nose around the mouth's corners: deep in a smile (12) and a sneer (9, 10)."""
    sneer, smile, stretch, frown = max(pose[9], pose[10]), pose[12], pose[20], pose[15]
    depth = max(sneer, 0.8 * smile, 0.5 * stretch)
    for side in (-1, 1):
        x, y = corners[side]
        if depth > 0.1:
            bow = 0.05 + 0.05 * smile
            start = (x - side * max(0.02, abs(x) * 0.42), 0.26 - 0.05 * sneer)
            line = smooth([start, (x + side * bow * 0.6, (start[1] + y) / 2), (x + side * bow, y + 0.02)])
            canvas.stroke(line, mix(identity.skin, identity.crease, 0.15 + 0.65 * depth), 0.024)
        if frown > 0.1:
            line = smooth(
                [(x + side * 0.015, y + 0.01), (x + side * 0.05, y + 0.07), (x + side * 0.04, y + 0.13)]
            )
            canvas.stroke(line, mix(identity.skin, identity.crease, 0.7 * frown), 0.024)


def _chin(canvas: Canvas, identity: Identity, chin: float, x: float, y: float) -> None:
    """The raised chin (17): a boss with dents."""
    if chin < 0.1:
        return
    colour = mix(identity.skin, identity.crease, 0.2 + 0.75 * chin)
    canvas.stroke(smooth([(x - 0.14, y + 0.03), (x, y - 0.05), (x + 0.14, y + 0.03)]), colour, 0.024)
    for dx, dy in ((-0.07, 0.03), (0.0, 0.01), (0.07, 0.03), (-0.035, 0.07), (0.035, 0.07)):
        canvas.fill(ellipse(x + dx, y + dy, 0.014, 0.012, points=8), colour)


def _band(xs: list[float], upper: list[float], lower: list[float]) -> list[Point]:
    there, back = list(zip(xs, upper, strict=True)), list(zip(xs, lower, strict=True))
    return [*there, *reversed(back)]
