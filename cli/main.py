"""`dfer`: the root command."""

from typing import Annotated

import typer

from .lazy_group import LazyGroup
from .settings import defaults_from_files

app = typer.Typer(
    name="dfer",
    cls=LazyGroup,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_show_locals=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Make, version, check and compare the words by which CLIP-like models recognise emotions in video.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from dfer import __version__

        from . import output

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
