"""`dfer experiments`: grids of runs, and how far they are."""

from statistics import fmean
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import output
from .confusion import percent
from .options import DEFAULT_DB, Db, Json
from .sweep_output import (
    count_states,
    failures_as_json,
    print_failures,
    print_rows,
    rows_as_json,
    settings_in_words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from description_store.experiments import CellNow

app = typer.Typer(no_args_is_help=True, help="Experiments: the grids of `dfer sweep`, and how far they are.")

_STATES = ("finished", "failed", "running", "open")


@app.command("list")
def list_experiments(db: Db = DEFAULT_DB, json: Json = False) -> None:
    """All experiments, oldest first, with the states of their cells."""
    from description_store import experiments
    from description_store.database import open_to_look

    with open_to_look(db) as store:
        found = [
            (e, count_states(experiments.cells_now(store, e.cells)))
            for e in experiments.list_experiments(store)
        ]
    if json:
        output.print_json(
            {
                "experiments": [
                    {
                        "experiment": e.name,
                        "cells": {"total": len(e.cells), **counts},
                        "created_at": e.created_at,
                    }
                    for e, counts in found
                ]
            }
        )
        return
    output.print_table(
        ["experiment", "made", "cells", *_STATES],
        [
            [e.name, e.created_at[:10], str(len(e.cells)), *(str(counts[state]) for state in _STATES)]
            for e, counts in found
        ],
        right=["cells", *_STATES],
    )


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="An experiment, or latest.")],
    db: Db = DEFAULT_DB,
    json: Json = False,
) -> None:
    """One experiment: its cells by state, what came out, by fold too, and what failed and why."""
    from description_store.database import open_to_look
    from description_store.experiments import cells_now, find_experiment
    from dfer.experiments.sweeping.summary import summary

    with open_to_look(db) as store:
        experiment = find_experiment(store, name)
        now = cells_now(store, experiment.cells)
    counts = count_states(now)
    rows = summary(now)
    if json:
        output.print_json(
            {
                "experiment": experiment.name,
                "created_at": experiment.created_at,
                "grid": experiment.grid,
                "cells": {"total": len(now), **counts},
                "rows": rows_as_json(rows),
                "failures": failures_as_json(now),
                "all_cells": [_cell_as_json(one) for one in now],
            }
        )
        return
    states = ", ".join(f"{counts[state]} {state}" for state in _STATES if counts[state])
    output.say(f"{experiment.name} · {output.count_of(len(now), 'cell')}: {states}")
    if rows:
        print_rows(rows)
        _print_folds(now)
    print_failures(now)


def _print_folds(now: "Sequence[CellNow]") -> None:
    """UAR by fold, a mean over seeds."""
    folds = sorted({one.cell.fold for one in now})
    if len(folds) < 2:
        return
    groups: dict[tuple[str, str, str], dict[int, list[float]]] = {}
    for one in now:
        key = (one.cell.recipe, settings_in_words(one.cell.varied), f"v{one.cell.set_version}")
        by_fold = groups.setdefault(key, {})
        if one.state == "finished" and one.run is not None and one.run.uar is not None:
            by_fold.setdefault(one.cell.fold, []).append(one.run.uar)
    headings = [f"fold {fold}" for fold in folds]
    output.say("\nUAR by fold:")
    output.print_table(
        ["recipe", "settings", "set", *headings],
        [
            [*key, *(percent(fmean(by_fold[fold])) if fold in by_fold else "–" for fold in folds)]
            for key, by_fold in groups.items()
        ],
        right=headings,
    )


def _cell_as_json(one: "CellNow") -> dict[str, Any]:
    cell, run = one.cell, one.run
    return {
        "set": f"v{cell.set_version}",
        "recipe": cell.recipe,
        "fold": cell.fold,
        "seed": cell.seed,
        "varied": cell.varied,
        "state": one.state,
        "run": None if run is None else run.name,
        "uar": None if run is None else run.uar,
        "war": None if run is None else run.war,
        "error": None if run is None else run.error or None,
        "spec_hash": cell.spec_hash,
    }
