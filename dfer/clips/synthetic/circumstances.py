"""Under which circumstances one clip is "filmed": all that a world's variation leaves to chance."""

import random
from dataclasses import dataclass

from dfer.clips.synthetic.blur import Blur, draw_blur
from dfer.clips.synthetic.identity import Identity
from dfer.clips.synthetic.occlusion import Occlusion, draw_occlusion
from dfer.clips.synthetic.variation import Variation


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """Of a whole clip; see `Variation` for the units."""

    intensity: float
    turn: float
    pitch: float
    occlusion: Occlusion | None
    blur: Blur | None


def draw_circumstances(variation: Variation, identity: Identity, rng: random.Random) -> Circumstances:
    """Every part takes its own numbers from `rng`, so that changing one probability changes no other part."""
    parts = [random.Random(rng.getrandbits(64)) for _ in range(4)]
    strength, head, cover, lens = parts
    return Circumstances(
        intensity=strength.uniform(*variation.intensity),
        turn=head.uniform(-variation.turn, variation.turn),
        pitch=head.uniform(-variation.pitch, variation.pitch),
        occlusion=draw_occlusion(cover, identity) if cover.random() < variation.occlusion else None,
        blur=draw_blur(lens) if lens.random() < variation.blur else None,
    )
