"""One clip drawn from its own numbers: pictures, and what they show in words."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from dfer.clips.synthetic.blur import blurred
from dfer.clips.synthetic.caption import describe_clip
from dfer.clips.synthetic.chinese_caption import describe_clip_in_chinese
from dfer.clips.synthetic.circumstances import Circumstances, draw_circumstances
from dfer.clips.synthetic.face import draw_face
from dfer.clips.synthetic.identity import Identity
from dfer.clips.synthetic.lighting import Light, Pixels, draw_lighting, stronger
from dfer.clips.synthetic.motion import Motion, draw_motion
from dfer.clips.synthetic.occlusion import paint_occlusion
from dfer.clips.synthetic.shown import what_is_shown
from dfer.clips.synthetic.variation import Variation


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """A clip before it is written. `pictures` are drawn as they are asked for, once."""

    pictures: Iterator[Pixels]
    caption: str
    chinese: str


def draw_clip(
    units: Mapping[int, float],
    identity: Identity,
    *,
    seed: str,
    size: int,
    frames: int,
    variation: Variation,
) -> Drawing:
    """The person showing the units in a clip of about `frames` pictures of `size` by `size` pixels."""
    rng = random.Random(seed)
    # Numbers of their own: with or without variation it is the same person in the same movement.
    circumstances = draw_circumstances(variation, identity, random.Random(f"{seed}/variation"))
    length = rng.randint(max(1, round(frames * 0.5)), round(frames * 1.34))
    motion = draw_motion(
        units,
        frames=length,
        rng=rng,
        intensity=circumstances.intensity,
        turn=circumstances.turn,
        pitch=circumstances.pitch,
    )
    lighting = stronger(draw_lighting(rng), variation.lighting)
    light = Light(lighting, size=size, seed=rng.getrandbits(64))
    shown = what_is_shown(
        motion, circumstances, person=identity.person, tells_strength=variation.tells_strength
    )
    return Drawing(
        pictures=_pictures(identity, motion, circumstances, light, size),
        caption=describe_clip(shown, rng),
        chinese=describe_clip_in_chinese(shown),
    )


def _pictures(
    identity: Identity, motion: Motion, circumstances: Circumstances, light: Light, size: int
) -> Iterator[Pixels]:
    occlusion, blur = circumstances.occlusion, circumstances.blur
    for frame, pose in enumerate(motion.poses):
        t = frame / max(1, len(motion.poses) - 1)
        cover = None
        if occlusion:
            cover = partial(paint_occlusion, occlusion=occlusion, identity=identity, pose=pose, t=t)
        face = draw_face(identity, pose, size=size, cover=cover)
        yield light.shine_on(blurred(face, blur) if blur else face)
