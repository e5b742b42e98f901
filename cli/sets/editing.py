"""`dfer sets edit`."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from ..options import DEFAULT_DB, Db, Json, Quiet
from ..set_names import SetName, stored_set
from .child import ContextTokens, OnOverflow, report, scrubbed
from .labelling import Alias, Note, point_alias


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
    from description_store.claims import check_writable
    from description_store.database import open_store
    from description_store.sets import checked_alias
    from dfer.class_sets.stored import class_set_of
    from dfer.describe.children import save_child
    from dfer.describe.editing import drop_and_add, edited, edited_from_file
    from dfer.errors import UsageError

    from .editor import typed_text, typed_words

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
    with open_store(db, must_exist=True) as store, ExitStack() as until_saved:
        check_writable(store)
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
            path = file or until_saved.enter_context(typed_words(parent, class_set, db))
            child, note_in_file = edited_from_file(
                parent,
                class_set,
                typed_text(path),
                source=path.name,
                context_tokens=context_tokens,
                on_overflow=on_overflow,
            )
            note_text = note_text or note_in_file
        made, created = save_child(store, parent, child, class_set, note=scrubbed(note_text))
        point_alias(store, alias, made, quiet=quiet)
    report(parent, made, created, "edited", json=json, quiet=quiet, context_tokens=child.context_tokens)
