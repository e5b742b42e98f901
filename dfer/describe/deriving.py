"""Children that differ from their parent in how its words are said, or in which of them stay."""

from typing import Any

from description_store.records import Compounds, DescriptionSet, Rendering
from dfer.class_sets import ClassSet
from dfer.describe.children import child_of, own_words
from dfer.describe.compiling import OnOverflow
from dfer.describe.rendering import choose_rendering
from dfer.describe.selecting import Selection
from dfer.errors import ContentError, UsageError


def selected(
    parent: DescriptionSet, class_set: ClassSet, selection: Selection, *, rule: dict[str, Any]
) -> DescriptionSet:
    """An unsaved child with the words that `selection` leaves; `rule` says how it was made."""
    return child_of(parent, class_set, selection.words, change={"select": rule})


def rendered(
    parent: DescriptionSet,
    class_set: ClassSet,
    rendering: Rendering,
    *,
    context_tokens: int | None = None,
    on_overflow: OnOverflow = "error",
) -> DescriptionSet:
    """An unsaved child with the same words, said otherwise."""
    return child_of(
        parent,
        class_set,
        own_words(parent, class_set, rendering),
        change={"render": rendering.model_dump(mode="json", exclude_none=True)},
        rendering=rendering,
        context_tokens=context_tokens,
        on_overflow=on_overflow,
    )


def compounded(
    parent: DescriptionSet,
    class_set: ClassSet,
    *,
    how: Compounds,
    context_tokens: int | None = None,
    on_overflow: OnOverflow = "error",
) -> DescriptionSet:
    """An unsaved child for `class_set`, whose compound emotions take their words from their parts.

    EmoCLIP §III-C: the parts' embeddings averaged as they are, or their descriptions one after the other.

    Raises:
        UsageError: the class set has no compound emotions, or the set has several texts for a class.
        ContentError: a class or a part that the parent does not describe; text over the budget.
    """
    if not any(emotion.components for emotion in class_set.classes):
        raise UsageError(
            f"{class_set.name} has no compound emotions", hint="mafw43 has; dfer classes show NAME lists them"
        )
    of_parent = {d.class_name for d in parent.descriptions}
    needed = {part for c in class_set.classes for part in (c.components or (c.name,))}
    if missing := sorted(needed - of_parent):
        raise ContentError(
            f"{parent.name} does not describe {', '.join(missing)}",
            hint=f"describe the single emotions of {class_set.name} first",
        )
    old = parent.rendering
    rendering = choose_rendering(form=old.form, prefix=old.prefix, suffix=old.suffix, compounds=how)
    singles = {name: own for name, own in own_words(parent, class_set, rendering).items() if name in needed}
    return child_of(
        parent,
        class_set,
        singles,
        change={"compounds": how},
        rendering=rendering,
        context_tokens=context_tokens,
        on_overflow=on_overflow,
    )
