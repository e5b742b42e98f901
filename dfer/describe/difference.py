"""What changed between two description sets, class by class and word by word."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from description_store.records import Description, DescriptionSet
from dfer.describe.clip_tokens import token_ids

Relation = Literal["child", "parent", "siblings"]

# With fewer words in common than this share, marking single words would only make crumbs.
_COMMON = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassDifference:
    """`words`: the text as runs of (mark, words), " " in both, "-" only in the first, "+" only in the second.

    Descriptors are the same if they are to CLIP; `moved` says that those of both are in another order. Tokens
    are None where the class is missing from that set.
    """

    class_name: str
    removed: tuple[str, ...]
    added: tuple[str, ...]
    moved: bool
    words: tuple[tuple[str, str], ...]
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
    old = before.descriptors if before else ()
    new = after.descriptors if after else ()
    kept_before = [ids for ids in _ids(old) if ids in _ids(new)]
    kept_after = [ids for ids in _ids(new) if ids in _ids(old)]
    return ClassDifference(
        class_name=name,
        removed=_without(old, new),
        added=_without(new, old),
        moved=kept_before != kept_after,
        words=_word_runs(before.text if before else "", after.text if after else ""),
        tokens_before=before.tokens if before else None,
        tokens_after=after.tokens if after else None,
    )


def _without(descriptors: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    there = set(_ids(others))
    return tuple(d for d, ids in zip(descriptors, _ids(descriptors), strict=True) if ids not in there)


def _ids(descriptors: Sequence[str]) -> list[tuple[int, ...]]:
    return [tuple(token_ids(descriptor)) for descriptor in descriptors]


def _word_runs(before: str, after: str) -> tuple[tuple[str, str], ...]:
    old, new = before.split(), after.split()
    runs: list[tuple[str, str]] = []
    for tag, a, b, c, d in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag == "equal":
            runs.append((" ", " ".join(old[a:b])))
            continue
        if a < b:
            runs.append(("-", " ".join(old[a:b])))
        if c < d:
            runs.append(("+", " ".join(new[c:d])))
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
    if after.provenance.parent_hash == before.hash:
        return "child"
    if before.provenance.parent_hash == after.hash:
        return "parent"
    parent = before.provenance.parent_hash
    return "siblings" if parent and parent == after.provenance.parent_hash else None
