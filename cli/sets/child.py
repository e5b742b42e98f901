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
    **more: object,
) -> None:
    """What was made: what is new in it, or the `whole` set."""
    from dfer.describe.difference import compare_sets

    if json:
        output.print_json(set_as_json(made) | {"created": created, "parent": parent.name} | more)
        return
    if whole:
        print_set(made)
    elif created:
        print_difference(parent.name, made.name, compare_sets(parent, made))
    outcome = f"saved as {made.name}, a child of {parent.name}" if created else f"unchanged: {made.name}"
    output.note(f"{done} · {outcome}", quiet=quiet)
    if created:
        output.note(
            f"next: dfer sets diff {parent.name} {made.name}   dfer sets check {made.name}", quiet=quiet
        )
