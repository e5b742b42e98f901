"""Colours of cells: a scale for the light page and one for the dark, and ink that can be read on both."""

from typing import Literal

Colour = tuple[float, float, float]
Scheme = Literal["light", "dark"]

STEPS = 20
"""Steps of a scale: of fractions from 0 to 1; of changes from loss to gain, with none in the middle."""

# From nothing to all: the page's own colour becomes blue. From loss to gain: vermilion, the page, blue.
# Blue and vermilion are told apart whatever kind of colour blindness a reader has (Okabe & Ito 2008).
_FRACTIONS: dict[Scheme, tuple[str, ...]] = {
    "light": ("#f6f8fb", "#9cc3e6", "#2f77b4", "#0a3a70"),
    "dark": ("#1b2127", "#1f4a70", "#3f88c5", "#b9dcf7"),
}
_CHANGES: dict[Scheme, tuple[str, ...]] = {
    "light": ("#b84a00", "#f4b183", "#f7f8fa", "#8fbfe6", "#0a5c9c"),
    "dark": ("#ffa05c", "#8f4414", "#1b2127", "#1f5583", "#7cc0f5"),
}
_INKS = ("#000000", "#ffffff")


def level(fraction: float) -> int:
    """The step of a fraction; what lies outside 0 … 1 gets the nearest."""
    return round(min(max(fraction, 0.0), 1.0) * STEPS)


def change_level(change: float, *, most: float) -> int:
    """The step of a change on a scale from −`most` to `most`; 0 is in the middle. `most` is above 0."""
    return level((change / most + 1) / 2)


def shades(scheme: Scheme, *, of: Literal["fractions", "changes"]) -> list[tuple[str, str]]:
    """(background, ink) of each step, as hexadecimal colours. Black or white: one of them has a contrast of
    4.58 at least with any colour."""
    stops = (_FRACTIONS if of == "fractions" else _CHANGES)[scheme]
    backgrounds = [_between(stops, step / STEPS) for step in range(STEPS + 1)]
    return [(back, max(_INKS, key=lambda ink: contrast(ink, back))) for back in backgrounds]


def style() -> str:
    """CSS: class `h0` … for fractions, `c0` … for changes, in both schemes; printed as the light ones."""
    light, dark = (
        "\n".join(
            f".{letter}{step} {{ background: {back}; color: {ink}; }}"
            for letter, of in (("h", "fractions"), ("c", "changes"))
            for step, (back, ink) in enumerate(shades(scheme, of=of))  # type: ignore[arg-type]
        )
        for scheme in ("light", "dark")
    )
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}"


def contrast(one: str, other: str) -> float:
    """Of two hexadecimal colours, from 1 to 21 (WCAG 2)."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _between(stops: tuple[str, ...], place: float) -> str:
    position = place * (len(stops) - 1)
    first = min(int(position), len(stops) - 2)
    share = position - first
    mixed = (a + share * (b - a) for a, b in zip(_parts(stops[first]), _parts(stops[first + 1]), strict=True))
    return "#" + "".join(f"{round(255 * part):02x}" for part in mixed)


def _parts(colour: str) -> Colour:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue
