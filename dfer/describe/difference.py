"""What changed between two description sets, class by class and word by word."""

from dataclasses import dataclass
from difflib import SequenceMatcher

from description_store.records import Description, DescriptionSet


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassDifference:
    """`words`: the text as runs of (mark, words), " " in both, "-" only in the first, "+" only in the second.

    Tokens are None where the class is missing from that set.
    """

    class_name: str
    removed: tuple[str, ...]
    added: tuple[str, ...]
    words: tuple[tuple[str, str], ...]
    tokens_before: int | None
    tokens_after: int | None

    @property
    def changed(self) -> bool:
        return any(mark != " " for mark, _ in self.words)


@dataclass(frozen=True, kw_only=True, slots=True)
class SetDifference:
    """`provenance` maps a changed field to its two values, as text."""

    classes: tuple[ClassDifference, ...]
    provenance: dict[str, tuple[str, str]]

    @property
    def changed_classes(self) -> tuple[ClassDifference, ...]:
        return tuple(c for c in self.classes if c.changed)


def compare_sets(before: DescriptionSet, after: DescriptionSet) -> SetDifference:
    first = {d.class_name: d for d in before.descriptions}
    second = {d.class_name: d for d in after.descriptions}
    return SetDifference(
        classes=tuple(
            _compare(name, first.get(name), second.get(name)) for name in dict.fromkeys([*first, *second])
        ),
        provenance=_provenance(before, after),
    )


def _compare(name: str, before: Description | None, after: Description | None) -> ClassDifference:
    old = before.descriptors if before else ()
    new = after.descriptors if after else ()
    return ClassDifference(
        class_name=name,
        removed=tuple(d for d in old if d not in new),
        added=tuple(d for d in new if d not in old),
        words=_word_runs(before.text if before else "", after.text if after else ""),
        tokens_before=before.tokens if before else None,
        tokens_after=after.tokens if after else None,
    )


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


def _provenance(before: DescriptionSet, after: DescriptionSet) -> dict[str, tuple[str, str]]:
    old = {"class_set": before.class_set} | before.provenance.model_dump(mode="json")
    new = {"class_set": after.class_set} | after.provenance.model_dump(mode="json")
    return {name: (str(old[name]), str(new[name])) for name in old if old[name] != new[name]}
