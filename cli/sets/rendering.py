"""`dfer sets render` and `compound`: the same words, said otherwise."""

from typing import Annotated, Literal

import typer

from ..options import DEFAULT_DB, Db, Json, Quiet, complete_class_set
from ..set_names import SetName, stored_set
from .child import ContextTokens, OnOverflow, report, scrubbed
from .labelling import Alias, Note, point_alias


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
        made, created = save_child(store, parent, child, class_set, note=scrubbed(note_text))
        point_alias(store, alias, made, quiet=quiet)
    report(
        parent,
        made,
        created,
        "rendered anew",
        json=json,
        quiet=quiet,
        context_tokens=context_tokens,
        whole=True,
    )


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
        made, created = save_child(store, parent, child, class_set, note=scrubbed(note_text))
        point_alias(store, alias, made, quiet=quiet)
    report(
        parent,
        made,
        created,
        f"{class_set.name} from its parts",
        json=json,
        quiet=quiet,
        context_tokens=context_tokens,
        whole=True,
    )
