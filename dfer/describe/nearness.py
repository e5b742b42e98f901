"""Descriptors that say the same in slightly other words, judged by CLIP's token ids."""

from collections import Counter
from collections.abc import Hashable
from functools import lru_cache

from dfer.describe.clip_tokens import token_ids

# Words that say nothing about the face. Intensity ("slightly") and negation are not among them.
_FILLERS = frozenset(
    ["a", "an", "the", "and", "or", "of", "with", "in", "on", "at", "to", "by", "is", "are", "be", "both"]
)
# With one of these it matters what comes first: "teeth over the lip" is not "lip over the teeth".
_RELATIONS = frozenset(
    (
        "over under above below beneath between behind against toward towards from into than without but "
        "while no not instead"
    ).split()
)
# Ends of words that look like a plural's and are none.
_NO_PLURALS = ("ss", "us", "is")


@lru_cache(maxsize=2**14)
def near_key(descriptor: str) -> Hashable:
    """Equal for near-duplicates: the same content words, singular or plural, in any order.

    In the same order where a word relates others to each other, or negates one.
    """
    words = _words(descriptor)
    ids = tuple(token_ids(" ".join(words)))
    if "," in descriptor.strip(",") or not _RELATIONS.isdisjoint(words):
        return ids
    return frozenset(Counter(ids).items())


def likeness(first: str, second: str) -> float:
    """Shared content tokens over all of both, from 0 to 1 (Jaccard)."""
    a, b = (set(token_ids(" ".join(_words(text)))) for text in (first, second))
    return len(a & b) / len(a | b) if a | b else 1.0


def _words(descriptor: str) -> list[str]:
    """The content words, plurals as singulars; all words where none is left."""
    words = [word.strip(".,;:!?\"'()") for word in descriptor.casefold().split()]
    content = [_singular(word) for word in words if word and word not in _FILLERS]
    return content or descriptor.split()


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(_NO_PLURALS):
        return word[:-1]
    return word
