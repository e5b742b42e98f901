"""`dfer sets select`: fewer words."""

import sys
from typing import Annotated

import typer

from .. import output
from ..options import DEFAULT_DB, Db, Json, Quiet
from ..set_names import SetName, stored_set
from .child import report, scrubbed
from .labelling import Alias, Note, point_alias


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
        asks = left_out and not yes and not json and sys.stdin.isatty()
        if asks and not typer.confirm(f"Make a child of {parent.name} without these?", err=True):
            output.note("nothing was changed", quiet=quiet)
            return
        rule = {"keep": keep, "drop_nonfacial": drop_nonfacial, "drop_class_words": drop_class_words}
        child = selected(parent, class_set, selection, rule={k: value for k, value in rule.items() if value})
        made, created = save_child(store, parent, child, class_set, note=scrubbed(note_text))
        point_alias(store, alias, made, quiet=quiet)
    done = f"left out {output.count_of(len(left_out), 'descriptor')}"
    report(parent, made, created, done, json=json, quiet=quiet, left_out=left_out)
