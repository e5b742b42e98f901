"""`dfer sets edit`, `select`, `render`, `compound`, `control`, `reparse`: each makes a child, none an end."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .. import output
from ..options import DEFAULT_DB, Db, Json, Quiet, complete_class_set
from ..set_names import SetName, stored_set
from ..set_output import print_set, set_as_json
from .labelling import Alias, Note, point_alias

if TYPE_CHECKING:
    from description_store.records import DescriptionSet

ContextTokens = Annotated[
    int | None, typer.Option(help="Learnable context tokens to leave room for; else as the set has it.")
]
OnOverflow = Annotated[
    Literal["error", "trim"],
    typer.Option(help="Text over the token budget: stop, or drop whole descriptors from its end."),
]


def edit(
    name: SetName,
    class_name: Annotated[str | None, typer.Option("--class", help="The class to change.")] = None,
    drop: Annotated[
        list[int] | None,
        typer.Option(help="The descriptor of this number goes (sets show --class); repeatable."),
    ] = None,
    add: Annotated[list[str] | None, typer.Option(help="A descriptor to add at the end; repeatable.")] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="An edited words file, as `sets export --format yaml` writes; - for stdin."),
    ] = None,
    context_tokens: ContextTokens = None,
    on_overflow: OnOverflow = "error",
    alias: Alias = None,
    note_text: Note = "",
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Change words by hand: in $EDITOR, from a file, or one class by flags. Makes a child."""
    from description_store.database import open_store
    from description_store.sets import checked_alias
    from dfer.class_sets.stored import class_set_of
    from dfer.describe.children import save_child
    from dfer.describe.editing import drop_and_add, edited
    from dfer.errors import UsageError

    from .editor import edit_words, read_words_path

    if file and (class_name or drop or add):
        raise UsageError("--file does not go with --class, --drop and --add", hint="the file says it all")
    if (drop or add) and class_name is None:
        raise UsageError("which class? --drop and --add change one", hint="--class anger --drop 2 --add …")
    if class_name and not (drop or add):
        raise UsageError(
            "nothing to change: --drop NUMBER or --add TEXT",
            hint=f"dfer sets show {name} --class {class_name}",
        )
    if alias:
        checked_alias(alias)
    with open_store(db, must_exist=True) as store:
        parent = stored_set(store, name, quiet=quiet)
        class_set = class_set_of(store, parent)
        if class_name is not None:
            old = {d.class_name: d.descriptors for d in parent.descriptions}
            if class_name not in old:
                raise UsageError(
                    f"{parent.name} has no class {class_name!r}", hint=f"its classes: {', '.join(old)}"
                )
            words = {class_name: drop_and_add(old[class_name], drop=drop or (), add=add or ())}
            child = edited(parent, class_set, words, context_tokens=context_tokens, on_overflow=on_overflow)
        else:
            child, note_in_file = (
                read_words_path(parent, class_set, file, context_tokens, on_overflow)
                if file
                else edit_words(parent, class_set, context_tokens, on_overflow)
            )
            note_text = note_text or note_in_file
        made, created = save_child(store, parent, child, class_set, note=_scrubbed(note_text))
        point_alias(store, alias, made, quiet=quiet)
    _report(parent, made, created, "edited", json=json, quiet=quiet)


