"""`dfer sets`: versions of descriptions and their life."""

import typer

from . import (
    checking,
    comparing,
    editing,
    exchanging,
    labelling,
    looking,
    remaking,
    rendering,
    selecting,
)

app = typer.Typer(
    no_args_is_help=True,
    help="Description sets: look at them, change, check and compare them, carry them elsewhere.",
)

app.command("list")(looking.list_sets)
app.command()(looking.show)
app.command()(looking.log)
app.command()(comparing.diff)
app.command()(checking.check)
app.command()(editing.edit)
app.command()(selecting.select)
app.command()(rendering.render)
app.command()(rendering.compound)
app.command()(remaking.control)
app.command()(remaking.reparse)
app.command("import")(exchanging.import_file)
app.command()(exchanging.export)
app.command()(labelling.alias)
app.command()(labelling.tag)
app.command()(labelling.note)
