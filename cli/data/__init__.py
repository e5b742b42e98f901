"""`dfer data`: clips on disk."""

import typer

from . import drawing

app = typer.Typer(no_args_is_help=True, help="Clips on disk: the synthetic world.")


@app.callback()
def data() -> None:
    """Clips on disk: the synthetic world."""


app.command()(drawing.synth)
