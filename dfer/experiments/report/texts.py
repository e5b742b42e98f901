"""The words that were compared: class by class, every set's text beside the reference's."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from description_store.records import Description, DescriptionSet
from dfer.describe.clip_tokens import token_budget
from dfer.describe.difference import ClassDifference, compare_sets


@dataclass(frozen=True, kw_only=True, slots=True)
class SetText:
    """What one set says of a class. `difference` is from the reference's text to this; None of itself."""

    set: str
    description: Description
    budget: int
    difference: ClassDifference | None
    shared: float
    """The share of words that are the reference's too, in whatever order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassTexts:
    """What every set says of a class, the reference first."""

    name: str
    texts: tuple[SetText, ...]


def texts_by_class(sets: Mapping[str, DescriptionSet], reference: str) -> tuple[ClassTexts, ...]:
    """In the order of the reference's classes."""
    ordered = [reference, *(name for name in sets if name != reference)]
    differences = {
        name: {c.class_name: c for c in compare_sets(sets[reference], sets[name]).classes}
        for name in ordered[1:]
    }
    of = {name: {d.class_name: d for d in sets[name].descriptions} for name in ordered}
    return tuple(
        ClassTexts(
            name=class_name,
            texts=tuple(
                SetText(
                    set=name,
                    description=of[name][class_name],
                    budget=token_budget(sets[name].context_tokens),
                    difference=differences[name][class_name] if name in differences else None,
                    shared=shared_words(of[reference][class_name].text, of[name][class_name].text),
                )
                for name in ordered
                if class_name in of[name]
            ),
        )
        for class_name in sets[reference].class_names
    )


def shared_words(one: str, other: str) -> float:
    """From 0 to 1, of the longer text; capitals, order and punctuation aside."""
    first, second = (Counter(re.findall(r"\w+", text.casefold())) for text in (one, other))
    longer = max(first.total(), second.total())
    return (first & second).total() / longer if longer else 1.0
