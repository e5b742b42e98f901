"""What a drawn clip shows, in a sentence of moving face parts; never an emotion's name."""

import random
import re

from dfer.clips.synthetic.occlusion import Covering
from dfer.clips.synthetic.shown import Shown

# Several wordings each, so that what learns from captions learns words and not one sentence a class. {ly} is
# where "slightly" or "strongly" goes, {al} where "slight" or "strong" does, if there is either to say.
_PHRASES: dict[int, tuple[str, ...]] = {
    1: (
        "{ly}raised inner brows",
        "inner eyebrows {ly}pulled up",
        "the inner corners of the eyebrows {ly}raised",
    ),
    2: ("{ly}raised outer brows", "outer eyebrows {ly}lifted", "{ly}arched outer eyebrows"),
    4: (
        "{ly}lowered brows",
        "{ly}furrowed brows",
        "eyebrows {ly}drawn together",
        "a {ly}knitted brow",
        "a {ly}frowning brow",
    ),
    5: ("wide open eyes", "{ly}raised upper eyelids", "{ly}widened eyes", "staring eyes"),
    6: (
        "{ly}raised cheeks",
        "{ly}crinkled eyes",
        "{al}wrinkles at the outer eye corners",
        "{ly}lifted cheeks",
    ),
    7: ("{ly}tightened eyelids", "{ly}narrowed eyes", "{ly}tensed lower eyelids", "{ly}squinting eyes"),
    9: ("a {ly}wrinkled nose", "{al}wrinkles across the nose", "a {ly}scrunched nose"),
    10: ("a {ly}raised upper lip", "the upper lip {ly}pulled up", "an upper lip {ly}curled upwards"),
    12: ("lip corners {ly}pulled up", "a {al}smile", "{ly}upturned mouth corners", "a {ly}smiling mouth"),
    14: (
        "one mouth corner {ly}tightened",
        "a {al}smirk on one side",
        "a {al}one-sided dimple",
        "a {ly}lopsided mouth",
    ),
    15: ("lip corners {ly}pulled down", "{ly}downturned mouth corners", "a mouth {ly}turned down"),
    17: ("a {ly}raised chin", "a {ly}wrinkled chin", "the chin {ly}pushed up", "a {ly}pushed up lower lip"),
    20: ("lips {ly}stretched sideways", "a mouth stretched wide", "horizontally stretched lips"),
    23: ("{ly}tightened lips", "{ly}narrowed lips", "tight lips"),
    24: ("{ly}pressed lips", "lips {ly}pressed together", "firmly closed lips"),
    25: ("{ly}parted lips", "lips slightly open", "lips {ly}apart"),
    26: ("a {ly}dropped jaw", "an {ly}open mouth", "the jaw {ly}hanging down", "a wide open mouth"),
    32: ("a {ly}bitten lower lip", "teeth on the lower lip", "teeth biting the lip"),
    43: ("{ly}drooping eyelids", "half-closed eyes", "{ly}lowered eyelids", "heavy eyelids"),
    61: ("eyes {ly}turned to the side", "a {al}sideways glance", "eyes looking {ly}aside"),
    64: ("eyes {ly}cast down", "a {ly}lowered gaze", "eyes looking {ly}down"),
}
# "Slightly wide open" and "strongly slightly open" are not said: a strength chooses among the phrases.
_NEVER_SLIGHT = frozenset({"wide open eyes", "staring eyes", "a mouth stretched wide", "tight lips"}) | {
    "firmly closed lips",
    "a wide open mouth",
    "half-closed eyes",
    "heavy eyelids",
}
_NEVER_STRONG = frozenset({"lips slightly open"})

_BOTH_BROWS = ("{ly}raised eyebrows", "eyebrows lifted high", "highly raised brows")
_AT_REST = (
    "a relaxed face",
    "a still face and a closed mouth",
    "relaxed brows, eyes and mouth",
    "a calm face without movement",
    "an even gaze and a resting mouth",
)
_TOO_LITTLE_SEEN = (
    "hardly any movement to be seen",
    "no clear movement to be seen",
    "little to be seen of the features",
)
_AT_REST_COVERED = ("a relaxed face", "a calm face without movement")
_OPENINGS = ("{who} with {what}", "the face of {who} with {what}", "a close-up of {who} with {what}")

_LY = {-1: ("slightly ", "faintly ", "somewhat "), 0: ("",), 1: ("strongly ", "clearly ", "markedly ")}
_AL = {-1: ("slight ", "faint "), 0: ("",), 1: ("strong ", "clear ")}

_COVERED: dict[Covering, tuple[str, ...]] = {
    "hand": ("partly covered by a hand", "half hidden behind a hand"),
    "scarf": ("wrapped in a scarf up to the mouth", "hidden by a scarf from the mouth down"),
    "mask": ("covered by a mask over the mouth", "partly covered by a mask"),
    "sunglasses": ("hidden at the eyes by sunglasses", "partly covered by dark sunglasses"),
    "hair": ("partly covered by a strand of hair", "half hidden behind loose hair"),
    "object": ("partly covered by a passing object", "hidden for a moment by something passing"),
}
_TURNED = ("turned to the side", "seen half from the side")
_NODS = {-1: ("tilted back", "lifted up"), 1: ("bent down", "tilted forwards")}


def describe_clip(shown: Shown, rng: random.Random) -> str:
    """One sentence without a full stop, such as "a woman with raised inner brows and a mouth turned down"."""
    chosen = shown.noticed
    phrases = []
    if {1, 2} <= set(chosen) and 4 not in chosen:
        phrases.append(_graded(_BOTH_BROWS, min(shown.strength(1), shown.strength(2)), rng))
        chosen = [unit for unit in chosen if unit not in (1, 2)]
    phrases += [_graded(_PHRASES[unit], shown.strength(unit), rng) for unit in chosen]
    what = _joined(phrases) if phrases else rng.choice(_nothing_moves(shown))
    sentence = rng.choice(_OPENINGS).format(who=f"a {shown.person}", what=what)
    about = _circumstances(shown, rng)
    return f"{sentence}, the face {_joined(about)}" if about else sentence


def _graded(phrases: tuple[str, ...], strength: int, rng: random.Random) -> str:
    """One of the phrases, with a word for its strength where it needs one."""
    if strength == 0:
        return rng.choice(phrases).format(ly="", al="")
    unfit = _NEVER_SLIGHT | set(_BOTH_BROWS[1:]) if strength < 0 else _NEVER_STRONG
    phrase = rng.choice([phrase for phrase in phrases if phrase not in unfit])
    text = phrase.format(ly=rng.choice(_LY[strength]), al=rng.choice(_AL[strength]))
    return re.sub(r"\ban (?![aeiou])", "a ", text)  # an open mouth, a slightly open mouth


def _nothing_moves(shown: Shown) -> tuple[str, ...]:
    if shown.hides_units or (shown.tells_strength and shown.peaks):
        return _TOO_LITTLE_SEEN
    return _AT_REST_COVERED if shown.covering else _AT_REST


def _circumstances(shown: Shown, rng: random.Random) -> list[str]:
    said = [rng.choice(_TURNED)] if shown.is_turned else []
    said += [rng.choice(_NODS[shown.nod])] if shown.nod else []
    said += [rng.choice(_COVERED[shown.covering])] if shown.covering else []
    return said


def _joined(phrases: list[str]) -> str:
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} and {phrases[-1]}"
