"""`dfer sets`: versions of descriptions and their life."""

from typing import Annotated, Literal

import typer

from . import output
from .options import DEFAULT_DB, Db, Json, Quiet, complete_set
from .set_output import difference_as_json, print_difference, print_set, row_as_json, set_as_json

app = typer.Typer(no_args_is_help=True, help="Description sets: list, show, compare, make controls.")

SetName = Annotated[
    str,
    typer.Argument(help="v3, 3, @alias, latest, or the beginning of a hash.", autocompletion=complete_set),
]


@app.command("list")
def list_sets(db: Db = DEFAULT_DB, json: Json = False) -> None:
    """All versions, oldest first."""
    from description_store import sets
    from description_store.database import open_store

    with open_store(db, must_exist=True) as store:
        rows = sets.list_sets(store)
    if json:
        output.print_json({"sets": [row_as_json(row) for row in rows]})
        return
    output.print_table(
        ["set", "classes", "made by", "prompt", "parent", "runs", "hash", "note"],
        [
            [
                f"v{row['version']}" + "".join(f" @{alias}" for alias in (row["aliases"] or "").split()),
                row["class_set"],
                row["model"] or f"{row['kind']} {row['control'] or ''}".strip(),
                row["prompt"] or "",
                f"v{row['parent']}" if row["parent"] else "",
                str(row["runs"]),
                row["hash"][4:12],
                row["note"],
            ]
            for row in rows
        ],
        right=["runs"],
    )


@app.command()
def show(name: SetName, db: Db = DEFAULT_DB, json: Json = False) -> None:
    """One set: its words, token counts and where they come from."""
    from description_store.database import open_store
    from description_store.sets import find_set

    with open_store(db, must_exist=True) as store:
        found = find_set(store, name)
    if json:
        output.print_json(set_as_json(found))
        return
    print_set(found)


@app.command()
def diff(first: SetName, second: SetName, db: Db = DEFAULT_DB, json: Json = False) -> None:
    """What changed between two sets, word by word."""
    from description_store.database import open_store
    from description_store.sets import find_set
    from dfer.describe.difference import compare_sets

    with open_store(db, must_exist=True) as store:
        before, after = find_set(store, first), find_set(store, second)
    difference = compare_sets(before, after)
    if json:
        output.print_json(difference_as_json(before.name, after.name, difference))
        return
    print_difference(before.name, after.name, difference)


@app.command()
def control(
    name: SetName,
    kind: Annotated[
        Literal["names", "template", "scrambled", "swapped", "random"],
        typer.Option(help="What to replace the words by."),
    ],
    seed: Annotated[int, typer.Option(help="Decides the draws of scrambled, swapped and random.")] = 1,
    alias: Annotated[str | None, typer.Option(help="Point this @alias at the control.")] = None,
    note_text: Annotated[str, typer.Option("--note", help="Why this control was made.")] = "",
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a control set: would other words, matched in number and length, have done as well?"""
    from description_store.database import open_store
    from description_store.sets import checked_alias, find_set, load_class_set_content, move_alias
    from dfer.describe.asking.secrets import scrub
    from dfer.describe.controls import save_control

    with open_store(db, must_exist=True) as store:
        if alias:
            checked_alias(alias)
        parent = find_set(store, name)
        display = {c["name"]: c["display"] for c in load_class_set_content(store, parent.class_set_hash)}
        made, created = save_control(
            store,
            parent,
            kind=kind,
            seed=seed,
            display_names=display,
            note=scrub(note_text),
        )
        if alias:
            move_alias(store, alias, made.version)
    if json:
        output.print_json(set_as_json(made) | {"created": created})
        return
    print_set(made)
    outcome = "saved as" if created else "unchanged:"
    output.note(f"{kind} control of {parent.name} · {outcome} {made.name}", quiet=quiet)


@app.command()
def reparse(
    name: SetName,
    context_tokens: Annotated[
        int | None, typer.Option(help="Learnable context tokens to leave room for; else as the set has it.")
    ] = None,
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
    note_text: Annotated[str, typer.Option("--note", help="Why.")] = "",
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Read a set's answers again with today's parser, without a call; other words make a child."""
    from description_store.database import open_store
    from description_store.sets import find_set, load_class_set_content
    from dfer.class_sets import ClassSet
    from dfer.describe.asking.secrets import scrub
    from dfer.describe.reparsing import reparse

    with open_store(db, must_exist=True) as store:
        parent = find_set(store, name)
        content = load_class_set_content(store, parent.class_set_hash)
        made, created = reparse(
            store,
            parent,
            ClassSet.model_validate({"name": parent.class_set, "classes": content}),
            context_tokens=context_tokens,
            on_overflow=on_overflow,
            keep=keep,
            only_english=False if allow_non_english else None,
            note=scrub(note_text),
        )
    if json:
        output.print_json(set_as_json(made) | {"created": created})
        return
    print_set(made)
    outcome = f"saved as {made.name}, a child of {parent.name}" if created else f"unchanged: {made.name}"
    output.note(f"{parent.name} read again · {outcome}", quiet=quiet)


@app.command()
def alias(
    name: SetName,
    alias: Annotated[str, typer.Argument(help="The alias, with or without @.")],
    db: Db = DEFAULT_DB,
    quiet: Quiet = False,
) -> None:
    """Point @alias at a set. Aliases move; versions never change."""
    from description_store.database import open_store
    from description_store.sets import find_set, move_alias

    with open_store(db, must_exist=True) as store:
        found = find_set(store, name)
        move_alias(store, alias, found.version)
    output.note(f"@{alias.removeprefix('@')} is {found.name}", quiet=quiet)
