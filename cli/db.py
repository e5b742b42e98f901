"""`dfer db`: the store itself."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import output
from .options import DEFAULT_DB, Db, Json, Quiet

if TYPE_CHECKING:
    from description_store.verifying import Verified
    from description_store.verifying.findings import Problem

app = typer.Typer(
    no_args_is_help=True, help="The description store: where it is, whether it is sound, copies of it."
)

_SHOWN_PER_TABLE = 20


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


@app.command()
def check(db: Db = DEFAULT_DB, json: Json = False, quiet: Quiet = False) -> None:
    """Derive every hash in the store again and follow every reference. Changes nothing.

    Exit code 5 if anything is wrong.
    """
    from dataclasses import asdict

    from description_store.verifying import check as check_store
    from dfer.errors import ContentError

    verified = check_store(db)
    if json:
        output.print_json(
            {
                "path": str(db.resolve()),
                "problems": [asdict(problem) for problem in verified.problems],
                "remarks": [asdict(remark) for remark in verified.remarks],
                "checked": verified.checked,
            }
        )
    else:
        _print_verified(verified, quiet=quiet)
    if verified.problems:
        raise typer.Exit(ContentError.exit_code)


@app.command()
def backup(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="The copy; by default beside the store, named by date and time.", show_default=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    db: Db = DEFAULT_DB,
    json: Json = False,
) -> None:
    """Copy the store, complete or not at all, while others may go on writing to it."""
    from description_store.backup import back_up

    made = back_up(db, file, replace=force)
    if json:
        output.print_json({"path": str(made.path.resolve()), "bytes": made.size})
        return
    output.say(str(made.path))
    output.note(f"{made.size:,} bytes; to go back to it, see docs/store.md")


@app.command()
def schema(json: Json = False) -> None:
    """The SQL of the tables, for sqlite3, Datasette and queries of your own (docs/store.md)."""
    from description_store.schema import schema_sql

    tables = schema_sql()
    if json:
        output.print_json({"tables": tables})
        return
    output.say("\n\n".join(tables.values()))


def _print_verified(verified: "Verified", *, quiet: bool) -> None:
    by_table: dict[str, list[Problem]] = {table: [] for table in ("file", *verified.checked)}
    for problem in verified.problems:
        by_table.setdefault(problem.table, []).append(problem)
    for table, problems in by_table.items():
        rows = verified.checked.get(table)
        counted = "" if rows is None else output.count_of(rows, "row")
        said = output.count_of(len(problems), "problem") if problems else "sound"
        output.say(f"{table:<18} {counted:>12}  {said}", fg=typer.colors.RED if problems else None)
        for problem in problems[:_SHOWN_PER_TABLE]:
            output.say(f"  {_line(problem)}")
        if len(problems) > _SHOWN_PER_TABLE:
            output.say(f"  … and {len(problems) - _SHOWN_PER_TABLE:,} more; --json lists all")
    for remark in verified.remarks:
        output.note(_line(remark), quiet=quiet)
    if verified.problems:
        output.note("go back to a copy of the store, or export what is sound (docs/store.md)", quiet=quiet)


def _line(problem: "Problem") -> str:
    return f"{problem.row}: {problem.message}" if problem.row else problem.message
