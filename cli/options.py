"""Options that many commands share."""

from pathlib import Path
from typing import Annotated, Any

import typer

Db = Annotated[
    Path,
    typer.Option("--db", envvar="DFER_DB", help="The description store, one SQLite file.", show_envvar=True),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only results and errors.")]

Force = Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")]

DEFAULT_DB = Path("dfer.db")


def typed(ctx: typer.Context, name: str) -> Any:
    """What the user typed for this option, or None: a default of dfer.toml is meant for other commands."""
    source = ctx.get_parameter_source(name)
    return ctx.params[name] if source is not None and source.name == "COMMANDLINE" else None


def complete_class_set(incomplete: str) -> list[str]:
    from dfer.class_sets import BUILT_IN

    return [name for name in BUILT_IN if name.startswith(incomplete)]


def complete_dataset(incomplete: str) -> list[str]:
    from dfer.clips.readers.reading import READERS

    return [name for name in READERS if name.startswith(incomplete)]


def complete_recipe(incomplete: str) -> list[str]:
    from dfer.models.settings import RECIPES

    return [name for name in RECIPES if name.startswith(incomplete)]


def complete_set(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of sets in the store at hand. Completion never makes a store and never fails."""
    from description_store.database import open_to_look
    from description_store.errors import StoreError
    from description_store.sets import list_sets

    try:
        with open_to_look(ctx.params.get("db") or DEFAULT_DB) as db:
            rows = list_sets(db)
    except StoreError:
        return []
    names = [f"v{row['version']}" for row in rows]
    names += [f"@{alias}" for row in rows for alias in (row["aliases"] or "").split()]
    return [name for name in [*names, "latest"] if name.startswith(incomplete)]
