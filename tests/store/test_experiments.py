"""Experiments in the store: grids of runs whose states follow from the runs, and who is making which."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from description_store import claims
from description_store.database import open_store
from description_store.errors import UnknownName
from description_store.experiments import cells_now, find_experiment, list_experiments, save_experiment
from description_store.records import Cell, DescriptionSet, Run
from description_store.runs import latest_by_spec, list_runs, load_predictions, save_run
from description_store.sets import load_set, save_class_set, save_set
from description_store.verifying import check
from tests.store.damage import damage
from tests.store.filled import CLASS_SET_HASH, CLASSES, a_cell, a_run, a_set, predictions

GRID = {"descriptions": ["v1"], "seeds": [1, 2, 3, 4]}
ELSEWHERE = "another-machine:1:abcd"
GONE = f"{claims.new_holder().split(':')[0]}:999999999:abcd"


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc")


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
def words(db: Database) -> DescriptionSet:
    return load_set(db, 1)


@pytest.fixture
def cells(words: DescriptionSet) -> list[Cell]:
    return [a_cell(words, seed=seed) for seed in (1, 2, 3, 4)]


def states(db: Database, cells: list[Cell]) -> list[str]:
    return [one.state for one in cells_now(db, cells)]


def test_an_experiment_comes_back_with_its_grid_and_its_cells_in_order(db, cells, path) -> None:
    saved, created = save_experiment(db, name="table1", grid=GRID, cells=cells)
    assert created
    assert find_experiment(db, "table1") == find_experiment(db, "latest") == saved
    assert (saved.grid, list(saved.cells)) == (GRID, cells)
    assert cells[0].name == "v1 zero-shot frames=8 fold 1 seed 1"
    assert check(path).problems == ()


def test_without_a_name_the_same_cells_are_the_same_experiment_and_others_a_new_one(db, cells) -> None:
    names = [
        save_experiment(db, name=None, grid=GRID, cells=chosen)[0].name
        for chosen in (cells, cells[:2], list(reversed(cells)))
    ]
    assert names == ["e1", "e2", "e1"]
    assert save_experiment(db, name="table1", grid=GRID, cells=cells)[1]
    assert [experiment.name for experiment in list_experiments(db)] == ["e1", "e2", "table1"]


def test_a_name_stands_for_the_same_cells_for_ever(db, cells) -> None:
    save_experiment(db, name="table1", grid=GRID, cells=cells[:3])
    assert not save_experiment(db, name="table1", grid=GRID, cells=cells[:3])[1]
    with pytest.raises(UnknownName, match="of its 3 cells this one has 3, and 1 others") as caught:
        save_experiment(db, name="table1", grid=GRID | {"folds": [1]}, cells=cells)
    assert "--name" in caught.value.hint


@pytest.mark.parametrize("name", ["", "a b", "-x", "../x", "x" * 65])
def test_what_cannot_be_a_name_is_refused(db, cells, name: str) -> None:
    with pytest.raises(UnknownName, match="cannot be the name"):
        save_experiment(db, name=name, grid=GRID, cells=cells)


def test_an_unknown_experiment_is_an_error_that_says_what_there_is(db, cells) -> None:
    with pytest.raises(UnknownName, match="no experiment 'latest'"):
        find_experiment(db, "latest")
    save_experiment(db, name="table1", grid=GRID, cells=cells)
    with pytest.raises(UnknownName) as caught:
        find_experiment(db, "table2")
    assert caught.value.hint == "known: table1"


def test_the_state_of_a_cell_follows_from_the_runs_and_from_who_is_making_them(db, words, cells) -> None:
    assert states(db, cells) == ["open"] * 4
    save_run(db, a_run(words, seed=1), predictions())
    save_run(db, a_run(words, seed=2, status="failed", error="out of memory"))
    save_run(db, a_run(words, seed=3, status="failed", error="interrupted"))
    assert claims.run_or_claim(db, cells[3].spec_hash, holder=ELSEWHERE) == "claimed"
    assert states(db, cells) == ["finished", "failed", "open", "running"]
    assert [one.run and one.run.name for one in cells_now(db, cells)] == ["r1", "r2", None, None]
    save_run(db, a_run(words, seed=2), predictions())
    assert states(db, cells)[1] == "finished"
    save_run(db, a_run(words, seed=2, status="failed", error="repeated with --again"))
    assert states(db, cells)[1] == "finished"


def test_a_run_is_claimed_by_one_at_a_time_until_it_is_finished(db, words, cells) -> None:
    key = cells[0].spec_hash
    assert claims.run_or_claim(db, key, holder=ELSEWHERE) == "claimed"
    assert claims.run_or_claim(db, key, holder="another-machine:2:efgh") == "busy"
    claims.release(db, ELSEWHERE, claims.run_key(key))
    assert claims.run_or_claim(db, key, holder="another-machine:2:efgh") == "claimed"
    finished = save_run(db, a_run(words), predictions())
    assert claims.run_or_claim(db, key, holder=ELSEWHERE) == finished


def test_the_claims_of_a_driver_that_was_killed_are_free_at_once(db, cells) -> None:
    assert claims.run_or_claim(db, cells[0].spec_hash, holder=GONE) == "claimed"
    assert states(db, cells[:1]) == ["open"]
    assert claims.run_or_claim(db, cells[0].spec_hash, holder=ELSEWHERE) == "claimed"


@needs_proc
def test_a_driver_that_is_there_may_be_silent_for_an_hour(db, cells, monkeypatch: pytest.MonkeyPatch) -> None:
    key, here = cells[0].spec_hash, claims.new_holder()
    assert claims.run_or_claim(db, key, holder=here) == "claimed"
    began = claims.time.time()
    monkeypatch.setattr(claims.time, "time", lambda: began + claims.SILENT_SECONDS - 1)
    assert claims.run_or_claim(db, key, holder=ELSEWHERE) == "busy"
    monkeypatch.setattr(claims.time, "time", lambda: began + claims.SILENT_SECONDS + 1)
    assert claims.run_or_claim(db, key, holder=ELSEWHERE) == "claimed"


@needs_proc
def test_another_process_with_the_number_of_a_driver_that_was_killed_is_not_taken_for_it(db, cells) -> None:
    host, pid, rest = claims.new_holder().rsplit(":", 2)
    before = f"{host}:{pid}:1{rest}"  # as if this process had begun at another time
    assert claims.run_or_claim(db, cells[0].spec_hash, holder=before) == "claimed"
    assert claims.run_or_claim(db, cells[0].spec_hash, holder=ELSEWHERE) == "claimed"


@needs_proc
def test_a_driver_that_was_killed_is_gone_before_its_parent_has_asked_for_it(db, cells) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        began = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19]
        zombie = f"{claims.new_holder().split(':')[0]}:{process.pid}:{began}.abcd"
        assert claims.run_or_claim(db, cells[0].spec_hash, holder=zombie) == "claimed"
        assert claims.run_or_claim(db, cells[0].spec_hash, holder=ELSEWHERE) == "claimed"


def test_of_two_finished_runs_of_the_same_only_the_first_is_stored_where_that_is_asked(db, words) -> None:
    first = save_run(db, a_run(words), predictions(), once=True)
    assert save_run(db, a_run(words), predictions(), once=True) == first
    assert [run.name for run in list_runs(db)] == ["r1"]
    assert save_run(db, a_run(words), predictions()).name == "r2"
    assert load_predictions(db, 1) == predictions()


def test_the_latest_run_of_each_specification_is_found_by_status(db, words, cells) -> None:
    for status in ("finished", "failed", "finished"):
        save_run(db, a_run(words, status=status, error="" if status == "finished" else "late"))
    found: dict[str, Run] = latest_by_spec(db, [cell.spec_hash for cell in cells])
    assert {spec_hash: run.name for spec_hash, run in found.items()} == {cells[0].spec_hash: "r3"}
    assert [run.name for run in latest_by_spec(db, [cells[0].spec_hash], status="failed").values()] == ["r2"]
    assert latest_by_spec(db, []) == {}


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE experiment_cells SET fold = 2 WHERE position = 0", "it is r1, which says otherwise"),
        ("UPDATE experiment_cells SET set_version = 7 WHERE position = 1", "v7 is not there"),
        ("UPDATE experiment_cells SET varied = '[]' WHERE position = 0", "cannot be read: varied"),
        ("DELETE FROM experiment_cells WHERE position = 1", "of its cells up to number 3 only 3"),
        ("UPDATE experiments SET grid = '[]'", "its grid is no record"),
        ("DELETE FROM experiments", "it is of an experiment that is not there"),
    ],
)  # fmt: skip
def test_verifying_finds_an_experiment_that_cannot_be(
    db, path, words, cells, statement: str, message: str
) -> None:
    save_run(db, a_run(words), predictions())
    save_experiment(db, name="table1", grid=GRID, cells=cells)
    assert check(path).problems == ()
    damage(path, statement)
    assert any(message in problem.message for problem in check(path).problems)


def test_a_cell_is_in_an_experiment_once(db, cells) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        save_experiment(db, name="table1", grid=GRID, cells=[cells[0], cells[0]])
    assert list_experiments(db) == []
