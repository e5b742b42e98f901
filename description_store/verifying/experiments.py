"""Whether experiments and their cells are what they say, and agree with the runs."""

import json
from collections.abc import Iterator

from sqlite_utils import Database

from description_store.records import Cell
from description_store.verifying.findings import Found, Row, look_through

_SAID_OF_RUNS = ("set_version", "recipe", "fold", "seed")


def look_through_experiments(db: Database) -> list[Found]:
    """Experiments, and the cells of their grids."""

    def of_experiment(row: Row) -> Iterator[str]:
        if not isinstance(json.loads(row["grid"]), dict):
            yield "its grid is no record"
        sql = "SELECT position FROM experiment_cells WHERE experiment = ? ORDER BY position"
        positions = [position for (position,) in db.execute(sql, [row["id"]])]
        if positions != list(range(len(positions))):
            yield f"of its cells up to number {positions[-1]} only {len(positions)} are there"

    def of_cell(row: Row) -> Iterator[str]:
        fields = {name: row[name] for name in Cell.model_fields if name != "varied"}
        Cell(**fields, varied=json.loads(row["varied"]))
        if not db.table("experiments").count_where("id = ?", [row["experiment"]]):
            yield "it is of an experiment that is not there"
        if not db.table("description_sets").count_where("version = ?", [row["set_version"]]):
            yield f"v{row['set_version']} is not there"
        sql = f"SELECT id, {', '.join(_SAID_OF_RUNS)} FROM runs WHERE spec_hash = ?"
        for run, *said in db.execute(sql, [row["spec_hash"]]):
            if said != [row[column] for column in _SAID_OF_RUNS]:
                yield f"it is r{run}, which says otherwise of set, recipe, fold or seed"

    return [
        look_through(db, "experiments", lambda row: str(row["name"]), of_experiment),
        look_through(
            db, "experiment_cells", lambda row: f"{row['experiment']} cell {row['position']}", of_cell
        ),
    ]
