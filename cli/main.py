"""`dfer`: the root command."""

from typing import Annotated

import typer

from dfer import __version__

from . import (
    cache,
    classes,
    compare,
    data,
    db,
    demo,
    describe,
    downstream,
    evaluate,
    experiments,
    models,
    output,
    predict,
    prompts,
    rank,
    refine,
    runs,
    sets,
    sweep,
    train,
)
from .errors import CommandGroup
from .settings import defaults_from_files

app = typer.Typer(
    name="dfer",
    cls=CommandGroup,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_show_locals=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Make, version, check and compare the words by which CLIP-like models recognise emotions in video.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        output.say(f"dfer {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    ctx.default_map = defaults_from_files(ctx)


app.command()(describe.describe)
app.command()(models.models)
app.command()(train.train)
app.command()(evaluate.evaluate)
app.command()(predict.predict)
app.command()(sweep.sweep)
app.command()(rank.rank)
app.command()(refine.refine)
app.command()(compare.compare)
app.command()(downstream.downstream)
app.command()(demo.demo)
app.add_typer(sets.app, name="sets")
app.add_typer(runs.app, name="runs")
app.add_typer(experiments.app, name="experiments")
app.add_typer(prompts.app, name="prompts")
app.add_typer(cache.app, name="cache")
app.add_typer(classes.app, name="classes")
app.add_typer(data.app, name="data")
app.add_typer(db.app, name="db")