def select(
    name: SetName,
    keep: Annotated[
        int | None, typer.Option(min=1, help="At most so many descriptors per class, the first.")
    ] = None,
    drop_nonfacial: Annotated[
        bool, typer.Option("--drop-nonfacial", help="Leave out body, voice, context and inner states.")
    ] = False,
    drop_class_words: Annotated[
        bool, typer.Option("--drop-class-words", help="Leave out descriptors that name their class.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would go, and why.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before anything is left out.")] = False,
    alias: Alias = None,
    note_text: Note = "",
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Keep fewer words; near-duplicates always go. Lists what goes, with reasons, and makes a child."""
    import sys

    from description_store.database import open_store
    from description_store.sets import checked_alias
    from dfer.class_sets.stored import class_set_of
    from dfer.describe.children import save_child
    from dfer.describe.deriving import selected
    from dfer.describe.selecting import select

    if alias:
        checked_alias(alias)
    with open_store(db, must_exist=True) as store:
        parent = stored_set(store, name, quiet=quiet)
        class_set = class_set_of(store, parent)
        selection = select(
            parent, class_set, keep=keep, drop_nonfacial=drop_nonfacial, drop_class_words=drop_class_words
        )
        left_out = [
            {"class": one.class_name, "descriptor": one.descriptor, "reason": one.reason}
            for one in selection.left_out
        ]
        if not json and left_out:
            headings = ["class", "left out", "reason"]
            output.print_table(headings, [[*one.values()] for one in left_out])
        if dry_run:
            if json:
                output.print_json({"dry_run": True, "set": parent.name, "left_out": left_out})
            else:
                output.note(
                    f"{output.count_of(len(left_out), 'descriptor')} of {parent.name} would go", quiet=quiet
                )
            return
        if left_out and not yes and not json and sys.stdin.isatty():
            typer.confirm(f"Make a child of {parent.name} without these?", abort=True, err=True)
        rule = {"keep": keep, "drop_nonfacial": drop_nonfacial, "drop_class_words": drop_class_words}
        child = selected(parent, class_set, selection, rule={k: value for k, value in rule.items() if value})
        made, created = save_child(store, parent, child, class_set, note=_scrubbed(note_text))
        point_alias(store, alias, made, quiet=quiet)
    done = f"left out {output.count_of(len(left_out), 'descriptor')}"
    _report(parent, made, created, done, json=json, quiet=quiet, left_out=left_out)


def render(
    name: SetName,
    form: Annotated[
        Literal["list", "sentence", "each"],
        typer.Option(help="One comma list (DFER-CLIP), one sentence (EmoCLIP), or each descriptor a text."),
    ],
    prefix: Annotated[
        str | None, typer.Option(help="Before each text; {class} stands for the class as people read it.")
    ] = None,
    suffix: Annotated[str | None, typer.Option(help="After each text.")] = None,
    combine: Annotated[
        Literal["joined", "mean_embedding", "mean_score", "max_score", "mean_raw"] | None,
        typer.Option(help="How several texts of a class make one score."),
    ] = None,
    context_tokens: ContextTokens = None,
    on_overflow: OnOverflow = "error",
    alias: Alias = None,
    note_text: Note = "",
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say the same words in another form. Makes a child."""
    from description_store.database import open_store
    from description_store.sets import checked_alias
    from dfer.class_sets.stored import class_set_of
    from dfer.describe.children import save_child
    from dfer.describe.deriving import rendered
    from dfer.describe.rendering import choose_rendering

    rendering = choose_rendering(form=form, prefix=prefix, suffix=suffix, combine=combine)
    if alias:
        checked_alias(alias)
    with open_store(db, must_exist=True) as store:
        parent = stored_set(store, name, quiet=quiet)
        class_set = class_set_of(store, parent)
        child = rendered(parent, class_set, rendering, context_tokens=context_tokens, on_overflow=on_overflow)
        made, created = save_child(store, parent, child, class_set, note=_scrubbed(note_text))
        point_alias(store, alias, made, quiet=quiet)
    _report(parent, made, created, "rendered anew", json=json, quiet=quiet)


def compound(
    name: SetName,
    classes: Annotated[
        str, typer.Option(help="A class set with compound emotions.", autocompletion=complete_class_set)
    ] = "mafw43",
    how: Annotated[
        Literal["average", "concatenate"],
        typer.Option(help="Average the embeddings of the parts, or put their texts in a row."),
    ] = "average",
    context_tokens: ContextTokens = None,
    on_overflow: OnOverflow = "error",
    alias: Alias = None,
    note_text: Note = "",
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Describe compound emotions by their parts (EmoCLIP §III-C). Makes a child for another class set."""
    from description_store.database import open_store
    from description_store.sets import checked_alias
    from dfer.class_sets import load_class_set
    from dfer.describe.children import save_child
    from dfer.describe.deriving import compounded

    class_set = load_class_set(classes)
    if alias:
        checked_alias(alias)
    with open_store(db, must_exist=True) as store:
        parent = stored_set(store, name, quiet=quiet)
        child = compounded(parent, class_set, how=how, context_tokens=context_tokens, on_overflow=on_overflow)
        made, created = save_child(store, parent, child, class_set, note=_scrubbed(note_text))
        point_alias(store, alias, made, quiet=quiet)
    _report(parent, made, created, f"{class_set.name} from its parts", json=json, quiet=quiet)


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
        made, created = save_control(
            store, parent, class_set, kind=kind, seed=seed, note=_scrubbed(note_text)
        )
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
            note=_scrubbed(note_text),
        )
    _report(parent, made, created, f"{parent.name} read again", json=json, quiet=quiet)


def _scrubbed(note: str) -> str:
    from dfer.describe.asking.secrets import scrub

    return scrub(note)


def _report(
    parent: "DescriptionSet",
    made: "DescriptionSet",
    created: bool,
    done: str,
    *,
    json: bool,
    quiet: bool,
    **more: object,
) -> None:
    if json:
        output.print_json(set_as_json(made) | {"created": created, "parent": parent.name} | more)
        return
    print_set(made)
    outcome = f"saved as {made.name}, a child of {parent.name}" if created else f"unchanged: {made.name}"
    output.note(f"{done} · {outcome}", quiet=quiet)
    if created:
        output.note(
            f"next: dfer sets diff {parent.name} {made.name}   dfer sets check {made.name}", quiet=quiet
        )
