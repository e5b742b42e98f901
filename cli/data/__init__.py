"""`dfer data`: clips on disk."""

import typer

from . import checking, drawing, packing

app = typer.Typer(no_args_is_help=True, help="Clips on disk: check them, pack them, draw a synthetic world.")


@app.callback()
def data() -> None:
    """Clips on disk: check them, pack them, draw a synthetic world."""


app.command()(checking.check)
app.command()(packing.pack)
app.command()(drawing.synth)
