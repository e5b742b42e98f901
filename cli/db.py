"""`dfer db`: the store itself."""

import typer

from . import output
from .options import DEFAULT_DB, Db, Json

app = typer.Typer(no_args_is_help=True, help="The description store: where it is.")


@app.command()
def path(db: Db = DEFAULT_DB, json: Json = False) -> None:
    """Where the store is (or would be made)."""
    where = db.resolve()
    if json:
        output.print_json({"path": str(where), "exists": where.exists()})
        return
    output.say(str(where))
    if not where.exists():
        output.note("it does not exist yet; `dfer describe` makes it")
