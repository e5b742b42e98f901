"""Runs in the store: finished, failed and imported; and what an upgrade keeps of them."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from description_store import migrations
from description_store.database import open_store
from description_store.records import Run
from description_store.runs import find_finished, find_run, list_runs, load_predictions, save_run
from description_store.sets import load_set, save_class_set, save_set
from description_store.verifying import check
from tests.store.damage import damage
from tests.store.filled import CLASS_SET_HASH, CLASSES, a_run, a_set, predictions

BEFORE = (Path(__file__).parent / "released" / "m003.sql").read_text(encoding="utf-8")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "words.db"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    with open_store(path) as db:
        save_class_set(db, class_set_hash=CLASS_SET_HASH, name="three", content=CLASSES)
        save_set(db, a_set("words", kind="control", control="random"))
        yield db


@pytest.fixture
def old(path: Path) -> Path:
    """A store as it was before runs had further metrics: r1 and r3 finished, r2 failed."""
    connection = sqlite3.connect(path)
    connection.executescript(BEFORE)
    connection.close()
    return path


def imported(db: Database, **changes: object) -> Run:
    return a_run(load_set(db, 1), status="imported").model_copy(update={"folder": "/runs/fold1", **changes})


def test_a_runs_metrics_come_back_with_what_is_unknown(db: Database) -> None:
    metrics = {"macro_f1": 0.5, "auc": None, "calibration_error": 0.25}
    saved = save_run(db, a_run(load_set(db, 1)).model_copy(update={"metrics": metrics}), predictions())
    assert find_run(db, "r1") == saved
    assert find_run(db, "r1").metrics == metrics


def test_an_imported_run_has_a_folder_and_no_numbers(db: Database, path: Path) -> None:
    saved = save_run(db, imported(db))
    assert find_run(db, "latest") == saved
    assert (saved.status, saved.uar, saved.metrics, saved.folder) == ("imported", None, {}, "/runs/fold1")
    assert check(path).problems == ()


def test_an_imported_or_failed_run_does_not_answer_for_a_finished_one(db: Database) -> None:
    spec_hash = save_run(db, imported(db)).spec_hash
    save_run(db, a_run(load_set(db, 1), status="failed", error="out of memory"))
    assert find_finished(db, spec_hash) is None
    finished = save_run(db, a_run(load_set(db, 1)), predictions())
    save_run(db, imported(db))
    assert finished.spec_hash == spec_hash
    assert find_finished(db, spec_hash) == finished


def test_the_store_knows_no_other_status(db: Database) -> None:
    save_run(db, imported(db))
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        db.execute(
            "INSERT INTO runs SELECT 2, 'dreamt', spec_hash, protocol_hash, set_version, set_hash, recipe,"
            " dataset, fold, seed, selection, specification, uar, war, metrics, per_class, confusion,"
            " history, environment, folder, error, seconds, created_at FROM runs"
        )


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE runs SET folder = NULL WHERE id = 1", "it was imported, and yet names no folder"),
        ("UPDATE runs SET confusion = '[[1,0,0],[0,0,0],[0,0,0]]' WHERE id = 1", "and yet there are"),
        ("UPDATE runs SET metrics = json_set(metrics, '$.macro_f1', 0.9) WHERE id = 2", "macro_f1 is 0.9"),
        ("UPDATE runs SET metrics = json_set(metrics, '$.auc', 1.5) WHERE id = 2", "its auc is 1.5"),
        ("UPDATE runs SET metrics = '[]' WHERE id = 2", "cannot be read: metrics"),
    ],
)  # fmt: skip
def test_verifying_finds_a_run_whose_numbers_cannot_be(
    db: Database, path: Path, statement: str, message: str
) -> None:
    save_run(db, imported(db))
    save_run(db, a_run(load_set(db, 1)), predictions())
    assert check(path).problems == ()
    damage(path, statement)
    assert any(message in problem.message for problem in check(path).problems)


def test_an_upgrade_keeps_every_run_and_prediction(old: Path) -> None:
    connection = sqlite3.connect(old)
    before = connection.execute("SELECT * FROM runs ORDER BY id").fetchall()
    predicted = connection.execute("SELECT * FROM predictions ORDER BY run_id, position").fetchall()
    columns = [column[1] for column in connection.execute("PRAGMA table_info(runs)")]
    connection.close()
    assert (len(before), len(predicted)) == (3, 8)
    with open_store(old) as db:
        assert db.execute(f"SELECT {', '.join(columns)} FROM runs ORDER BY id").fetchall() == before
        assert db.execute("SELECT * FROM predictions ORDER BY run_id, position").fetchall() == predicted
        assert [(run.status, run.metrics) for run in list_runs(db)] == [
            ("finished", {}),
            ("failed", {}),
            ("finished", {}),
        ]
        assert load_predictions(db, 3) == predictions()


def test_after_an_upgrade_predictions_still_need_their_run_and_runs_never_change(old: Path) -> None:
    with open_store(old) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            db.execute("INSERT INTO predictions SELECT 9, position, clip, label, predicted, scores "
                       "FROM predictions WHERE run_id = 1")  # fmt: skip
        for statement in (
            "DELETE FROM runs",
            "UPDATE runs SET war = 1",
            "REPLACE INTO runs SELECT * FROM runs",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="runs are immutable"):
                db.execute(statement)
        assert save_run(db, imported(db, set_version=1)).name == "r4"


def test_an_upgrade_gives_the_same_tables_indexes_and_triggers_as_a_new_store(old: Path) -> None:
    sql = "SELECT type, name, replace(sql, '\"', '') FROM sqlite_master ORDER BY type, name"
    with open_store(old.with_name("new.db")) as new, open_store(old) as upgraded:
        assert upgraded.execute(sql).fetchall() == new.execute(sql).fetchall()


def test_an_upgrade_that_is_interrupted_leaves_the_store_as_it_was(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = list(sqlite3.connect(old).iterdump())
    broken = migrations._METRICS_AND_IMPORTED_RUNS.replace("DROP TABLE runs_before", "DROP TABLE gone")
    monkeypatch.setattr(migrations, "_METRICS_AND_IMPORTED_RUNS", broken)
    with pytest.raises(sqlite3.OperationalError, match="gone"), open_store(old):
        pass
    assert list(sqlite3.connect(old).iterdump()) == rows
