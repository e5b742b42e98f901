"""What the commands that make children share: options, and how the child is told."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .. import output
from ..difference_output import print_difference
from ..set_output import print_set, set_as_json

if TYPE_CHECKING:
    from description_store.records import DescriptionSet

ContextTokens = Annotated[
    int | None, typer.Option(help="Learnable context tokens to leave room for; else as the set has it.")
]
OnOverflow = Annotated[
    Literal["error", "trim"],
    typer.Option(help="Text over the token budget: stop, or drop whole descriptors from its end."),
]


_OF_WORDS = ("class-name", "language", "nonfacial", "odd-characters", "repeated", "thin")
_WARNINGS = 4


def scrubbed(note: str) -> str:
    from dfer.describe.asking.secrets import scrub

    return scrub(note)


def report(
    parent: "DescriptionSet",
    made: "DescriptionSet",
    created: bool,
    done: str,
    *,
    json: bool,
    quiet: bool,
    whole: bool = False,
    context_tokens: int | None = None,
    **more: object,
) -> None:
    """What was made: what is new in it, or the `whole` set. `context_tokens` is what the user asked for."""
    from dfer.describe.difference import compare_sets

    if json:
        output.print_json(set_as_json(made) | {"created": created, "parent": parent.name} | more)
        return
    if whole:
        print_set(made)
    elif created:
        print_difference(parent.name, made.name, compare_sets(parent, made))
    output.note(f"{done} · {_outcome(parent, made, created)}", quiet=quiet)
    if context_tokens not in (None, made.context_tokens):
        output.warn(
            f"{made.name} has these words already, for {made.context_tokens} context tokens; the recipe "
            f"decides about the budget: dfer sets check {made.name} --context-tokens {context_tokens}",
            quiet=quiet,
        )
    if created:
        _warn_of_words(parent, made, quiet=quiet)
        output.note(
            f"next: dfer sets diff {parent.name} {made.name}   dfer sets check {made.name}", quiet=quiet
        )


def _outcome(parent: "DescriptionSet", made: "DescriptionSet", created: bool) -> str:
    if created:
        return f"saved as {made.name}, a child of {parent.name}"
    return f"unchanged: {made.name}" if made.hash == parent.hash else f"there already, as {made.name}"


def _warn_of_words(parent: "DescriptionSet", made: "DescriptionSet", *, quiet: bool) -> None:
    """What is new in the child and worth a second look; `dfer sets check` says all of it."""
    from dfer.class_sets import ClassSet
    from dfer.describe.checking import check_set

    names_alone = ClassSet.model_validate({"name": made.class_set, "classes": list(made.class_names)})
    new = {
        (f.classes, f.message): f
        for f in check_set(made, names_alone, context_tokens=made.context_tokens)
        if f.kind in _OF_WORDS
    }
    if made.class_set_hash == parent.class_set_hash:
        for f in check_set(parent, names_alone, context_tokens=made.context_tokens):
            new.pop((f.classes, f.message), None)
    for f in list(new.values())[:_WARNINGS]:
        output.warn(f"{', '.join(f.classes)}: {f.message}", quiet=quiet)
    if len(new) > _WARNINGS:
        output.warn(f"and {len(new) - _WARNINGS} more: dfer sets check {made.name}", quiet=quiet)
