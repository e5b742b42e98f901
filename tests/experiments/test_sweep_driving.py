"""What the driver does with cells; launchers are functions, and this one computes where it is called."""

import multiprocessing.spawn
import shutil
import sys
from collections.abc import Iterator
from multiprocessing import resource_tracker
from pathlib import Path

import pytest
from sqlite_utils import Database

from description_store import claims
from description_store.database import open_store
from description_store.experiments import cells_now
from description_store.runs import list_runs, save_run
from dfer.experiments.launching.events import Event, Finished, Lost, Started
from dfer.experiments.launching.local import on_this_machine
from dfer.experiments.launching.work import Work, compute, failed
from dfer.experiments.sweeping.driving import Done, Launcher, Waiting, drive
from dfer.experiments.sweeping.planning import Planned
from dfer.experiments.sweeping.summary import summary
from tests.experiments.small_sweep import make_folder, small_plan

ELSEWHERE = "another-machine:1:abcd"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("driving"))


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    shutil.copy(made / "dfer.db", tmp_path / "dfer.db")
    return tmp_path / "dfer.db"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    with open_store(path) as db:
        yield db


@pytest.fixture
def cells(made: Path, db: Database) -> tuple[Planned, ...]:
    """Two sets without training: each a moment."""
    return small_plan(made, db, folds=(1,), recipes=("zero-shot",), settings={"frames": 1}).cells


def here(works: Iterator[Work]) -> Iterator[Event]:
    for work in works:
        yield Started(work=work, where="here")
        yield Finished(work=work, result=compute(work))


def failing(works: Iterator[Work]) -> Iterator[Event]:
    for work in works:
        yield Finished(work=work, result=failed(work, "out of memory"))


def swept(
    db: Database, path: Path, cells: tuple[Planned, ...], launcher: Launcher, *, retry_failed: bool = False
) -> list[object]:
    events: list[object] = []
    drive(db, path, cells, launcher=launcher, retry_failed=retry_failed, on_event=events.append)
    return events


def test_finished_cells_are_skipped_and_failed_ones_computed_again_only_if_that_is_asked(
    db, path, cells
) -> None:
    assert [type(event) for event in swept(db, path, cells, failing)] == [Done, Done]
    assert swept(db, path, cells, here) == []
    retried = swept(db, path, cells, here, retry_failed=True)
    assert [event.run.status for event in retried if isinstance(event, Done)] == ["finished", "finished"]
    assert swept(db, path, cells, failing, retry_failed=True) == []
    assert [run.status for run in list_runs(db)] == ["failed"] * 2 + ["finished"] * 2
    rows = summary(cells_now(db, [one.cell for one in cells]))
    assert [(row.set_version, row.runs, row.uar_mean, row.uar_std) for row in rows] == [
        (run.set_version, 1, run.uar, None) for run in list_runs(db)[2:]
    ]


@pytest.mark.parametrize("launcher", [here, failing])
def test_a_cell_that_another_sweep_has_is_waited_for_and_not_computed(
    db, path, cells, launcher: Launcher
) -> None:
    """The other one has the first cell, and is done with it as soon as we wait for it."""
    first = cells[0]
    key = first.cell.spec_hash
    assert claims.run_or_claim(db, key, holder=ELSEWHERE) == "claimed"
    events: list[object] = []

    def on_event(event: object) -> None:
        events.append(event)
        if isinstance(event, Waiting):
            (theirs,) = launcher(iter([first.work])) if launcher is failing else [compute(first.work)]
            result = theirs.result if isinstance(theirs, Finished) else theirs
            save_run(db, result.run, result.predictions)
            claims.release(db, ELSEWHERE)

    drive(db, path, cells, launcher=here, on_event=on_event)
    assert [event.cells for event in events if isinstance(event, Waiting)] == [1]
    done = [(event.work.name, event.here) for event in events if isinstance(event, Done)]
    assert done == [(cells[1].work.name, True), (first.work.name, False)]
    assert len(list_runs(db)) == 2


def test_a_cell_is_claimed_only_when_there_is_room_for_it(db, path, cells) -> None:
    def looking(works: Iterator[Work]) -> Iterator[Event]:
        for work in works:
            making.append(claims.runs_being_made(db))
            yield Finished(work=work, result=failed(work, "late"))

    making: list[set[str]] = []
    swept(db, path, cells, looking)
    assert making == [{one.cell.spec_hash} for one in cells]
    assert claims.runs_being_made(db) == set()


def test_whatever_ends_a_sweep_the_cells_are_free_again(db, path, cells) -> None:
    def stopped(works: Iterator[Work]) -> Iterator[Event]:
        yield Started(work=next(works), where="here")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        swept(db, path, cells, stopped)
    assert claims.runs_being_made(db) == set()
    assert list_runs(db) == []


def test_a_cell_whose_process_dies_three_times_is_a_failed_run(cells) -> None:
    """/bin/false takes the place of Python: the shortest life that a process can have."""
    resource_tracker.ensure_running()  # by Python
    multiprocessing.spawn.set_executable("/bin/false")
    try:
        events = list(on_this_machine(iter([cells[0].work]), jobs=1))
    finally:
        multiprocessing.spawn.set_executable(sys.executable)
    assert [type(event) for event in events] == [Started, Lost, Started, Lost, Started, Finished]
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.result.run.error == "its process ended with exit code 1, 3 times"
    assert last.result.run.spec_hash == cells[0].cell.spec_hash
