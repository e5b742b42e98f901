"""`dfer sets export` and `import`: between stores, and from what the field already has on disk."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .. import output
from ..options import DEFAULT_DB, Db, Force, Json, Quiet, complete_class_set
from ..set_names import SetName, reading
from ..set_output import print_set, set_as_json
from .labelling import Alias, Note, point_alias

if TYPE_CHECKING:
    from ..set_names import Named


def export(
    name: SetName,
    file: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file; else standard output.")
    ] = None,
    form: Annotated[
        Literal["json", "yaml", "text"] | None,
        typer.Option(
            "--format",
            help="json: everything, verified by hashes. yaml: the words, to edit. text: `class: text`. "
            "Default: by the file's ending, else json.",
        ),
    ] = None,
    force: Force = False,
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a set to a file: with its ancestors, prompts and raw answers, or its words alone."""
    from dfer.errors import UsageError

    form = form or _by_ending(file)
    if json and file is None:
        raise UsageError("--json tells of a file", hint="name it with --output; --format json is the export")
    with reading(db, name) as named:
        text = _text(named, form)
    if file is None:
        sys.stdout.write(text)
        return
    output.write_new(file, text, force=force)
    output.note(f"{named.title} written to {file} ({form})", quiet=quiet or json)
    if json:
        made = {"set": named.title, "hash": named.found.hash, "path": str(file), "format": form}
        output.print_json(made)


def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            help="A dfer export, a words file (.yaml), DFER-CLIP's Text.py, EmoCLIP's class_descriptions.yml,"
            " JSON of descriptors or sentences per class, or plain `class: text`."
        ),
    ],
    classes: Annotated[
        str | None,
        typer.Option(
            help="The class set that the words are for; a dfer export knows its own.",
            autocompletion=complete_class_set,
        ),
    ] = None,
    form: Annotated[
        Literal["dfer-clip", "emoclip", "descriptors", "sentences", "plain"] | None,
        typer.Option("--format", help="If it cannot be told from the file."),
    ] = None,
    variable: Annotated[
        str | None, typer.Option(help="Which list of a Python file, if there are several.")
    ] = None,
    ignore_extra: Annotated[
        bool, typer.Option("--ignore-extra", help="Leave out classes that the class set does not have.")
    ] = False,
    context_tokens: Annotated[
        int, typer.Option(help="Learnable context tokens that training will put before the text.")
    ] = 8,
    on_overflow: Annotated[
        Literal["error", "trim"], typer.Option(help="Text over the token budget: stop, or drop descriptors.")
    ] = "error",
    alias: Alias = None,
    note_text: Note = "",
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a set of a file: one that dfer exported keeps its hash; others say which file they come from."""
    from description_store.database import open_store
    from description_store.lineage import ancestors
    from description_store.sets import checked_alias
    from dfer.describe import imports
    from dfer.describe.asking.secrets import scrub

    if alias:
        checked_alias(alias)
    with open_store(db) as store:
        made, created, warnings = imports.import_file(
            store,
            file,
            classes=classes,
            form=form,
            variable=variable,
            ignore_extra=ignore_extra,
            context_tokens=context_tokens,
            on_overflow=on_overflow,
            note=scrub(note_text),
        )
        line = [one.name for one in reversed(ancestors(store, made.version))]
        point_alias(store, alias, made, quiet=quiet)
    for warning in warnings:
        output.warn(warning, quiet=quiet)
    if json:
        output.print_json(set_as_json(made) | {"created": created, "import_warnings": list(warnings)})
        return
    print_set(made)
    outcome = "saved as" if created else "unchanged:"
    origin = f", made from {', '.join(line)}" if line else ""
    output.note(f"{file.name} · {outcome} {made.name}{origin}", quiet=quiet)
    output.note(
        f"next: dfer sets check {made.name}   dfer sets control {made.name} --kind random", quiet=quiet
    )


def _by_ending(file: Path | None) -> Literal["json", "yaml", "text"]:
    endings: dict[str, Literal["json", "yaml", "text"]] = {".yaml": "yaml", ".yml": "yaml", ".txt": "text"}
    return endings.get(file.suffix.lower(), "json") if file else "json"


def _text(named: "Named", form: Literal["json", "yaml", "text"]) -> str:
    from description_store.exchange import export_set
    from description_store.export_file import write_export
    from dfer.class_sets.stored import class_set_of
    from dfer.describe.words_file import write_words
    from dfer.errors import ContentError

    from ..set_output import made_how

    found = named.found
    if form == "json":
        return write_export(export_set(named.store, found))
    if form == "text":
        if several := [d.class_name for d in found.descriptions if len(d.texts) > 1]:
            raise ContentError(
                f"a line of text per class cannot say that {', '.join(several[:3])} … have several texts",
                hint="--format yaml says it all",
            )
        return "".join(f"{d.class_name}: {text}\n" for d in found.descriptions for text in d.texts)
    heading = f"{named.title} · {found.class_set} · {made_how(found.provenance)} · {found.hash}"
    return write_words(found, class_set_of(named.store, found), heading=heading)
