"""Descriptors that say the same in slightly other words, judged by CLIP's token ids.

Two that are folded by mistake lose a meaning, two that are kept apart cost a line: in doubt they differ.
"""

from collections import Counter
from collections.abc import Hashable
from functools import lru_cache

from dfer.describe.clip_tokens import token_ids

# Words that say nothing about the face. Intensity ("slightly"), number ("one") and negation are not here.
_FILLERS = frozenset(["a", "an", "the", "of", "on", "at", "to", "by", "is", "are", "be", "both"])
# With one of these it matters what stands where: "open mouth and closed eyes", "teeth over the lip".
_JOINS = frozenset(["and", "or", "with", "in", "but", "while", "than", "without", "no", "not", "instead"])
_PLACES = frozenset(
    [
        "over",
        "under",
        "above",
        "below",
        "beneath",
        "between",
        "behind",
        "against",
        "toward",
        "towards",
        "into",
    ]
)
# A face has two of each: one raised lip corner is contempt, two are a smile.
_PAIRED = frozenset(["eyes", "eyebrows", "eyelids", "lids", "corners", "cheeks", "nostrils", "sides"])
# Ends of words that look like a plural's and are none.
_NO_PLURALS = ("ss", "us", "is")


@lru_cache(maxsize=2**14)
def near_key(descriptor: str) -> Hashable:
    """Equal for near-duplicates: the same content words in any order, singular or plural.

    The order counts where a word joins, relates or negates others, the number where the face has two.
    """
    words = _words(descriptor)
    ids = tuple(token_ids(" ".join(words)))
    if "," in descriptor.strip(",") or not (_JOINS | _PLACES).isdisjoint(words):
        return ids
    return frozenset(Counter(ids).items())


@lru_cache(maxsize=2**14)
def content_tokens(descriptor: str) -> frozenset[int]:
    """The token ids of its content words."""
    return frozenset(token_ids(" ".join(_words(descriptor))))


def _words(descriptor: str) -> list[str]:
    """The content words, plurals as singulars; all words where none is left."""
    words = [word.strip(".,;:!?\"'()") for word in descriptor.casefold().split()]
    content = [_singular(word) for word in words if word and word not in _FILLERS]
    return content or descriptor.split()


def _singular(word: str) -> str:
    if word in _PAIRED or len(word) < 4 or not word.endswith("s") or word.endswith(_NO_PLURALS):
        return word
    return word[:-1]
