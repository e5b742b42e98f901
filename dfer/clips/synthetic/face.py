"""A drawn face: one person in one pose. Simple, but made to be read from 112 pixels.

What moves is what the Facial Action Coding System says moves; `upper_face` and `lower_face` hold the units.
"""

from collections.abc import Callable
from functools import partial

from PIL import Image

from dfer.clips.synthetic.canvas import Canvas, Point, ellipse, mix, smooth
from dfer.clips.synthetic.identity import Identity
from dfer.clips.synthetic.lower_face import draw_cheeks, draw_mouth, draw_nose, jaw_drop
from dfer.clips.synthetic.pose import Pose
from dfer.clips.synthetic.upper_face import draw_brows, draw_eyes, draw_forehead, draw_glasses

Cover = Callable[[Canvas, float], None]

_YAW = 0.16
"""What a unit of `Pose.turn` is in radians, beyond the first one."""


def draw_face(identity: Identity, pose: Pose, *, size: int, cover: Cover | None = None) -> Image.Image:
    """RGB, `size` by `size` pixels, edges smoothed; evenly lit (see `lighting`).

    `cover` draws what is in front of the face: it is called with the canvas, placed on the head, and the
    middle of the turned face.
    """
    canvas = Canvas(size, identity.background)
    canvas.place(shift=pose.shift, roll=pose.roll, zoom=pose.zoom)
    _hair_behind(canvas, identity)
    canvas.place()  # shoulders stay where they are
    _shoulders(canvas, identity)
    canvas.place(shift=pose.shift, roll=pose.roll, zoom=pose.zoom)
    # Features slide over the head as it turns; the nose, in front, slides further. Beyond a small turn they
    # would slide over the edge, so that the rest is a real turn of a round head.
    x = 0.07 * max(-1.0, min(1.0, pose.turn))
    yaw = _YAW * (pose.turn - x / 0.07) if abs(pose.turn) > 1 else 0.0
    drop = jaw_drop(pose)
    head = _head(identity, drop)
    for side in (-1, 1):
        ear = side * 0.8 * identity.face_width - x - 0.06 * yaw
        canvas.fill(ellipse(ear, 0.02 - 0.2 * pose.pitch, 0.11, 0.19), identity.shade)
    canvas.fill(head, identity.skin)
    is_turned = yaw != 0 or pose.pitch != 0
    if identity.beard and not is_turned:
        _beard(canvas, identity, drop)
    front = partial(canvas.place, shift=pose.shift, roll=pose.roll, zoom=pose.zoom)
    front(yaw=yaw, pitch=pose.pitch)
    draw_cheeks(canvas, identity, pose, x)
    if identity.beard and is_turned:  # a cheek that has slid to the jaw is under the beard
        front()
        _beard(canvas, identity, drop)
        front(yaw=yaw, pitch=pose.pitch)
    draw_forehead(canvas, identity, pose, x)
    front(yaw=yaw * 1.2, pitch=pose.pitch * 1.2)
    draw_nose(canvas, identity, pose, x * 1.6)
    front(yaw=yaw, pitch=pose.pitch)
    draw_mouth(canvas, identity, pose, x)
    draw_eyes(canvas, identity, pose, x)
    if identity.glasses:
        draw_glasses(canvas, identity, x)
    _hair_in_front(canvas, identity)
    draw_brows(canvas, identity, pose, x)
    if cover:
        cover(canvas, x)
    return canvas.picture()


def _shoulders(canvas: Canvas, identity: Identity) -> None:
    canvas.fill(
        smooth([(-1.6, 1.8), (-1.25, 1.32), (-0.5, 1.12), (0.5, 1.12), (1.25, 1.32), (1.6, 1.8)]),
        identity.clothes,
    )
    neck = mix(identity.skin, identity.shade, 1.0)
    canvas.fill([(-0.36, 0.6), (0.36, 0.6), (0.42, 1.18), (0.0, 1.34), (-0.42, 1.18)], neck)


