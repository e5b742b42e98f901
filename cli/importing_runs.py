"""`dfer runs import`: weights that DFER-CLIP or EmoCLIP publish, as a run to evaluate."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from . import output
from .options import DEFAULT_DB, Db, Json, Quiet, complete_dataset, complete_set, typed
from .training_options import Settings, parse_settings

_CLIP = "ViT-B-32-quickgelu"


def import_run(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="The published .pth file. It is read as data: nothing in it is run.")
    ],
    recipe: Annotated[Literal["dfer-clip", "emoclip"], typer.Option(help="Whose checkpoint it is.")],
    dataset: Annotated[
        str,
        typer.Option(help="What it was trained on: dfew, ferv39k, mafw.", autocompletion=complete_dataset),
    ],
    fold: Annotated[int, typer.Option(min=0, help="The fold that was its test set.")],
    seed: Annotated[int, typer.Option(help="The seed it was trained with; the scripts have 1.")] = 1,
    clip: Annotated[
        str, typer.Option(help="The open_clip architecture of the CLIP in the file; not read from dfer.toml.")
    ] = _CLIP,
    descriptions: Annotated[
        str | None,
        typer.Option(
            "--descriptions",
            "-d",
            help="The set it was trained with, if its words cannot be recovered from the file; EmoCLIP: the "
            "classes' words. Not read from dfer.toml.",
            autocompletion=complete_set,
        ),
    ] = None,
    settings: Settings = None,
    out: Annotated[
        Path | None, typer.Option(help="Where the weights are kept. Default: runs/ beside the store.")
    ] = None,
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a run of a published checkpoint: weights, words and all, but no numbers; `evaluate` makes those.

    What the file does not tell is said with --set: description_position=middle, temporal_heads=8.
    """
    from description_store.claims import check_writable
    from description_store.database import open_store
    from dfer.training.importing import Published, import_published

    from .runs import run_as_json
    from .set_names import stored_set

    with open_store(db) as store:
        check_writable(store)  # before gigabytes are read, not after
        named = typed(ctx, "descriptions")
        made = import_published(
            store,
            Published(
                file=file,
                recipe=recipe,
                dataset=dataset,
                fold=fold,
                seed=seed,
                architecture=typed(ctx, "clip") or _CLIP,
                overrides=parse_settings(settings),
            ),
            description_set=None if named is None else stored_set(store, named, quiet=quiet),
            out=out or db.resolve().parent / "runs",
        )
    run, words = made.run, made.description_set
    if made.set_created:
        output.note(f"{words.name}: the words recovered from {file.name}", quiet=quiet)
    if json:
        output.print_json(run_as_json(run) | {"created": made.created, "set_created": made.set_created})
        return
    if not made.created:
        output.note(f"unchanged: {run.name} is an import of exactly this", quiet=quiet)
    claimed = run.environment.get("claimed_war")
    output.say(
        f"{run.name} · {words.name} · {recipe} on {dataset}, fold {fold}, seed {seed} · imported"
        + (f" · its file claims WAR {float(claimed):.2f}" if claimed else "")
    )
    output.say(f"checkpoint: {run.folder}")
    output.note(
        f"next: dfer evaluate --run {run.name} --descriptions {words.name} --dataset {dataset} --data …",
        quiet=quiet,
    )
