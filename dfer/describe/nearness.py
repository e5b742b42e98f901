"""Descriptors that say the same in slightly other words, judged by CLIP's token ids."""

from collections import Counter
from functools import lru_cache

from dfer.describe.clip_tokens import token_ids

# Words that say nothing about the face. Intensity ("slightly") and negation are not among them.
_FILLERS = frozenset(
    ["a", "an", "the", "and", "or", "of", "with", "in", "on", "at", "to", "by", "is", "are", "be", "both"]
)
# Ends of words that look like a plural's and are none.
_NO_PLURALS = ("ss", "us", "is")


@lru_cache(maxsize=2**14)
def near_key(descriptor: str) -> frozenset[tuple[int, int]]:
    """Equal for near-duplicates: the same content words in any order, singular or plural.

    The token ids of the words that are left, with their counts; those of the whole text where none is left.
    """
    words = [_singular(word.strip(".,;:!?\"'()")) for word in descriptor.casefold().split()]
    content = " ".join(word for word in words if word and word not in _FILLERS)
    return frozenset(Counter(token_ids(content or descriptor)).items())


def likeness(first: str, second: str) -> float:
    """Shared content tokens over all of both, from 0 to 1 (Jaccard); 1 for near-duplicates."""
    a, b = near_key(first), near_key(second)
    return len(a & b) / len(a | b) if a | b else 1.0


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(_NO_PLURALS):
        return word[:-1]
    return word
