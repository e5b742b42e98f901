"""Texts that CLIP cannot tell apart: it lower-cases and collapses white space, so token ids decide."""

from collections.abc import Iterable

from description_store.records import Description
from dfer.describe.clip_tokens import token_ids


def seen_by_clip(text: str) -> frozenset[tuple[int, ...]]:
    """What CLIP sees of a class's text, or of its several texts, whose order does not matter."""
    return frozenset(tuple(token_ids(line)) for line in text.split("\n"))


def alike(descriptions: Iterable[Description]) -> list[list[str]]:
    """The classes that share their text, group by group."""
    groups: dict[frozenset[tuple[int, ...]], list[str]] = {}
    for d in descriptions:
        groups.setdefault(seen_by_clip(d.text), []).append(d.class_name)
    return [names for names in groups.values() if len(names) > 1]
