"""`dfer sets list`, `show` and `log`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import output
from ..options import DEFAULT_DB, Db, Json
from ..set_names import SetName, reading
from ..set_output import made_by, print_descriptors, print_set, row_as_json, set_as_json

if TYPE_CHECKING:
    from description_store.records import DescriptionSet

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
    from description_store.database import open_store

    shown = newest or (None if every or json else _NEWEST)
    with open_store(db, must_exist=True) as store:
        rows = sets.list_sets(store, newest=shown, tag=tag and checked_tag(tag))
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
                made_by(row),
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
    from description_store.lineage import ancestors, children
    from dfer.describe.difference import compare_sets

    with reading(db, name) as (store, found, _):
        line = [found, *ancestors(store, found.version)]
        below = {one.version: children(store, one.version) for one in line}
    steps = []
    for one, parent in zip(line, [*line[1:], None], strict=True):
        changed = compare_sets(parent, one).changed_classes if parent else ()
        steps.append(
            {
                "set": one.name,
                "hash": one.hash,
                "made_by": _how(one),
                "created_at": one.created_at,
                "class_set": one.class_set,
                "aliases": list(one.aliases),
                "tags": list(one.tags),
                "note": one.note,
                "notes": list(one.notes),
                "added": sum(len(c.added) for c in changed),
                "removed": sum(len(c.removed) for c in changed),
                "changed_classes": [c.class_name for c in changed],
                "children": [f"v{child}" for child in below[one.version]],
            }
        )
    if json:
        output.print_json({"log": steps, "missing_parent": _missing_parent(line[-1])})
        return
    _draw(steps, _missing_parent(line[-1]))


def _how(one: "DescriptionSet") -> str:
    from ..set_output import made_how

    return made_how(one)


def _missing_parent(root: "DescriptionSet") -> str | None:
    return root.provenance.parent_hash


def _draw(steps: list[dict[str, Any]], missing_parent: str | None) -> None:
    import textwrap

    for position, step in enumerate(steps):
        names = "".join(f" @{alias}" for alias in step["aliases"]) + "".join(f" #{t}" for t in step["tags"])
        output.say(f"● {step['set']}{names}  {step['made_by']}", bold=True)
        last = position == len(steps) - 1 and missing_parent is None
        bar = " " if last else "│"
        lines = [
            f"{step['class_set']} · {step['created_at'][:16].replace('T', ' ')} UTC · {step['hash'][4:12]}"
        ]
        if count := len(step["changed_classes"]):
            classes = f"{count} classes" if count > 3 else ", ".join(step["changed_classes"])
            counts = f"+{step['added']} −{step['removed']} descriptors"
            moved = "the same descriptors, said otherwise"
            lines.append(f"{counts if step['added'] or step['removed'] else moved}, in {classes}")
        lines += [f"“{text}”" for text in (step["note"], *step["notes"]) if text]
        above = steps[position - 1]["set"] if position else None
        if others := [child for child in step["children"] if child != above]:
            lines.append(f"also made from it: {', '.join(others)}")
        for line in lines:
            for part in textwrap.wrap(line, width=76):
                output.say(f"{bar} {part}")
        if not last:
            output.say("│")
    if missing_parent:
        output.say(f"○ {missing_parent[4:12]} is not in this store")
