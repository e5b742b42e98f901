"""Sentences about a drawn face, in many wordings, for a CLIP to learn words from.

No emotion is named, but that eyebrows and mouths at rest are sometimes called neutral.

What `dfer-tiny` is tested with stays out of them: no sentence holds a descriptor of the built-in author, so
that its descriptions are read from known words in combinations that were never seen.
"""

import random
import re
from collections.abc import Mapping
from functools import cache

from dfer.action_units import EMOTIONS
from dfer.describe.facs_author import phrases
from dfer.training.tiny_clip.phrases import AT_REST, LY, NOTHING_MOVES, OPENINGS, SLIGHT_OF, TOGETHER, UNITS

_SLIGHT, _STRONG = 0.42, 0.8


_KEPT = 0.85
"""How often what could be said is said: a description need not be complete."""
_TOGETHER_SAID = 0.6
_AT_REST_SAID = 0.12
_AT_MOST = 5


def sentence(shown: Mapping[int, float], *, person: str, rng: random.Random) -> str:
    """What a face shows, `shown` being intensities by action unit, of those that can be seen."""
    said = _phrases_of(shown, rng)
    rng.shuffle(said)
    what = _joined(said[:_AT_MOST], rng)
    text = rng.choice(OPENINGS).format(what=what, who=person)
    return text + "." if rng.random() < 0.5 else text


@cache
def held_out() -> re.Pattern[str]:
    """Finds a descriptor of the built-in author in a text."""
    descriptors = {phrase for emotion in EMOTIONS for phrase in phrases([emotion])}
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(descriptors)))})\b")


def _phrases_of(shown: Mapping[int, float], rng: random.Random) -> list[str]:
    left = dict(shown)
    said = []
    for units, phrases_of_these in rng.sample(sorted(TOGETHER.items(), key=str), len(TOGETHER)):
        if (
            units <= left.keys()
            and min(left[unit] for unit in units) > _SLIGHT
            and rng.random() < _TOGETHER_SAID
        ):
            said.append(_worded(phrases_of_these, max(left.pop(unit) for unit in units), rng))
    for unit, intensity in left.items():
        if rng.random() < _KEPT:
            said.append(_worded(UNITS[unit], intensity, rng))
    resting = [of_part for units, of_part in AT_REST.items() if not units & shown.keys()]
    often = _AT_REST_SAID if shown else 0.6
    said += [_worded(of_part, 0.6, rng) for of_part in resting if rng.random() < often]
    if not shown and (not said or rng.random() < 0.6):
        said.append(_worded(NOTHING_MOVES, 0.6, rng))
    if not said:
        unit = rng.choice(sorted(shown))
        said.append(_worded(UNITS[unit], shown[unit], rng))
    return said


def _worded(phrases_of_one: tuple[str, ...], intensity: float, rng: random.Random) -> str:
    """One of the phrases, often with a word for a strength that is unusual."""
    strength = -1 if intensity < _SLIGHT else 1 if intensity > _STRONG else 0
    while True:
        ly = rng.choice(LY[strength]) if strength and rng.random() < 0.5 else ""
        phrase = rng.choice(phrases_of_one)
        text = phrase.format(ly=ly)
        if strength < 0 and "{ly}" not in phrase and rng.random() < 0.5:
            text = rng.choice(SLIGHT_OF).format(re.sub(r"^(?:a|an|the) ", "", text))
        if not held_out().search(text):
            return text


def _joined(said: list[str], rng: random.Random) -> str:
    if len(said) == 1:
        return said[0]
    last = rng.choice((" and ", ", and ", ", "))
    return ", ".join(said[:-1]) + last + said[-1]
