"""Experiments: named grids of runs. Which of their cells are done is known from the runs."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from description_store.claims import runs_being_made
from description_store.database import now, writing
from description_store.errors import UnknownName
from description_store.hashing import canonical_json
from description_store.reading import Reader
from description_store.records import Cell, Experiment, Run
from description_store.runs import latest_by_spec

if TYPE_CHECKING:
    from sqlite_utils import Database

CellState = Literal["finished", "running", "failed", "open"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CellNow:
    """What became of a cell so far: `run` is its finished run, or its failed one if that is its state."""

    cell: Cell
    state: CellState
    run: Run | None = None


def save_experiment(
    db: "Database", *, name: str | None, grid: dict[str, Any], cells: Sequence[Cell]
) -> tuple[Experiment, bool]:
    """Keep an experiment, unless there is one of the same cells: that one is returned.

    Without a name the earliest one of these cells is meant, or a new one is called e1, e2, …  Where the same
    grid has become other cells, because clips were mended, say, "name" is saved as "name.2".

    Returns:
        The experiment, and whether it is new.

    Raises:
        UnknownName: there is one of this name with other cells, or the name cannot be one.
    """
    hashes = {cell.spec_hash for cell in cells}
    with writing(db):
        known = {e.name: e for e in list_experiments(db)}
        if name is None:
            name = next(
                (e.name for e in known.values() if {cell.spec_hash for cell in e.cells} == hashes),
                next(f"e{n}" for n in range(1, len(known) + 2) if f"e{n}" not in known),
            )
        elif not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
            raise UnknownName(
                f"{name!r} cannot be the name of an experiment",
                hint="letters, digits, '.', '_' or '-', at most 64 of them",
            )
        if name in known and known[name].grid == json.loads(canonical_json(grid)):
            numbered = [name, *(f"{name}.{n}" for n in range(2, len(known) + 3))]
            name = next(
                one
                for one in numbered
                if one not in known or {cell.spec_hash for cell in known[one].cells} == hashes
            )
        if name in known:
            before = {cell.spec_hash for cell in known[name].cells}
            if before != hashes:
                raise UnknownName(
                    f"experiment {name} is another grid: of its {len(before)} cells this one has "
                    f"{len(before & hashes)}, and {len(hashes - before)} others",
                    hint="choose another --name; what was finished in either is computed only once",
                )
            return known[name], False
        created_at = now()
        row = {"name": name, "grid": canonical_json(grid), "created_at": created_at}
        number = db.table("experiments").insert(row).last_pk
        assert number is not None
        db.table("experiment_cells").insert_all(
            cell.model_dump()
            | {"experiment": number, "position": position, "varied": canonical_json(cell.varied)}
            for position, cell in enumerate(cells)
        )
    made = Experiment(id=number, name=name, grid=grid, cells=tuple(cells), created_at=created_at)
    return made, True


def find_experiment(db: Reader, name: str) -> Experiment:
    """An experiment by its name, or the `latest`. Raises UnknownName."""
    known = list_experiments(db)
    if name == "latest" and known:
        return known[-1]
    for experiment in known:
        if experiment.name == name:
            return experiment
    names = ", ".join(experiment.name for experiment in known)
    raise UnknownName(f"there is no experiment {name!r}", hint=f"known: {names or 'none'}")


def list_experiments(db: Reader) -> list[Experiment]:
    """All, oldest first."""
    cells: dict[int, list[Cell]] = {}
    for row in db.query("SELECT * FROM experiment_cells ORDER BY experiment, position"):
        fields = {name: value for name, value in row.items() if name not in ("experiment", "position")}
        cell = Cell.model_validate(fields | {"varied": json.loads(row["varied"])})
        cells.setdefault(row["experiment"], []).append(cell)
    return [
        Experiment.model_validate(row | {"grid": json.loads(row["grid"]), "cells": cells.get(row["id"], ())})
        for row in db.query("SELECT * FROM experiments ORDER BY id")
    ]


def cells_now(db: Reader, cells: Sequence[Cell]) -> list[CellNow]:
    """Each cell with its state. A training that was stopped is not a failure: its cell is open."""
    hashes = [cell.spec_hash for cell in cells]
    finished, failed = (latest_by_spec(db, hashes, status=status) for status in ("finished", "failed"))
    making = runs_being_made(db)

    def of(cell: Cell) -> CellNow:
        if run := finished.get(cell.spec_hash):
            return CellNow(cell=cell, state="finished", run=run)
        if cell.spec_hash in making:
            return CellNow(cell=cell, state="running")
        run = failed.get(cell.spec_hash)
        if run is not None and run.error != "interrupted":
            return CellNow(cell=cell, state="failed", run=run)
        return CellNow(cell=cell, state="open")

    return [of(cell) for cell in cells]
