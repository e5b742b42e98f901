"""The class names of a list that has none: from the list of names beside it, else DFER-CLIP's order."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dfer.class_sets.aliases import DFER_CLIP_LABELS, canonical_label
from dfer.describe.importing.class_texts import one_line
from dfer.errors import ContentError

_NAMES = re.compile(
    r"(?:class|emotion|expression|label)_?names?|(?:^|_)(?:classes|labels)(?:_|$)", re.IGNORECASE
)
_CONTEXT = re.compile("context", re.IGNORECASE)
_PUBLISHED = (7, 11)


def is_list_of_names(label: str, value: Any) -> bool:
    """Judged by the name of the variable: `class_names_7`, `class_names_with_context_11`, `emotion_name`."""
    return _NAMES.search(label) is not None and isinstance(value, list)


def names_for(
    label: str, count: int, lists: Mapping[str, Any], *, source: str
) -> tuple[tuple[str, ...], str]:
    """The names of the classes that list `label` describes, and a warning where they are a guess.

    They are those of the list of names with as many items whose own name is most like `label`
    (`class_names_mafw` for `class_descriptor_mafw`), without what all items share ("a photo of anger.").
    Without such a list they are DFER-CLIP's, in its order.

    Raises:
        ContentError: several lists of names that disagree; none, and another number of classes than 7 or 11.
    """
    ranked: dict[tuple[int, bool], dict[tuple[str, ...], str]] = {}
    for other, value in lists.items():
        if is_list_of_names(other, value) and len(value) == count and (names := _as_names(other, value)):
            likeness = len(_parts(other) & _parts(label))
            ranked.setdefault((likeness, not _CONTEXT.search(other)), {}).setdefault(names, other)
    if ranked:
        best = ranked[max(ranked)]
        if len(best) > 1:
            raise ContentError(
                f"{source}: {' and '.join(best.values())} name the classes of {label} differently",
                hint="rename the right one so that it ends as the descriptions do",
            )
        return next(iter(best)), ""
    if count not in _PUBLISHED:
        raise ContentError(
            f"{source}: nothing says which classes the {count} texts of {label} describe",
            hint=f"add a list `class_names` of {count} names in their order (DFER-CLIP's own have 7 or 11)",
        )
    names = DFER_CLIP_LABELS[:count]
    return names, (
        f"the file names no classes for {label}; they are taken to be DFER-CLIP's, in its order: "
        f"{', '.join(names)}"
    )


def _as_names(label: str, value: Sequence[Any]) -> tuple[str, ...]:
    """Empty where the items are no names: not text, some the same, or sentences around no emotion."""
    if not all(isinstance(item, str) and item.strip() for item in value):
        return ()
    plain = [one_line(item).rstrip(". ") for item in value]
    bare = _without_shared_words(plain)
    if any(canonical_label(name, DFER_CLIP_LABELS) for name in bare):
        plain = bare
    elif _CONTEXT.search(label):
        return ()
    return tuple(plain) if len(set(plain)) == len(plain) and all(plain) else ()


def _without_shared_words(texts: Sequence[str]) -> list[str]:
    """Without the words that all begin or end with, as far as each keeps one."""
    words = [text.split() or [""] for text in texts]
    room = min(map(len, words)) - 1
    start = 0
    while start < room and len({own[start] for own in words}) == 1:
        start += 1
    end = 0
    while end < room - start and len({own[-1 - end] for own in words}) == 1:
        end += 1
    return [" ".join(own[start : len(own) - end]) for own in words]


def _parts(label: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", label.casefold()))
