"""What a drawn clip shows, in a sentence of moving face parts; never an emotion's name."""

import random
from collections.abc import Mapping

from dfer.clips.synthetic.identity import Identity

# A unit weaker than this is not worth a word, and a person would not notice it either.
_NOTICED = 0.22
_AT_MOST = 5

# Several wordings each, so that what learns from captions learns words and not one sentence a class.
_PHRASES: dict[int, tuple[str, ...]] = {
    1: ("raised inner brows", "inner eyebrows pulled up", "the inner corners of the eyebrows raised"),
    2: ("raised outer brows", "outer eyebrows lifted", "arched outer eyebrows"),
    4: ("lowered brows", "furrowed brows", "eyebrows drawn together", "a knitted brow", "a frowning brow"),
    5: ("wide open eyes", "raised upper eyelids", "widened eyes", "staring eyes"),
    6: ("raised cheeks", "crinkled eyes", "wrinkles at the outer eye corners", "lifted cheeks"),
    7: ("tightened eyelids", "narrowed eyes", "tensed lower eyelids", "squinting eyes"),
    9: ("a wrinkled nose", "wrinkles across the nose", "a scrunched nose"),
    10: ("a raised upper lip", "the upper lip pulled up", "an upper lip curled upwards"),
    12: ("lip corners pulled up", "a smile", "upturned mouth corners", "a smiling mouth"),
    14: ("one mouth corner tightened", "a smirk on one side", "a one-sided dimple", "a lopsided mouth"),
    15: ("lip corners pulled down", "downturned mouth corners", "a mouth turned down"),
    17: ("a raised chin", "a wrinkled chin", "the chin pushed up", "a pushed up lower lip"),
    20: ("lips stretched sideways", "a mouth stretched wide", "horizontally stretched lips"),
    23: ("tightened lips", "narrowed lips", "tight lips"),
    24: ("pressed lips", "lips pressed together", "firmly closed lips"),
    25: ("parted lips", "lips slightly open", "lips apart"),
    26: ("a dropped jaw", "an open mouth", "the jaw hanging down", "a wide open mouth"),
    32: ("a bitten lower lip", "teeth on the lower lip", "teeth biting the lip"),
    43: ("drooping eyelids", "half-closed eyes", "lowered eyelids", "heavy eyelids"),
    61: ("eyes turned to the side", "a sideways glance", "eyes looking aside"),
    64: ("eyes cast down", "a lowered gaze", "eyes looking down"),
}
_BOTH_BROWS = ("raised eyebrows", "eyebrows lifted high", "highly raised brows")
_AT_REST = (
    "a relaxed face",
    "a still face and a closed mouth",
    "relaxed brows, eyes and mouth",
    "a calm face without movement",
    "an even gaze and a resting mouth",
)
_OPENINGS = ("{who} with {what}", "the face of {who} with {what}", "a close-up of {who} with {what}")


def describe_clip(peaks: Mapping[int, float], identity: Identity, rng: random.Random) -> str:
    """One sentence without a full stop, such as "a woman with raised inner brows and a mouth turned down"."""
    noticed = sorted((unit for unit, peak in peaks.items() if peak >= _NOTICED), key=lambda u: (-peaks[u], u))
    chosen = sorted(noticed[:_AT_MOST])
    phrases = []
    if {1, 2} <= set(chosen) and 4 not in chosen:
        phrases.append(rng.choice(_BOTH_BROWS))
        chosen = [unit for unit in chosen if unit not in (1, 2)]
    phrases += [rng.choice(_PHRASES[unit]) for unit in chosen]
    what = _joined(phrases) if phrases else rng.choice(_AT_REST)
    return rng.choice(_OPENINGS).format(who=f"a {identity.person}", what=what)


def _joined(phrases: list[str]) -> str:
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} and {phrases[-1]}"
