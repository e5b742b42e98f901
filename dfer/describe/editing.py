"""Words changed by hand."""

from collections.abc import Mapping, Sequence

from description_store.records import DescriptionSet, Rendering
from dfer.class_sets import ClassSet
from dfer.describe.children import child_of, own_words
from dfer.describe.compiling import ClassWords, OnOverflow
from dfer.describe.typed_words import tidied
from dfer.describe.words_file import check_classes, read_words_file
from dfer.errors import ContentError, UsageError


def edited(
    parent: DescriptionSet,
    class_set: ClassSet,
    descriptors: Mapping[str, Sequence[str]],
    *,
    rendering: Rendering | None = None,
    context_tokens: int | None = None,
    on_overflow: OnOverflow = "error",
) -> DescriptionSet:
    """An unsaved child of `parent` in which some classes have these descriptors; the others keep theirs.

    Raises:
        ContentError: a class that the set does not have, or whose words come from its parts; a descriptor
            that cannot be printed; and as `compile_descriptions`.
    """
    rendering = parent.rendering if rendering is None else rendering
    own = own_words(parent, class_set, rendering)
    if unknown := [name for name in descriptors if name not in parent.class_names]:
        raise ContentError(
            f"{parent.name} has no class {', '.join(map(repr, unknown))}",
            hint=f"its classes: {', '.join(parent.class_names)}",
        )
    if derived := [name for name in descriptors if name not in own]:
        raise ContentError(
            f"{', '.join(derived)}: made of the words of its parts",
            hint="edit the parts; the compound emotion follows",
        )
    changed = {name: ClassWords(descriptors=words) for name, words in tidied(descriptors).items()}
    return child_of(
        parent,
        class_set,
        own | changed,
        change={"edit": "by hand"},
        rendering=rendering,
        context_tokens=context_tokens,
        on_overflow=on_overflow,
    )


def edited_from_file(
    parent: DescriptionSet,
    class_set: ClassSet,
    text: str,
    *,
    source: str,
    context_tokens: int | None = None,
    on_overflow: OnOverflow = "error",
) -> tuple[DescriptionSet, str]:
    """The unsaved child that a words file makes of `parent`, and the file's note.

    Raises:
        ContentError: the file is of another class set; and as `read_words_file` and `edited`.
    """
    read = read_words_file(text, source=source)
    if read.class_set not in (None, parent.class_set):
        raise ContentError(
            f"{source} describes {read.class_set}, {parent.name} describes {parent.class_set}",
            hint="`dfer sets import` makes a set of its own",
        )
    check_classes(read.descriptors, class_set, read.rendering or parent.rendering, source=source)
    child = edited(
        parent,
        class_set,
        read.descriptors,
        rendering=read.rendering,
        context_tokens=read.context_tokens if context_tokens is None else context_tokens,
        on_overflow=on_overflow,
    )
    return child, read.note


def drop_and_add(
    descriptors: Sequence[str], *, drop: Sequence[int] = (), add: Sequence[str] = ()
) -> tuple[str, ...]:
    """`drop` counts from 1, in the old list. Raises UsageError for a number that it does not have."""
    if wrong := [number for number in drop if not 1 <= number <= len(descriptors)]:
        raise UsageError(
            f"there is no descriptor {wrong[0]}: the class has {len(descriptors)}",
            hint="; ".join(f"{number} {text}" for number, text in enumerate(descriptors, start=1)),
        )
    return (*(text for number, text in enumerate(descriptors, start=1) if number not in drop), *add)
