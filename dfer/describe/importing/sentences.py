"""Whether a text is a sentence (CuPL, EmoCLIP) or a phrase (Menon & Vondrick, DFER-CLIP's lists)."""

from collections.abc import Iterable

# Verbs that say something of a face; a phrase has none, or is short ("the lips may be parted").
_SOME_VERBS = """
appear appears are can could does had has have is look looks may might seem seems should show shows was were
will would
"""
_VERBS = frozenset(_SOME_VERBS.split())
_LONGEST_PHRASE = 8  # words


def mostly_sentences(texts: Iterable[str]) -> bool:
    """Whether more than half of the texts are sentences."""
    judged = [is_sentence(text) for text in texts]
    return sum(judged) * 2 > len(judged)


def is_sentence(text: str) -> bool:
    """A capital and an end of its own, or a long text with a verb."""
    if text[:1].isupper() and text.rstrip("\"' )").endswith((".", "!", "?")):
        return True
    return len(text.split()) > _LONGEST_PHRASE and has_verb(text)


def has_verb(text: str) -> bool:
    return any(word.strip(",.;:!?()") in _VERBS for word in text.casefold().split())
