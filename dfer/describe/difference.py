"""What changed between two description sets, class by class and word by word."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from description_store.records import Description, DescriptionSet
from dfer.describe.clip_tokens import token_ids

Relation = Literal["same", "child", "parent", "siblings"]
Run = tuple[str, str]
_Read = tuple[str, tuple[int, ...]]  # a descriptor, and its CLIP tokens

# With fewer words in common than this share, marking single words would only make crumbs.
_COMMON = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassDifference:
    """`words`: the text as runs of (mark, words), " " in both, "-" only in the first, "+" only in the second.

    `several`: either set has several texts of the class, and each run is one whole text. Descriptors are the
    same if they are to CLIP; `moved` says that those of both are in another order. `same_to_clip`: what CLIP
    reads has not changed, other capitals for example. Tokens are None where that set lacks the class.
    """

    class_name: str
    removed: tuple[str, ...]
    added: tuple[str, ...]
    moved: bool
    several: bool
    same_to_clip: bool
    words: tuple[Run, ...]
    tokens_before: int | None
    tokens_after: int | None

    @property
    def changed(self) -> bool:
        return any(mark != " " for mark, _ in self.words)

    @property
    def unrelated(self) -> bool:
        """Whether the two texts have next to no word in common, as a random control has with its parent."""
        counts = {mark: sum(len(run.split()) for m, run in self.words if m == mark) for mark in " -+"}
        return counts[" "] < _COMMON * (counts[" "] + max(counts["-"], counts["+"]))

    @property
    def shown(self) -> tuple[Run, ...]:
        """The runs as people can read them: of unrelated texts, one whole text and then the other."""
        if self.several or not self.unrelated:
            return self.words
        whole = {mark: " ".join(text for m, text in self.words if m in (" ", mark)) for mark in "-+"}
        return tuple(run for run in whole.items() if run[1])

    @property
    def torn(self) -> bool:
        """Whether a run begins or ends within a descriptor, so that descriptors must be listed to be seen."""
        return any(
            not any(m == mark and descriptor in text for m, text in self.shown)
            for mark, descriptors in (("-", self.removed), ("+", self.added))
            for descriptor in descriptors
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class SetDifference:
    """`provenance` maps a changed field to its two values; `relation`: what the second is to the first."""

    classes: tuple[ClassDifference, ...]
    provenance: dict[str, tuple[Any, Any]]
    relation: Relation | None

    @property
    def changed_classes(self) -> tuple[ClassDifference, ...]:
        return tuple(c for c in self.classes if c.changed)


def compare_sets(before: DescriptionSet, after: DescriptionSet) -> SetDifference:
    """All classes of both, those of `before` first."""
    first = {d.class_name: d for d in before.descriptions}
    second = {d.class_name: d for d in after.descriptions}
    return SetDifference(
        classes=tuple(
            _compare(name, first.get(name), second.get(name)) for name in dict.fromkeys([*first, *second])
        ),
        provenance=_provenance(before, after),
        relation=_relation(before, after),
    )


def _compare(name: str, before: Description | None, after: Description | None) -> ClassDifference:
    old = [(d, tuple(token_ids(d))) for d in (before.descriptors if before else ())]
    new = [(d, tuple(token_ids(d))) for d in (after.descriptors if after else ())]
    (removed, kept_before), (added, kept_after) = _parted(old, new), _parted(new, old)
    texts = before.texts if before else (), after.texts if after else ()
    several = max(map(len, texts)) > 1
    words = _runs(*texts) if several else _word_runs(*(" ".join(text) for text in texts))
    return ClassDifference(
        class_name=name,
        removed=removed,
        added=added,
        moved=kept_before != kept_after,
        several=several,
        same_to_clip=texts[0] == texts[1] or [*map(token_ids, texts[0])] == [*map(token_ids, texts[1])],
        words=words,
        tokens_before=before.tokens if before else None,
        tokens_after=after.tokens if after else None,
    )


def _parted(these: Sequence[_Read], others: Sequence[_Read]) -> tuple[tuple[str, ...], list[tuple[int, ...]]]:
    """What `others` lack, as words, and what they have too, as tokens; said twice is more than said once."""
    there = Counter(ids for _, ids in others)
    lacking, kept = [], []
    for descriptor, ids in these:
        if there[ids]:
            there[ids] -= 1
            kept.append(ids)
        else:
            lacking.append(descriptor)
    return tuple(lacking), kept


def _word_runs(before: str, after: str) -> tuple[Run, ...]:
    """Words next to each other with the same mark make one run."""
    runs: list[tuple[str, list[str]]] = []
    for mark, word in _runs(before.split(), after.split()):
        if runs and runs[-1][0] == mark:
            runs[-1][1].append(word)
        else:
            runs.append((mark, [word]))
    return tuple((mark, " ".join(words)) for mark, words in runs)


def _runs(old: Sequence[str], new: Sequence[str]) -> tuple[Run, ...]:
    runs: list[Run] = []
    for tag, a, b, c, d in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag == "equal":
            runs += [(" ", part) for part in old[a:b]]
        else:
            runs += [("-", part) for part in old[a:b]] + [("+", part) for part in new[c:d]]
    return tuple(runs)


def _provenance(before: DescriptionSet, after: DescriptionSet) -> dict[str, tuple[Any, Any]]:
    old, new = _origin(before), _origin(after)
    return {name: (old[name], new[name]) for name in old if old[name] != new[name]}


def _origin(found: DescriptionSet) -> dict[str, Any]:
    own = {
        "class_set": found.class_set,
        "rendering": found.rendering.model_dump(mode="json"),
        "context_tokens": found.context_tokens,
    }
    return own | found.provenance.model_dump(mode="json")


def _relation(before: DescriptionSet, after: DescriptionSet) -> Relation | None:
    if after.hash == before.hash:
        return "same"
    if after.provenance.parent_hash == before.hash:
        return "child"
    if before.provenance.parent_hash == after.hash:
        return "parent"
    parent = before.provenance.parent_hash
    return "siblings" if parent and parent == after.provenance.parent_hash else None


def in_words(difference: SetDifference) -> dict[str, tuple[str, str]]:
    """Changes of origin, for people. That a relative has another author goes without saying."""
    told = difference.provenance
    if difference.relation:
        told = {name: told[name] for name in _TOLD_OF_RELATIVES if name in told}
    return {name: _said(before, after) for name, (before, after) in told.items()}


_TOLD_OF_RELATIVES = ("class_set", "rendering", "context_tokens", "control", "seed")


def _said(before: Any, after: Any) -> tuple[str, str]:
    """Of two objects only the fields that differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        same = [name for name in before if name in after and before[name] == after[name]]
        before, after = ({name: of[name] for name in of if name not in same} for of in (before, after))
    return _value(before), _value(after)


def _value(value: Any) -> str:
    if value in (None, {}, []):
        return "–"
    if isinstance(value, dict):
        return ", ".join(f"{name}={json.dumps(inner, ensure_ascii=False)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    return str(value)
