"""A changed set is a child: a version of its own that names its parent and what was done."""

from collections.abc import Mapping
from typing import Any

from sqlite_utils import Database

from description_store.annotations import add_note
from description_store.records import Description, DescriptionSet, Provenance, Rendering
from description_store.sets import save_set
from dfer import __version__
from dfer.class_sets import ClassSet
from dfer.class_sets.stored import store_class_set
from dfer.describe.compiling import ClassWords, OnOverflow, compile_descriptions


def own_words(
    parent: DescriptionSet, class_set: ClassSet, rendering: Rendering | None = None
) -> dict[str, ClassWords]:
    """The words of the classes that have their own: not of compounds that are made of their parts."""
    compounds = (rendering or parent.rendering).compounds
    of_parts = {c.name for c in class_set.classes if c.components} if compounds else set()
    return {
        d.class_name: ClassWords(descriptors=d.descriptors)
        for d in parent.descriptions
        if d.class_name not in of_parts
    }


def child_of(
    parent: DescriptionSet,
    class_set: ClassSet,
    words: Mapping[str, ClassWords],
    *,
    change: Mapping[str, Any],
    rendering: Rendering | None = None,
    context_tokens: int | None = None,
    on_overflow: OnOverflow = "error",
) -> DescriptionSet:
    """An unsaved child of `parent` with these words; `change` says what was done.

    Rendering and context tokens are the parent's unless given. Raises ContentError as `compile_descriptions`.
    """
    rendering = parent.rendering if rendering is None else rendering
    context_tokens = parent.context_tokens if context_tokens is None else context_tokens
    return DescriptionSet(
        class_set=class_set.name,
        class_set_hash=class_set.hash,
        descriptions=compile_descriptions(
            class_set, words, rendering=rendering, context_tokens=context_tokens, on_overflow=on_overflow
        ),
        provenance=Provenance(
            kind="edit",
            change=dict(change),
            parent_hash=parent.hash,
            # Random words are none the less random for another form.
            control=parent.provenance.control,
            seed=parent.provenance.seed,
        ),
        rendering=rendering,
        context_tokens=context_tokens,
        dfer_version=__version__,
    )


def save_child(
    db: Database, parent: DescriptionSet, child: DescriptionSet, class_set: ClassSet, *, note: str = ""
) -> tuple[DescriptionSet, bool]:
    """The saved child and whether it was created now; the parent where the child would be the same.

    A note on a set that was there before is added to its notes.
    """
    if _content(child) == _content(parent):
        if note:
            add_note(db, parent.version, note)
        return parent, False
    store_class_set(db, class_set)
    saved, created = save_set(db, child.model_copy(update={"note": note}))
    if note and not created:
        add_note(db, saved.version, note)
    return saved, created


def _content(found: DescriptionSet) -> tuple[object, ...]:
    def words(d: Description) -> tuple[object, ...]:
        return d.class_name, d.descriptors, d.text

    return found.class_set_hash, found.rendering, [words(d) for d in found.descriptions]
