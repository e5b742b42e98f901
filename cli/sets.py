"""`dfer sets`: versions of descriptions and their life."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from . import output
from .options import DEFAULT_DB, Db, Json, Quiet, complete_set

if TYPE_CHECKING:
    from description_store.records import DescriptionSet
    from dfer.describe.difference import SetDifference

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
        output.print_json({"sets": [_row_as_json(row) for row in rows]})
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
    _print_set(found)


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
        output.print_json(_difference_as_json(before.name, after.name, difference))
        return
    _print_difference(before.name, after.name, difference)


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
    _print_set(made)
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
    _print_set(made)
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


def classes_as_json(found: "DescriptionSet") -> list[dict[str, Any]]:
    return [
        {
            "class": d.class_name,
            "descriptors": list(d.descriptors),
            "text": d.text,
            "tokens": d.tokens,
            "dropped": list(d.dropped),
            "warnings": list(d.warnings),
        }
        for d in found.descriptions
    ]


def set_as_json(found: "DescriptionSet") -> dict[str, Any]:
    from dfer.describe.clip_tokens import token_budget

    return {
        "set": found.name,
        "hash": found.hash,
        "class_set": found.class_set,
        "class_set_hash": found.class_set_hash,
        "model": found.provenance.model,
        "prompt": found.provenance.prompt,
        "context_tokens": found.context_tokens,
        "budget": token_budget(found.context_tokens),
        "classes": classes_as_json(found),
        "provenance": found.provenance.model_dump(mode="json"),
        "aliases": list(found.aliases),
        "note": found.note,
        "dfer_version": found.dfer_version,
        "created_at": found.created_at,
    }


def _print_set(found: "DescriptionSet") -> None:
    from dfer.describe.clip_tokens import token_budget

    provenance = found.provenance
    made_by = provenance.model or f"{provenance.kind} {provenance.control or ''}".strip()
    output.say(
        f"{found.name} · {found.class_set} · {made_by} · {found.created_at[:19].replace('T', ' ')} UTC"
    )
    for label, value in (
        ("hash", found.hash),
        ("prompt", f"{provenance.prompt} {provenance.prompt_hash}" if provenance.prompt else ""),
        ("server", provenance.endpoint),
        ("answered", ", ".join(provenance.resolved_models or ())),
        ("asked" if provenance.sent else "sent", _params(provenance.params)),
        *(("sent", f"{_params(sent['params'])} ({sent['api']})") for sent in provenance.sent or ()),
        ("samples", "" if provenance.samples is None else str(provenance.samples)),
        ("keep", "" if provenance.keep is None else f"{provenance.keep} descriptors per class"),
        ("cut", ", ".join(provenance.truncated or ())),
        ("shorter", f"{', '.join(provenance.shortened or ())} by {provenance.shorten_prompt_hash}")
        if provenance.shortened
        else ("shorter", ""),
        ("seed", "" if provenance.seed is None else str(provenance.seed)),
        ("parent", provenance.parent_hash),
        ("aliases", " ".join(f"@{alias}" for alias in found.aliases)),
        ("note", found.note),
    ):
        if value:
            output.say(f"{label:>8}: {value}")
    budget = token_budget(found.context_tokens)
    output.print_table(
        ["class", f"tokens of {budget}", "description"],
        [[d.class_name, str(d.tokens), d.text] for d in found.descriptions],
        right=[f"tokens of {budget}"],
    )


def _params(params: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in params.items())


def _row_as_json(row: dict[str, Any]) -> dict[str, Any]:
    names = ("hash", "class_set", "kind", "control", "model", "prompt", "classes", "max_tokens", "runs")
    return {
        "set": f"v{row['version']}",
        **{name: row[name] for name in names},
        "parent": f"v{row['parent']}" if row["parent"] else None,
        "aliases": (row["aliases"] or "").split(),
        "note": row["note"],
        "created_at": row["created_at"],
    }


def _difference_as_json(first: str, second: str, difference: "SetDifference") -> dict[str, Any]:
    return {
        "a": first,
        "b": second,
        "identical_texts": not difference.changed_classes,
        "provenance": {name: {"a": a, "b": b} for name, (a, b) in difference.provenance.items()},
        "classes": [
            {
                "class": c.class_name,
                "changed": c.changed,
                "removed": list(c.removed),
                "added": list(c.added),
                "words": [{"mark": mark, "text": text} for mark, text in c.words],
                "tokens": {"a": c.tokens_before, "b": c.tokens_after},
            }
            for c in difference.classes
        ],
    }


def _print_difference(first: str, second: str, difference: "SetDifference") -> None:
    import textwrap

    for field, (a, b) in difference.provenance.items():
        output.say(f"{field}: {a} → {b}")
    if not difference.changed_classes:
        output.say(f"{first} and {second} have the same words")
        return
    for c in difference.changed_classes:
        before = "–" if c.tokens_before is None else c.tokens_before
        after = "–" if c.tokens_after is None else c.tokens_after
        output.say(f"\n{c.class_name}  ({before} → {after} tokens)", bold=True)
        for mark, words in c.words:
            colour = {"-": typer.colors.RED, "+": typer.colors.GREEN}.get(mark)
            for line in textwrap.wrap(words, width=76):
                output.say(f"{mark} {line}", fg=colour)
    unchanged = len(difference.classes) - len(difference.changed_classes)
    if unchanged:
        output.say(f"\nthe other {unchanged} did not change")
