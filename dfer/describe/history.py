"""How a set came to be: its line, and what each step changed."""

from dataclasses import dataclass

from description_store.lineage import ancestors, children
from description_store.reading import Reader
from description_store.records import DescriptionSet
from dfer.describe.difference import compare_sets


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A set of the line, what it changed of its parent, and the versions that were made from it.

    `added` and `removed` count descriptors; nothing is changed where the parent is not in the store.
    """

    made: DescriptionSet
    added: int
    removed: int
    changed_classes: tuple[str, ...]
    children: tuple[int, ...]


def history(db: Reader, found: DescriptionSet) -> list[Step]:
    """From the set back to the first of its line that this store has."""
    line = [found, *ancestors(db, found.version)]
    return [
        _step(one, parent, children(db, one.version))
        for one, parent in zip(line, [*line[1:], None], strict=True)
    ]


def _step(one: DescriptionSet, parent: DescriptionSet | None, below: list[int]) -> Step:
    changed = compare_sets(parent, one).changed_classes if parent else ()
    return Step(
        made=one,
        added=sum(len(c.added) for c in changed),
        removed=sum(len(c.removed) for c in changed),
        changed_classes=tuple(c.class_name for c in changed),
        children=tuple(below),
    )
