"""Runs and their per-clip predictions."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from description_store.database import now, writing
from description_store.errors import UnknownName
from description_store.hashing import canonical_json
from description_store.reading import Reader
from description_store.records import Outcome, Prediction, Run

if TYPE_CHECKING:
    from sqlite_utils import Database

_JSON_COLUMNS = ("specification", "metrics", "per_class", "confusion", "history", "environment")


def save_run(db: "Database", run: Run, predictions: Sequence[Prediction] = (), *, once: bool = False) -> Run:
    """Store a run together with its predictions, in one transaction.

    With `once`, nothing is stored where there is a finished run of the same specification: it is returned.
    """
    with writing(db):
        if once and (finished := find_finished(db, run.spec_hash)):
            return finished
        created_at = now()
        row = run.model_dump(exclude={"id"}) | {"created_at": created_at}
        row |= {column: canonical_json(row[column]) for column in _JSON_COLUMNS}
        run_id = db.table("runs").insert(row).last_pk
        db.table("predictions").insert_all(
            {
                "run_id": run_id,
                "position": position,
                "clip": p.clip,
                "label": p.label,
                "predicted": p.predicted,
                "scores": canonical_json(p.scores),
            }
            for position, p in enumerate(predictions)
        )
    return run.model_copy(update={"id": run_id, "created_at": created_at})


def find_run(db: Reader, name: str) -> Run:
    """A run by `r3`, `3` or `latest`."""
    if name == "latest":
        runs = list(db.query("SELECT * FROM runs ORDER BY id DESC LIMIT 1"))
    elif match := re.fullmatch(r"r?(\d{1,9})", name):
        runs = list(db.query("SELECT * FROM runs WHERE id = ?", [int(match[1])]))
    else:
        raise UnknownName(f"{name!r} names no run", hint="use r3, 3 or latest; `dfer runs list` shows them")
    if not runs:
        raise UnknownName(f"there is no run {name}", hint="`dfer runs list` shows the runs there are")
    return _run(runs[0])


def find_finished(db: Reader, spec_hash: str) -> Run | None:
    """The finished run of exactly this specification, if there is one."""
    sql = "SELECT * FROM runs WHERE spec_hash = ? AND status = 'finished' ORDER BY id DESC LIMIT 1"
    return next((_run(row) for row in db.query(sql, [spec_hash])), None)


def latest_by_spec(db: Reader, spec_hashes: Iterable[str], *, status: str = "finished") -> dict[str, Run]:
    """Of each of these specifications that has runs of this status, the latest."""
    sql = """
        SELECT * FROM runs WHERE id IN (
            SELECT max(id) FROM runs
            WHERE spec_hash IN (SELECT value FROM json_each(:hashes)) AND status = :status GROUP BY spec_hash)
    """
    rows = db.query(sql, {"hashes": json.dumps(list(spec_hashes)), "status": status})
    return {row["spec_hash"]: _run(row) for row in rows}


def list_runs(db: Reader, *, set_version: int | None = None) -> list[Run]:
    """All runs, oldest first, or those of one set."""
    where, arguments = ("", []) if set_version is None else ("WHERE set_version = ?", [set_version])
    return [_run(row) for row in db.query(f"SELECT * FROM runs {where} ORDER BY id", arguments)]


def load_predictions(db: Reader, run_id: int) -> list[Prediction]:
    rows = db.query("SELECT * FROM predictions WHERE run_id = ? ORDER BY position", [run_id])
    return [
        Prediction(
            clip=row["clip"],
            label=row["label"],
            predicted=row["predicted"],
            scores=tuple(json.loads(row["scores"])),
        )
        for row in rows
    ]


def load_outcomes(db: Reader, run_id: int) -> list[Outcome]:
    """Without the scores, which take most of the time to read."""
    rows = db.execute(
        "SELECT clip, label, predicted FROM predictions WHERE run_id = ? ORDER BY position", [run_id]
    )
    return [Outcome(*row) for row in rows]


def _run(row: dict[str, Any]) -> Run:
    return Run.model_validate(row | {column: json.loads(row[column]) for column in _JSON_COLUMNS})
