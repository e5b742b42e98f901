"""Whether runs and their predictions are what they say, and agree with each other."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sqlite_utils import Database

from description_store.hashing import protocol_hash, run_hash
from description_store.records import Prediction, Run
from description_store.runs import find_run
from description_store.verifying.findings import Found, Row, look_through

_DECIDED = ("set_hash", "recipe", "dataset", "fold", "seed", "selection")
_ROUNDING = 1e-6


def look_through_runs(db: Database) -> list[Found]:
    """Runs, and the predictions of their test clips."""

    @lru_cache(maxsize=8)
    def classes_of(run_id: int) -> tuple[str, ...]:
        sql = "SELECT specification FROM runs WHERE id = ?"
        (specification,) = db.execute(sql, [run_id]).fetchone() or ("{}",)
        return tuple(json.loads(specification).get("classes", ()))

    return [
        look_through(db, "runs", lambda row: f"r{row['id']}", lambda row: _of_run(db, row)),
        look_through(
            db,
            "predictions",
            lambda row: f"r{row['run_id']} clip {row['clip']!r}",
            lambda row: _of_prediction(row, classes_of(row["run_id"])),
        ),
    ]


def _of_run(db: Database, row: Row) -> Iterator[str]:
    run = find_run(db, f"r{row['id']}")
    for column, derived in (
        ("spec_hash", run_hash(run.specification)),
        ("protocol_hash", protocol_hash(run.specification)),
    ):
        if row[column] != derived:
            yield f"its specification has the {column} {derived}, not {row[column]}"
    for column in _DECIDED:
        if row[column] != run.specification[column]:
            yield f"the column {column} says {row[column]!r}, its specification otherwise"
    found = db.execute("SELECT hash FROM description_sets WHERE version = ?", [run.set_version]).fetchone()
    if found is None:
        yield f"its set v{run.set_version} is not there"
    elif found[0] != run.set_hash:
        yield f"its set v{run.set_version} has another hash than the run was made with, {run.set_hash}"
    yield from _of_numbers(db, run)


def _of_numbers(db: Database, run: Run) -> Iterator[str]:
    """The confusion is that of the predictions, which are numbered without gaps."""
    classes = tuple(run.specification["classes"])
    sql = "SELECT label, predicted, count(*) FROM predictions WHERE run_id = ? GROUP BY label, predicted"
    counted = {(label, predicted): count for label, predicted, count in db.execute(sql, [run.id])}
    if run.status != "finished":
        if counted or run.confusion:
            how = "failed" if run.status == "failed" else "was imported"
            yield f"it {how}, and yet there are results of it"
        if run.status == "imported" and run.folder is None:
            yield "it was imported, and yet names no folder of weights"
        return
    told = {
        (label, predicted): count
        for label, counts in zip(classes, run.confusion, strict=True)
        for predicted, count in zip(classes, counts, strict=True)
        if count
    }
    for label, predicted in sorted(told.keys() | counted.keys()):
        pair = (label, predicted)
        if told.get(pair, 0) != counted.get(pair, 0):
            yield (
                f"of {label!r} taken for {predicted!r} it counts {told.get(pair, 0)} clips, "
                f"its predictions are {counted.get(pair, 0)}"
            )
    yield from _of_metrics(run, classes)
    sql = "SELECT coalesce(max(position) + 1, 0) - count(*) FROM predictions WHERE run_id = ?"
    if missing := db.execute(sql, [run.id]).fetchone()[0]:
        yield f"{missing} of its predictions are missing"


def _of_metrics(run: Run, classes: tuple[str, ...]) -> Iterator[str]:
    """Recalls, UAR, WAR and macro-F1 are those of the confusion; the others take the scores to derive."""
    right = [counts[i] for i, counts in enumerate(run.confusion)]
    clips = [sum(counts) for counts in run.confusion]
    recalls = [n / of if of else None for n, of in zip(right, clips, strict=True)]
    known = [recall for recall in recalls if recall is not None]
    if not known:
        yield "it has no test clips"
        return
    taken_for = [sum(column) for column in zip(*run.confusion, strict=True)]
    f1 = [2 * n / (of + taken) for n, of, taken in zip(right, clips, taken_for, strict=True) if of]
    macro_f1 = sum(f1) / len(f1)
    for name, told, derived in (
        ("UAR", run.uar, sum(known) / len(known)),
        ("WAR", run.war, sum(right) / sum(clips)),
        ("macro_f1", run.metrics.get("macro_f1", macro_f1), macro_f1),
        *((f"recall of {c!r}", run.per_class.get(c), r) for c, r in zip(classes, recalls, strict=True)),
    ):
        if (told is None) != (derived is None) or abs((told or 0) - (derived or 0)) > _ROUNDING:
            yield f"its {name} is {told}, that of its confusion {derived}"
    for name in ("auc", "calibration_error"):
        if not -_ROUNDING <= (run.metrics.get(name) or 0) <= 1 + _ROUNDING:
            yield f"its {name} is {run.metrics[name]}, no fraction"


def _of_prediction(row: Row, classes: tuple[str, ...]) -> Iterator[str]:
    given: dict[str, Any] = {name: row[name] for name in ("clip", "label", "predicted")}
    prediction = Prediction(**given, scores=tuple(json.loads(row["scores"])))
    if unknown := [c for c in (prediction.label, prediction.predicted) if c not in classes]:
        yield f"{unknown[0]!r} is no class of its run"
    elif len(prediction.scores) != len(classes):
        yield f"it has {len(prediction.scores)} scores for {len(classes)} classes"
    elif prediction.scores[classes.index(prediction.predicted)] < max(prediction.scores):
        yield f"{prediction.predicted!r} is not the class of its highest score"
