"""Which class of a set each name of a file means."""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import lru_cache

from dfer.class_sets.aliases import DFER_CLIP_LABELS, canonical_label
from dfer.class_sets.class_set import ClassSet, stem
from dfer.describe.importing.reading import ImportedWords
from dfer.errors import ContentError

# Spellings found in published files that are too short of letters, or too near to other words, to guess.
# "Snxiety": DFER-CLIP's tables and code of MAFW.
_MISSPELLED = {
    "snxiety": "anxiety",
    "hapiness": "happiness",
    "suprise": "surprise",
    "suprised": "surprise",
    "dissapointment": "disappointment",
    "disapointment": "disappointment",
}
_BETWEEN_PARTS = re.compile(r"[\s,;&+/|_-]+(?:and\b[\s,;&+/|_-]*)?", re.IGNORECASE)


def match_classes(
    imported: ImportedWords,
    class_set: ClassSet,
    *,
    ignore_extra: bool = False,
    compounds_from_parts: bool = False,
) -> dict[str, tuple[str, ...]]:
    """The words by the set's own class names, in its order.

    A name means the class that is spelled so (case, spaces and marks do not count), that is displayed so,
    that the field calls so ("happy", "Angry"), or that has the same components in any order ("Disgust &
    Anger"). With `ignore_extra` other classes of the file are left out, with `compounds_from_parts` the
    compound classes of the set need not be there.

    Raises:
        ContentError: one message with every class that is missing, unknown, or described twice, and the
            nearest names.
    """
    meant: dict[str, list[str]] = {}
    extra: list[str] = []
    for written in imported.words:
        if (name := class_meant(written, class_set)) is None:
            extra.append(written)
        else:
            meant.setdefault(name, []).append(written)
    missing = [
        c for c in class_set.classes if c.name not in meant and not (compounds_from_parts and c.components)
    ]
    problems = [
        f"{name}: described {len(written)} times, as {' and '.join(map(repr, written))}"
        for name, written in meant.items()
        if len(written) > 1
    ]
    problems += [f"{c.name}: is not described{_nearest(c.name, extra)}" for c in missing]
    if not ignore_extra:
        unmet = [c.name for c in missing] or class_set.names
        problems += [f"{name!r}: is no class of {class_set.name}{_nearest(name, unmet)}" for name in extra]
    if problems:
        raise ContentError(
            f"the classes of the file are not those of {class_set.name}:\n  " + "\n  ".join(problems),
            hint=f"its classes: {', '.join(class_set.names)}; rename those in the file, or take another set",
        )
    return {name: imported.words[meant[name][0]] for name in class_set.names if name in meant}


def class_meant(written: str, class_set: ClassSet) -> str | None:
    """The class of the set that a name in a file means, or None."""
    name = _corrected(written)
    if found := canonical_label(name, class_set.names):
        return found
    if shown := [c.name for c in class_set.classes if stem(c.display) == stem(name)]:
        return shown[0]
    vocabulary, by_parts = _compounds(class_set)
    same = by_parts.get(_parts(_BETWEEN_PARTS.split(name), vocabulary), [])
    return same[0] if len(same) == 1 else None


@lru_cache(maxsize=8)
def _compounds(class_set: ClassSet) -> tuple[tuple[str, ...], dict[tuple[str, ...], list[str]]]:
    """The names that parts can have, and the classes of several parts by those."""
    own = dict.fromkeys([*class_set.names, *(part for c in class_set.classes for part in c.components)])
    # The field's other emotions too, so that "angry_sad" is told where the set has neither alone.
    vocabulary = (*own, *(label for label in DFER_CLIP_LABELS if canonical_label(label, own) is None))
    by_parts: dict[tuple[str, ...], list[str]] = {}
    for c in class_set.classes:
        parts = _parts(c.components or _BETWEEN_PARTS.split(c.name), vocabulary)
        if len(parts) > 1:
            by_parts.setdefault(parts, []).append(c.name)
    return vocabulary, by_parts


def _parts(words: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """The classes that the parts of a compound mean, in order; a part that means none stays as it is."""
    return tuple(sorted(canonical_label(_corrected(w), names) or stem(w) for w in words if w))


def _corrected(name: str) -> str:
    return _MISSPELLED.get(stem(name), name)


def _nearest(name: str, others: Iterable[str]) -> str:
    spelled = {stem(other): other for other in others}
    found = get_close_matches(stem(name), spelled, n=2)
    return f" (near: {', '.join(repr(spelled[match]) for match in found)})" if found else ""
