"""A class's texts compiled again without one of its descriptors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from description_store.records import Description, DescriptionSet
from dfer.class_sets import ClassSet, EmotionClass
from dfer.describe.clip_tokens import token_ids
from dfer.describe.rendering import render
from dfer.errors import ContentError

Parts = dict[str, tuple[str, ...]]
"""Descriptors by the class that they are said of: the class itself, or each part of a compound."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortened:
    """What CLIP reads of a class without this descriptor; no text at all where it was the only one."""

    descriptor: str
    texts: tuple[str, ...]


def shortened_texts(description_set: DescriptionSet, class_set: ClassSet) -> dict[str, tuple[Shortened, ...]]:
    """For each class, its descriptors in order, each with the texts that the others make.

    Said as the set says its words. A compound that is made of its parts loses the descriptor in every part
    that says it; the parts themselves are other classes and keep theirs.

    Raises:
        ContentError: another class set than the set was made for, or a text that its words do not make.
    """
    if class_set.hash != description_set.class_set_hash:
        raise ContentError(
            f"the set was made for {description_set.class_set}, and the classes given are {class_set.name}",
            hint="a class set of the same name may have changed: the set goes with what it was made for",
        )
    emotions = {emotion.name: emotion for emotion in class_set.classes}
    descriptions = {d.class_name: d for d in description_set.descriptions}
    return {
        name: tuple(_shortened(emotions, descriptions, name, description_set))
        for name in description_set.class_names
    }


def _shortened(
    emotions: Mapping[str, EmotionClass],
    descriptions: Mapping[str, Description],
    name: str,
    found: DescriptionSet,
) -> Iterator[Shortened]:
    own = descriptions[name]
    of_parts = found.rendering.compounds is not None and bool(emotions[name].components)
    parts = _parts(emotions, descriptions, name, found) if of_parts else {name: own.descriptors}
    if _text(parts, emotions, found) != own.text:
        raise ContentError(
            f"the set's words of {name} do not make its text {own.text[:60]!r}",
            hint="a set from another version of dfer can be rendered anew: dfer sets render",
        )
    for number, descriptor in enumerate(own.descriptors):
        if of_parts:  # a compound's descriptors are its parts', each once
            gone = token_ids(descriptor)
            left = {p: tuple(d for d in said if token_ids(d) != gone) for p, said in parts.items()}
        else:
            left = {name: own.descriptors[:number] + own.descriptors[number + 1 :]}
        text = _text(left, emotions, found)
        yield Shortened(descriptor=descriptor, texts=tuple(text.split("\n")) if text else ())


def _parts(
    emotions: Mapping[str, EmotionClass],
    descriptions: Mapping[str, Description],
    name: str,
    found: DescriptionSet,
) -> Parts:
    """What a compound says of each part: less than the part says itself where the compound was trimmed."""
    kept = {part: descriptions[part].descriptors for part in emotions[name].components}
    # Trimming took the last descriptor of the longest part, again and again (`dfer.describe.compiling`).
    for _ in descriptions[name].dropped:
        longest = max(kept, key=lambda part: len(kept[part]))
        kept[longest] = kept[longest][:-1]
    return kept


def _text(parts: Parts, emotions: Mapping[str, EmotionClass], found: DescriptionSet) -> str:
    between = " " if found.rendering.compounds == "concatenate" else "\n"
    return between.join(
        render(said, display=emotions[part].display, rendering=found.rendering)
        for part, said in parts.items()
        if said
    )
