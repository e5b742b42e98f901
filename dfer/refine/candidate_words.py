"""From a class's words and an answer's to the words that are tried in their place."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from dfer.class_sets import EmotionClass
from dfer.describe.class_words import class_words_in
from dfer.describe.nearness import near_key

How = Literal["replaced", "extended"]
Fits = Callable[[Sequence[str]], bool]
"""Whether the text of these descriptors is within the token budget."""

# All that the controls `names` and `template` say around a name, and its like.
_AROUND_A_NAME = r"(?:(?:an?|the) )?(?:(?:facial )?(?:expression|face) of )?"


@dataclass(frozen=True, kw_only=True, slots=True)
class CandidateWords:
    """A class's descriptors with the answer's in place of its own, or after them.

    `dropped` are those of the answer that the token budget leaves no room for. `changes` counts the
    descriptors that came and went.
    """

    how: How
    descriptors: tuple[str, ...]
    dropped: tuple[str, ...]
    changes: int


def candidate_words(
    own: Sequence[str], answered: Sequence[str], *, emotion: EmotionClass, other: EmotionClass, fits: Fits
) -> tuple[CandidateWords, ...]:
    """What can be tried for `emotion`, which is taken for `other`; the fewest changes first.

    None where the answer says nothing new. What names one of the two classes is not taken from an answer.
    Of the class's own words those that only say its name go when real ones come.
    """
    new = _distinct(
        [text for text in answered if not any(_names(text, one) for one in (emotion, other))], beside=()
    )
    real = tuple(text for text in own if not says_only_its_name(text, emotion))
    found: dict[tuple[str, ...], CandidateWords] = {}
    starts: tuple[tuple[How, tuple[str, ...]], ...] = (("replaced", ()), ("extended", real))
    for how, kept in starts:
        descriptors, dropped = _fitting(kept, _distinct(new, beside=kept), fits)
        changes = len(set(descriptors) ^ set(own))
        if len(descriptors) > len(kept) and changes:
            candidate = CandidateWords(how=how, descriptors=descriptors, dropped=dropped, changes=changes)
            found.setdefault(descriptors, candidate)
    return tuple(sorted(found.values(), key=lambda one: one.changes))


def says_only_its_name(descriptor: str, emotion: EmotionClass) -> bool:
    """ "happiness", or "an expression of happiness", of happiness."""
    names = "|".join(re.escape(name) for name in (emotion.name, emotion.display))
    return bool(re.fullmatch(rf"{_AROUND_A_NAME}(?:{names})\.?", descriptor.strip(), re.IGNORECASE))


def _names(text: str, emotion: EmotionClass) -> bool:
    return any(True for _ in class_words_in(text, emotion))


def _distinct(texts: Sequence[str], *, beside: Sequence[str]) -> tuple[str, ...]:
    """Without what `beside` or an earlier text says in nearly the same words."""
    seen = {near_key(text) for text in beside}
    kept = []
    for text in texts:
        if (key := near_key(text)) not in seen:
            seen.add(key)
            kept.append(text)
    return tuple(kept)


def _fitting(
    kept: tuple[str, ...], new: tuple[str, ...], fits: Fits
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """As many of the `new` ones after the `kept` as there is room for, from the first; and the others."""
    room = next((n for n in range(len(new), 0, -1) if fits((*kept, *new[:n]))), 0)
    return (*kept, *new[:room]), new[room:]
