"""`dfer sets`: versions of descriptions and their life."""

import typer

from . import changing, checking, comparing, exchanging, labelling, looking

app = typer.Typer(
    no_args_is_help=True,
    help="Description sets: look at them, change, check and compare them, carry them elsewhere.",
)

app.command("list")(looking.list_sets)
app.command()(looking.show)
app.command()(looking.log)
app.command()(comparing.diff)
app.command()(checking.check)
app.command()(changing.edit)
app.command()(changing.select)
app.command()(changing.render)
app.command()(changing.compound)
app.command()(changing.control)
app.command()(changing.reparse)
app.command("import")(exchanging.import_file)
app.command()(exchanging.export)
app.command()(labelling.alias)
app.command()(labelling.tag)
app.command()(labelling.note)
