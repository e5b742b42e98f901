"""Who a drawn face is: proportions, colours, hair. Nothing here depends on the expression."""

import random
from dataclasses import dataclass

Colour = tuple[int, int, int]

_SKINS: tuple[Colour, ...] = (
    (250, 220, 198),
    (241, 202, 172),
    (230, 184, 148),
    (214, 164, 124),
    (190, 136, 98),
    (158, 108, 74),
    (124, 82, 56),
    (96, 64, 46),
)
_HAIRS: tuple[Colour, ...] = (
    (28, 24, 24),
    (54, 36, 26),
    (92, 58, 34),
    (142, 92, 48),
    (206, 168, 98),
    (150, 64, 34),
    (150, 150, 152),
)
_EYES: tuple[Colour, ...] = ((74, 46, 26), (52, 34, 22), (70, 102, 140), (78, 112, 74), (104, 88, 56))
_CLOTHES: tuple[Colour, ...] = (
    (58, 76, 112),
    (120, 52, 58),
    (62, 98, 78),
    (92, 84, 104),
    (44, 46, 52),
    (188, 180, 166),
    (176, 120, 58),
)
_HAIR_STYLES = {
    "woman": ("long", "bob", "bun", "curly"),
    "man": ("short", "short", "parted", "curly", "bald"),
    "person": ("short", "bob", "curly", "parted"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """One drawn person. Lengths are factors around 1."""

    person: str
    """How captions call them: woman, man or person."""
    skin: Colour
    hair: Colour
    eyes: Colour
    clothes: Colour
    background: Colour
    hair_style: str
    beard: bool
    glasses: bool
    face_width: float
    jaw_width: float
    eye_size: float
    eye_distance: float
    brow_thickness: float
    nose_size: float
    mouth_width: float
    lip_fullness: float

    @property
    def crease(self) -> Colour:
        """The skin where it folds."""
        return _towards(self.skin, (60, 20, 14), 0.55)

    @property
    def shade(self) -> Colour:
        """The skin where it turns from the light."""
        return _towards(self.skin, (80, 34, 24), 0.17)

    @property
    def lips(self) -> Colour:
        return _towards(self.skin, (150, 36, 52), 0.52)


def _towards(colour: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def draw_identity(rng: random.Random) -> Identity:
    """A person at random; the same generator state gives the same person."""
    person = rng.choice(("woman", "man", "woman", "man", "person"))
    skin = rng.choice(_SKINS)
    # Very dark skin with very light hair would be readable too, but rare enough to look like a mistake.
    hair = rng.choice(_HAIRS if sum(skin) > 450 else _HAIRS[:3])
    grey = rng.randint(90, 205)
    return Identity(
        person=person,
        skin=skin,
        hair=hair,
        eyes=rng.choice(_EYES if sum(skin) > 450 else _EYES[:2]),
        clothes=rng.choice(_CLOTHES),
        background=(grey + rng.randint(-25, 25), grey + rng.randint(-20, 20), grey + rng.randint(-20, 30)),
        hair_style=rng.choice(_HAIR_STYLES[person]),
        beard=person == "man" and rng.random() < 0.3,
        glasses=rng.random() < 0.12,
        face_width=rng.uniform(0.93, 1.07),
        jaw_width=rng.uniform(0.88, 1.08) * (0.95 if person == "woman" else 1.0),
        eye_size=rng.uniform(0.92, 1.1),
        eye_distance=rng.uniform(0.94, 1.06),
        brow_thickness=rng.uniform(0.8, 1.2) * (0.85 if person == "woman" else 1.1),
        nose_size=rng.uniform(0.85, 1.12),
        mouth_width=rng.uniform(0.92, 1.1),
        lip_fullness=rng.uniform(0.85, 1.2) * (1.1 if person == "woman" else 0.9),
    )
