"""Everything that is worth a second look in a description set, before a run is spent on it."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from description_store.records import Description, DescriptionSet
from dfer.class_sets import ClassSet
from dfer.describe.class_words import class_words_in
from dfer.describe.clip_tokens import count_tokens, overflow, special_token_in, token_budget
from dfer.describe.language import foreign_reason
from dfer.describe.nearness import near_key
from dfer.describe.nonfacial import nonfacial_reason
from dfer.describe.overlap import near_descriptors, shared_descriptors
from dfer.describe.same_to_clip import alike

Severity = Literal["error", "warning"]

_THIN = 2
# Marks that typographers use, beside the ASCII ones.
_USUAL_MARKS = frozenset("‘’“”–—…·°½¼¾×")


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """`kind` is a stable name for scripts; with an "error" a run would be wrong or impossible."""

    kind: str
    severity: Severity
    classes: tuple[str, ...]
    message: str


def check_set(
    found: DescriptionSet, class_set: ClassSet, *, context_tokens: int, several_texts: bool = True
) -> tuple[Finding, ...]:
    """All findings, errors first, for a recipe that puts `context_tokens` beside each text.

    `several_texts`: whether it can read several texts of one class.
    """
    findings = [
        *_wrong_classes(found, class_set),
        *_same_text(found),
        *(() if several_texts else _several_texts(found)),
        *(finding for d in found.descriptions for finding in _of_class(d, found, class_set, context_tokens)),
        *_between_classes(found, class_set),
    ]
    return tuple(sorted(findings, key=lambda finding: finding.severity != "error"))


def control_judged_as(found: DescriptionSet) -> str | None:
    """The kind of control whose words are not judged; None once somebody typed words into it."""
    return None if (found.provenance.change or {}).get("edit") else found.provenance.control


def _wrong_classes(found: DescriptionSet, class_set: ClassSet) -> Iterator[Finding]:
    described, expected = found.class_names, class_set.names
    for kind, names, what in (
        ("missing-class", [n for n in expected if n not in described], "is not described"),
        ("unknown-class", [n for n in described if n not in expected], f"is no class of {class_set.name}"),
    ):
        for name in names:
            yield Finding(kind=kind, severity="error", classes=(name,), message=what)
    if sorted(described) == sorted(expected) and described != expected:
        message = f"the classes are not in the order of {class_set.name}"
        yield Finding(kind="order", severity="error", classes=(), message=message)


def _same_text(found: DescriptionSet) -> Iterator[Finding]:
    for names in alike(found.descriptions):
        message = "the same text, so CLIP cannot tell them apart"
        yield Finding(kind="same-text", severity="error", classes=tuple(names), message=message)


def _several_texts(found: DescriptionSet) -> Iterator[Finding]:
    if names := tuple(d.class_name for d in found.descriptions if len(d.texts) > 1):
        message = f"several texts ({found.rendering.combine}), and this recipe reads one: dfer sets render"
        yield Finding(kind="several-texts", severity="error", classes=names, message=message)


def _of_class(
    d: Description, found: DescriptionSet, class_set: ClassSet, context_tokens: int
) -> Iterator[Finding]:
    def finding(kind: str, message: str, severity: Severity = "warning") -> Finding:
        return Finding(kind=kind, severity=severity, classes=(d.class_name,), message=message)

    control = control_judged_as(found)
    if not d.descriptors or not d.text.strip():
        yield finding("empty", "has no descriptor", "error")
        return
    budget = token_budget(context_tokens)
    for text in d.texts:
        if (tokens := count_tokens(text)) > budget:
            beyond = overflow(text, budget)
            message = f"{tokens} tokens, but the budget is {budget}; beyond it: {beyond!r}"
            yield finding("budget", message, "error")
        if special := special_token_in(text):
            yield finding("special-token", f"CLIP would stop reading at {special!r}", "error")
    if odd := _odd_characters(d.text):
        yield finding("odd-characters", f"holds {', '.join(odd)}")
    if control is None and (reason := foreign_reason(d.text)):
        yield finding("language", reason)
    if control is None and len(d.descriptors) < _THIN and d.text.count(",") < _THIN:
        yield finding("thin", "has a single descriptor")
    for first, second in combinations(d.descriptors, 2):
        if near_key(first) == near_key(second):
            yield finding("repeated", f"{second!r} says the same as {first!r}")
    if control is None:
        for descriptor in d.descriptors:
            if reason := nonfacial_reason(descriptor):
                yield finding("nonfacial", f"{descriptor!r} is not in a face crop ({reason})")
        emotion = next((c for c in class_set.classes if c.name == d.class_name), None)
        for _, word in class_words_in("; ".join(d.descriptors), emotion) if emotion else ():
            yield finding("class-name", f"names its class: {word!r}")
    if d.dropped and not (found.provenance.keep or (found.provenance.change or {}).get("select")):
        yield finding("dropped", f"left out: {'; '.join(d.dropped)}")


def _between_classes(found: DescriptionSet, class_set: ClassSet) -> Iterator[Finding]:
    """Descriptors of different classes that CLIP will read alike. Compounds share what their parts say."""
    if control_judged_as(found) in ("names", "template", "shared"):
        return  # alike on purpose
    said = [(d.class_name, text) for d in found.descriptions for text in d.descriptors]
    for names, text in shared_descriptors(said, class_set):
        yield Finding(kind="shared", severity="warning", classes=names, message=f"all say {text!r}")
    for names, first, second in near_descriptors(said, class_set):
        yield Finding(kind="near", severity="warning", classes=names, message=f"{first!r} is near {second!r}")


def _odd_characters(text: str) -> list[str]:
    """Characters that CLIP hardly knows, or that people do not see: "U+200B ZERO WIDTH SPACE"."""
    odd = {c for c in text if not c.isascii() and c not in _USUAL_MARKS and not _is_latin(c)}
    odd |= {c for c in text if c.isascii() and not c.isprintable() and c != "\n"}
    return [f"U+{ord(c):04X} {unicodedata.name(c, 'a control character')}" for c in sorted(odd)]


def _is_latin(character: str) -> bool:
    return unicodedata.name(character, "").startswith("LATIN ")
