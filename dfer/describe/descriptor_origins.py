"""Where each word of a set comes from: who said it first in its line, and how many samples agree."""

from collections.abc import Sequence
from dataclasses import dataclass

from description_store.answers import parses_of_set
from description_store.lineage import ancestors
from description_store.reading import Reader
from description_store.records import DescriptionSet
from dfer.describe.clip_tokens import token_ids
from dfer.describe.nearness import near_key


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """`version` is the oldest set of the line that says the descriptor, of `class_name`; `by` is its author.

    The class is another one where words moved: a swapped control, a compound emotion made of its parts.
    `agreeing` of `samples` answers hold it (or a near-duplicate); both None where it is from no LLM.
    """

    descriptor: str
    version: int
    class_name: str
    by: str
    agreeing: int | None = None
    samples: int | None = None


def descriptor_origins(db: Reader, found: DescriptionSet, class_name: str) -> list[Origin]:
    """One per descriptor of the class, in order. A saved set; its class must exist."""
    line = [found, *ancestors(db, found.version)]
    descriptors = next(d.descriptors for d in found.descriptions if d.class_name == class_name)
    return [_origin(db, line, class_name, descriptor) for descriptor in descriptors]


def author_of(found: DescriptionSet) -> str:
    """Who made a set's words, in a few: "gpt-4", "random control", "edit", "import of words.yml"."""
    provenance = found.provenance
    if provenance.control:
        return f"{provenance.control} control"
    if provenance.imported:
        return f"import of {provenance.imported['file']}"
    return provenance.model or next(iter(provenance.change or {}), provenance.kind)


def _origin(db: Reader, line: Sequence[DescriptionSet], class_name: str, descriptor: str) -> Origin:
    ids = token_ids(descriptor)
    first = line[0]
    for older in line[1:]:
        said = _class_that_says(older, ids, class_name)
        if said is None:
            break
        first, class_name = older, said
    parses = parses_of_set(db, first.version).get(class_name, [])
    key = near_key(descriptor)
    agreeing = sum(any(near_key(text) == key for text in parse.descriptors) for parse in parses)
    return Origin(
        descriptor=descriptor,
        version=first.version,
        class_name=class_name,
        by="hand" if (first.provenance.change or {}).get("edit") else author_of(first),
        agreeing=agreeing if parses else None,
        samples=len(parses) or None,
    )


def _class_that_says(found: DescriptionSet, ids: list[int], own: str) -> str | None:
    """The class itself if it says so, else the first that does."""
    classes = sorted(found.descriptions, key=lambda d: d.class_name != own)
    return next(
        (d.class_name for d in classes if any(token_ids(text) == ids for text in d.descriptors)), None
    )
