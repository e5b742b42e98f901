"""Fewer words: what to leave out of a set, with the reason for each."""

from collections.abc import Mapping
from dataclasses import dataclass

from description_store.records import DescriptionSet
from dfer.class_sets import ClassSet, EmotionClass
from dfer.describe.class_words import class_words_in
from dfer.describe.compiling import ClassWords
from dfer.describe.nearness import near_key
from dfer.describe.nonfacial import nonfacial_reason
from dfer.errors import ContentError


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    class_name: str
    descriptor: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """`words` holds what stays of each class, with what goes as its dropped descriptors."""

    words: Mapping[str, ClassWords]
    left_out: tuple[LeftOut, ...]


def select(
    parent: DescriptionSet,
    class_set: ClassSet,
    *,
    keep: int | None = None,
    drop_nonfacial: bool = False,
    drop_class_words: bool = False,
) -> Selection:
    """Of each class the first descriptor of any that say the same, less what else is asked to go.

    `keep` counts after the rest; a pool of samples is in the order of their agreement. Compound emotions that
    take their words from their parts follow those.

    Raises:
        ContentError: classes that would be left without a descriptor, with the reasons.
    """
    emotions = {emotion.name: emotion for emotion in class_set.classes}
    words: dict[str, ClassWords] = {}
    left_out: list[LeftOut] = []
    emptied: list[str] = []
    for d in parent.descriptions:
        emotion = emotions[d.class_name]
        if parent.rendering.compounds and emotion.components:
            continue
        kept: list[str] = []
        gone: list[LeftOut] = []
        for descriptor in d.descriptors:
            reason = _same_as(descriptor, kept)
            if reason is None and drop_nonfacial:
                reason = nonfacial_reason(descriptor)
            if reason is None and drop_class_words:
                reason = _class_word(descriptor, emotion)
            if reason is None and keep is not None and len(kept) == keep:
                reason = f"beyond the first {keep}"
            if reason is None:
                kept.append(descriptor)
            else:
                gone.append(LeftOut(class_name=d.class_name, descriptor=descriptor, reason=reason))
        if not kept:
            emptied.append(f"{d.class_name}: " + "; ".join(f"{g.descriptor!r} ({g.reason})" for g in gone))
        left_out += gone
        words[d.class_name] = ClassWords(
            descriptors=tuple(kept), dropped=tuple(g.descriptor for g in gone), warnings=()
        )
    if emptied:
        raise ContentError(
            "classes would be left without a descriptor:\n  " + "\n  ".join(emptied),
            hint="give them other words first (dfer sets edit), or ask for less to go",
        )
    return Selection(words=words, left_out=tuple(left_out))


def _same_as(descriptor: str, kept: list[str]) -> str | None:
    key = near_key(descriptor)
    return next((f"says the same as {other!r}" for other in kept if near_key(other) == key), None)


def _class_word(descriptor: str, emotion: EmotionClass) -> str | None:
    return next((f"names the class: {found!r}" for _, found in class_words_in(descriptor, emotion)), None)
