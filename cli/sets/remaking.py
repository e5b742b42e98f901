"""`dfer sets control` and `reparse`: other words from what there is, without asking."""

from typing import Annotated, Literal

import typer

from .. import output
from ..options import DEFAULT_DB, Db, Json, Quiet
from ..set_names import SetName, stored_set
from ..set_output import print_set, set_as_json
from .child import ContextTokens, report, scrubbed
from .labelling import Alias, Note, point_alias


def control(
    name: SetName,
    kind: Annotated[
        Literal["names", "template", "scrambled", "swapped", "random", "shared"],
        typer.Option(help="What to replace the words by."),
    ],
    seed: Annotated[int, typer.Option(help="Decides the draws of all kinds but names and template.")] = 1,
    alias: Alias = None,
    note_text: Annotated[str, typer.Option("--note", help="Why this control was made.")] = "",
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a control set: would other words, matched in number and length, have done as well?"""
    from description_store.database import open_store
    from description_store.sets import checked_alias
    from dfer.class_sets.stored import class_set_of
    from dfer.describe.controls import save_control

    if alias:
        checked_alias(alias)
    with open_store(db, must_exist=True) as store:
        parent = stored_set(store, name, quiet=quiet)
        class_set = class_set_of(store, parent)
        made, created = save_control(store, parent, class_set, kind=kind, seed=seed, note=scrubbed(note_text))
        point_alias(store, alias, made, quiet=quiet)
    if json:
        output.print_json(set_as_json(made) | {"created": created})
        return
    print_set(made)
    outcome = "saved as" if created else "unchanged:"
    output.note(f"{kind} control of {parent.name} · {outcome} {made.name}", quiet=quiet)


def reparse(
    name: SetName,
    context_tokens: ContextTokens = None,
    on_overflow: Annotated[
        Literal["error", "trim"] | None,
        typer.Option(
            help="Text over the token budget: stop, or drop whole descriptors; else as the set did."
        ),
    ] = None,
    keep: Annotated[
        int | None, typer.Option(min=1, help="At most so many descriptors per class; else as the set has it.")
    ] = None,
    allow_non_english: Annotated[
        bool, typer.Option("--allow-non-english", help="Take words that CLIP's English encoder hardly knows.")
    ] = False,
    note_text: Note = "",
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Read a set's answers again with today's parser, without a call; other words make a child."""
    from description_store.database import open_store
    from dfer.class_sets.stored import class_set_of
    from dfer.describe.reparsing import reparse

    with open_store(db, must_exist=True) as store:
        parent = stored_set(store, name, quiet=quiet)
        made, created = reparse(
            store,
            parent,
            class_set_of(store, parent),
            context_tokens=context_tokens,
            on_overflow=on_overflow,
            keep=keep,
            only_english=False if allow_non_english else None,
            note=scrubbed(note_text),
        )
    report(
        parent,
        made,
        created,
        f"{parent.name} read again",
        json=json,
        quiet=quiet,
        context_tokens=context_tokens,
    )
