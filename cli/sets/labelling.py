"""What people call a set and say of it: `dfer sets alias`, `tag`, `note`."""

from typing import TYPE_CHECKING, Annotated

import typer

from .. import output
from ..options import DEFAULT_DB, Db, Json, Quiet
from ..set_names import SetName, stored_set

if TYPE_CHECKING:
    from sqlite_utils import Database

    from description_store.records import DescriptionSet

Alias = Annotated[str | None, typer.Option(help="Point this @alias at the set.")]
Note = Annotated[str, typer.Option("--note", help="Why this set was made.")]


def alias(
    name: SetName,
    alias: Annotated[str, typer.Argument(help="The alias, with or without @.")],
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Point @alias at a set. Aliases move; versions never change."""
    from description_store.database import open_store

    with open_store(db, must_exist=True) as store:
        found = stored_set(store, name, quiet=quiet)
        before = point_alias(store, alias, found, quiet=quiet or json)
    if json:
        was = None if before is None else f"v{before}"
        output.print_json({"set": found.name, "alias": alias.removeprefix("@"), "before": was})


def tag(
    name: SetName,
    tag: Annotated[str, typer.Argument(help="A word that many sets may bear: curated, paper, broken.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take the tag away again.")] = False,
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Tag a set; `dfer sets list --tag` finds it again."""
    from description_store.annotations import add_tag, remove_tag
    from description_store.database import open_store
    from description_store.sets import find_set

    with open_store(db, must_exist=True) as store:
        found = stored_set(store, name, quiet=quiet)
        if remove:
            remove_tag(store, found.version, tag)
            outcome = f"{found.name} is no longer tagged {tag}"
        elif add_tag(store, found.version, tag):
            outcome = f"{found.name} is tagged {tag}"
        else:
            outcome = f"unchanged: {found.name} is tagged {tag} already"
        tags = find_set(store, found.name).tags
    output.note(outcome, quiet=quiet or json)
    if json:
        output.print_json({"set": found.name, "tags": list(tags)})


def note(
    name: SetName,
    text: Annotated[str, typer.Argument(help="What is to be known of this set.")],
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add a note to a set. Notes add up; none is changed."""
    from description_store.annotations import add_note
    from description_store.database import open_store
    from description_store.sets import find_set
    from dfer.describe.asking.secrets import scrub
    from dfer.errors import UsageError

    if not text.strip():
        raise UsageError("an empty note says nothing")
    with open_store(db, must_exist=True) as store:
        found = stored_set(store, name, quiet=quiet)
        add_note(store, found.version, scrub(text))
        notes = find_set(store, found.name).notes
    output.note(f"{found.name} has {output.count_of(len(notes), 'later note')}", quiet=quiet or json)
    if json:
        output.print_json({"set": found.name, "notes": list(notes)})


def point_alias(
    store: "Database", alias: str | None, found: "DescriptionSet", *, quiet: bool = False
) -> int | None:
    """Nothing without an alias. Says, and returns, where it pointed before."""
    from description_store.sets import move_alias

    if alias is None:
        return None
    before = move_alias(store, alias, found.version)
    was = "" if before in (None, found.version) else f" (it was v{before})"
    output.note(f"@{alias.removeprefix('@')} is {found.name}{was}", quiet=quiet)
    return before
