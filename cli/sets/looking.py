"""`dfer sets list`, `show` and `log`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import output
from ..options import DEFAULT_DB, Db, Json
from ..set_names import SetName, reading
from ..set_output import made_by, made_how, print_descriptors, print_set, row_as_json, set_as_json

if TYPE_CHECKING:
    from dfer.describe.history import Step

_NEWEST = 20


def list_sets(
    newest: Annotated[
        int | None,
        typer.Option("--newest", "-n", min=1, help=f"How many, counted from the end. Default: {_NEWEST}."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every version.")] = False,
    tag: Annotated[str | None, typer.Option(help="Only those with this tag.")] = None,
    db: Db = DEFAULT_DB,
    json: Json = False,
) -> None:
    """The versions, oldest first; --json has all of them."""
    from description_store import sets
    from description_store.annotations import checked_tag
    from description_store.database import open_to_look
    from description_store.records import Provenance

    shown = None if every else newest or (None if json else _NEWEST)
    with open_to_look(db) as store:
        rows = sets.list_sets(store, newest=shown, tag=None if tag is None else checked_tag(tag))
        more = sets.count_sets(store) - len(rows) if tag is None else 0
    if json:
        output.print_json({"sets": [row_as_json(row) for row in rows]}, one_line=True)
        return
    output.print_table(
        ["set", "classes", "made by", "parent", "runs", "hash", "note"],
        [
            [
                f"v{row['version']}" + "".join(f" @{alias}" for alias in (row["aliases"] or "").split()),
                row["class_set"],
                made_by(Provenance.model_validate_json(row["provenance"])),
                f"v{row['parent']}" if row["parent"] else "",
                str(row["runs"]) if row["runs"] else "",
                row["hash"][4:12],
                " ".join([*(f"#{tag}" for tag in (row["tags"] or "").split()), row["note"]]).strip(),
            ]
            for row in rows
        ],
        right=["runs"],
    )
    if tag and not rows:
        output.note(f"no set is tagged {tag}")
    if more:
        output.note(f"and {more:,} older: --all shows them")


def show(
    name: SetName,
    class_name: Annotated[
        str | None, typer.Option("--class", help="One class: its descriptors, numbered, and their origins.")
    ] = None,
    db: Db = DEFAULT_DB,
    json: Json = False,
) -> None:
    """One set: its words, token counts and where they come from."""
    from dfer.describe.descriptor_origins import descriptor_origins
    from dfer.errors import UsageError

    with reading(db, name) as (store, found, title):
        if class_name is not None and class_name not in found.class_names:
            raise UsageError(
                f"{title} has no class {class_name!r}", hint=f"its classes: {', '.join(found.class_names)}"
            )
        origins = [] if class_name is None else descriptor_origins(store, found, class_name)
    if class_name is None:
        output.print_json(set_as_json(found)) if json else print_set(found, title=title)
        return
    description = next(d for d in found.descriptions if d.class_name == class_name)
    if json:
        output.print_json(
            {
                "set": title,
                "class": class_name,
                "text": description.text,
                "tokens": description.tokens,
                "descriptors": [
                    {
                        "descriptor": origin.descriptor,
                        "set": f"v{origin.version}",
                        "class": origin.class_name,
                        "by": origin.by,
                        "agreeing": origin.agreeing,
                        "samples": origin.samples,
                    }
                    for origin in origins
                ],
                "dropped": list(description.dropped),
                "warnings": list(description.warnings),
            }
        )
        return
    print_descriptors(title, description, origins)


def log(name: SetName, db: Db = DEFAULT_DB, json: Json = False) -> None:
    """A set's ancestry: what was done at each step, and what is made from it."""
    from dfer.describe.history import history

    with reading(db, name) as (store, found, _):
        steps = history(store, found)
    missing_parent = steps[-1].made.provenance.parent_hash
    if json:
        output.print_json({"log": [_as_json(step) for step in steps], "missing_parent": missing_parent})
        return
    _draw(steps, missing_parent)


def _as_json(step: "Step") -> dict[str, Any]:
    one = step.made
    return {
        "set": one.name,
        "hash": one.hash,
        "made_by": made_how(one.provenance),
        "created_at": one.created_at,
        "class_set": one.class_set,
        "aliases": list(one.aliases),
        "tags": list(one.tags),
        "note": one.note,
        "notes": list(one.notes),
        "added": step.added,
        "removed": step.removed,
        "changed_classes": list(step.changed_classes),
        "children": [f"v{child}" for child in step.children],
    }


def _draw(steps: "list[Step]", missing_parent: str | None) -> None:
    import textwrap

    above: int | None = None
    for position, step in enumerate(steps):
        one = step.made
        names = "".join(f" @{alias}" for alias in one.aliases) + "".join(f" #{tag}" for tag in one.tags)
        output.say(f"● {one.name}{names}  {made_how(one.provenance)}", bold=True)
        last = position == len(steps) - 1 and missing_parent is None
        for line in _told(step, above):
            for part in textwrap.wrap(line, width=76):
                output.say(f"{' ' if last else '│'} {part}")
        if not last:
            output.say("│")
        above = one.version
    if missing_parent:
        output.say(f"○ {missing_parent[4:12]} is not in this store")


def _told(step: "Step", above: int | None) -> Iterator[str]:
    """The lines under a set's name; `above` is the child that is drawn already."""
    one = step.made
    yield f"{one.class_set} · {one.created_at[:16].replace('T', ' ')} UTC · {one.hash[4:12]}"
    if count := len(step.changed_classes):
        classes = f"{count} classes" if count > 3 else ", ".join(step.changed_classes)
        what = "the same descriptors, said otherwise"
        if step.added or step.removed:
            what = f"+{step.added} −{step.removed} descriptors"
        yield f"{what}, in {classes}"
    yield from (f"“{text}”" for text in (one.note, *one.notes) if text)
    if others := [f"v{child}" for child in step.children if child != above]:
        yield f"also made from it: {', '.join(others)}"