def _head(identity: Identity, drop: float) -> list[Point]:
    wide, jaw = identity.face_width, identity.face_width * identity.jaw_width
    right = [
        (0.0, -1.04),
        (0.46 * wide, -0.93),
        (0.74 * wide, -0.55),
        (0.80 * wide, -0.05),
        (0.74 * jaw, 0.42 + 0.3 * drop),
        (0.52 * jaw, 0.82 + 0.8 * drop),
        (0.24 * jaw, 1.02 + drop),
        (0.0, 1.06 + drop),
    ]
    return smooth([*right, *((-x, y) for x, y in reversed(right[1:-1])), right[0]])


def _beard(canvas: Canvas, identity: Identity, drop: float) -> None:
    """Along the jaw only: the mouth must stay readable."""
    wide, jaw = identity.face_width, identity.face_width * identity.jaw_width
    outer = [(0.79 * wide, 0.1), (0.73 * jaw, 0.44 + 0.3 * drop), (0.51 * jaw, 0.83 + 0.8 * drop)]
    outer += [(0.24 * jaw, 1.03 + drop), (0.0, 1.07 + drop)]
    inner = [(0.0, 0.9 + drop), (0.3, 0.84 + 0.9 * drop), (0.5, 0.6 + 0.5 * drop), (0.66 * wide, 0.1)]
    half = smooth([*outer]) + smooth([*inner])
    colour = mix(identity.hair, identity.skin, 0.3)
    canvas.fill(half, colour)
    canvas.fill([(-x, y) for x, y in half], colour)


def _hair_behind(canvas: Canvas, identity: Identity) -> None:
    wide = identity.face_width
    dark = mix(identity.hair, (0, 0, 0), 0.22)
    if identity.hair_style in ("long", "bob"):
        end = 1.25 if identity.hair_style == "long" else 0.62
        right = [
            (0.0, -1.22),
            (0.62 * wide, -1.08),
            (0.96 * wide, -0.5),
            (0.99 * wide, 0.2),
            (0.95 * wide, end),
        ]
        right.append((0.5 * wide, end + 0.03))
        canvas.fill(smooth([*right, *((-x, y) for x, y in reversed(right[1:])), right[0]]), dark)
    elif identity.hair_style == "bun":
        canvas.fill(ellipse(0.0, -1.16, 0.3, 0.22), dark)
    elif identity.hair_style == "curly":
        for x, y in _CURLS:
            canvas.fill(ellipse(x * wide, y, 0.25, 0.25, points=14), dark)


def _hair_in_front(canvas: Canvas, identity: Identity) -> None:
    if identity.hair_style == "bald":
        return
    wide = identity.face_width
    top = 1.2 if identity.hair_style != "bun" else 1.1
    outer = [(-0.84 * wide, -0.2), (-0.84 * wide, -0.62), (-0.55 * wide, -top + 0.13), (0.0, -top)]
    outer += [(0.55 * wide, -top + 0.13), (0.84 * wide, -0.62), (0.84 * wide, -0.2)]
    if identity.hair_style == "parted":
        line = [(0.74 * wide, -0.42), (0.6 * wide, -0.68), (0.2, -0.78), (-0.3, -0.92), (-0.62 * wide, -0.62)]
    else:
        line = [
            (0.76 * wide, -0.46),
            (0.6 * wide, -0.72),
            (0.25, -0.84),
            (-0.25, -0.84),
            (-0.6 * wide, -0.72),
        ]
    canvas.fill(smooth(outer) + smooth([*line, (-0.76 * wide, -0.44)]), identity.hair)


_CURLS = (
    *((-0.86, 0.1), (-0.92, -0.2), (-0.9, -0.52), (-0.72, -0.82), (-0.45, -1.02), (-0.15, -1.1)),
    *((0.86, 0.1), (0.92, -0.2), (0.9, -0.52), (0.72, -0.82), (0.45, -1.02), (0.15, -1.1)),
)
