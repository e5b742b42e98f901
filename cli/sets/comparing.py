"""`dfer sets diff`: what changed between two sets, and what it did to the runs on them."""

from pathlib import Path
from typing import Annotated

import typer

from .. import output
from ..options import DEFAULT_DB, Db, Force, Json
from ..set_names import SetName, reading


def diff(
    first: SetName,
    second: SetName,
    html: Annotated[Path | None, typer.Option(help="Also write a page that needs nothing else.")] = None,
    force: Force = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 if the words differ.")] = False,
    db: Db = DEFAULT_DB,
    json: Json = False,
) -> None:
    """What changed between two sets, word by word, and in the recalls of the runs that both have."""
    from description_store.runs import list_runs, load_outcomes
    from dfer.describe.difference import compare_sets

    from ..difference_output import difference_as_json, print_difference

    with reading(db, first) as a, reading(db, second) as b:
        before, after = a.found, b.found
        difference = compare_sets(before, after)
        runs = (
            list_runs(a.store, set_version=before.version),
            list_runs(b.store, set_version=after.version),
        )
        recalls = None
        if all(runs):
            from dfer.experiments.recall_difference import compare_recalls

            # A set in a file has no runs: both are of the one store.
            recalls = compare_recalls(*runs, lambda run: load_outcomes(a.store, run.id))
    if html:
        from dfer.experiments.difference_page import difference_page

        page = difference_page(before, after, difference, recalls, titles=(a.title, b.title))
        output.write_new(html, page, force=force)
    if json:
        output.print_json(difference_as_json(a.title, b.title, difference, recalls))
    else:
        print_difference(a.title, b.title, difference, recalls)
        if html:
            output.note(f"written to {html}")
    if exit_code and difference.changed_classes:
        raise typer.Exit(1)
