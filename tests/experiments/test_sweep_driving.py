"""What the driver does with cells; launchers are functions, and this one computes where it is called."""

import multiprocessing.spawn
import pickle
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import islice
from multiprocessing import resource_tracker
from pathlib import Path

import pytest
from sqlite_utils import Database

from description_store import claims
from description_store.database import open_store
from description_store.experiments import cells_now
from description_store.runs import list_runs, save_run
from dfer.errors import ContentError, DferError
from dfer.experiments.launching import local
from dfer.experiments.launching.events import Advanced, Event, Finished, Lost, OnLate, Started
from dfer.experiments.launching.local import on_this_machine
from dfer.experiments.launching.work import Work, compute, failed
from dfer.experiments.sweeping.driving import Done, Launcher, Waiting, drive
from dfer.experiments.sweeping.planning import Planned
from dfer.experiments.sweeping.summary import summary
from dfer.training.loop import Progress
from dfer.training.run_folder import TrainingGoesOn
from tests.experiments import light_processes
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


def here(works: Iterator[Work], on_late: OnLate) -> Iterator[Event]:
    for work in works:
        yield Started(work=work, where="here")
        yield Finished(work=work, result=compute(work))


def failing(works: Iterator[Work], on_late: OnLate) -> Iterator[Event]:
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
            (theirs,) = (
                launcher(iter([first.work]), events.append) if launcher is failing else [compute(first.work)]
            )
            result = theirs.result if isinstance(theirs, Finished) else theirs
            save_run(db, result.run, result.predictions)
            claims.release(db, ELSEWHERE)

    drive(db, path, cells, launcher=here, on_event=on_event)
    assert [event.cells for event in events if isinstance(event, Waiting)] == [1]
    done = [(event.work.name, event.here) for event in events if isinstance(event, Done)]
    assert done == [(cells[1].work.name, True), (first.work.name, False)]
    assert len(list_runs(db)) == 2


def test_a_cell_is_claimed_only_when_there_is_room_for_it(db, path, cells) -> None:
    def looking(works: Iterator[Work], on_late: OnLate) -> Iterator[Event]:
        for work in works:
            making.append(claims.runs_being_made(db))
            yield Finished(work=work, result=failed(work, "late"))

    making: list[set[str]] = []
    swept(db, path, cells, looking)
    assert making == [{one.cell.spec_hash} for one in cells]
    assert claims.runs_being_made(db) == set()


def test_whatever_ends_a_sweep_the_cells_are_free_again(db, path, cells) -> None:
    def stopped(works: Iterator[Work], on_late: OnLate) -> Iterator[Event]:
        yield Started(work=next(works), where="here")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        swept(db, path, cells, stopped)
    assert claims.runs_being_made(db) == set()
    assert list_runs(db) == []


def test_what_is_finished_while_a_sweep_ends_is_stored(db, path, cells) -> None:
    """Two of them, although Ctrl-C was pressed and each is stored in a block of its own."""

    def stopped(works: Iterator[Work], on_late: OnLate) -> Iterator[Event]:
        both = list(works)
        try:
            yield Started(work=both[0], where="here")
            signal.raise_signal(signal.SIGTERM)
            raise AssertionError("the signal is heard at once")
        finally:
            for work in both:
                on_late(Finished(work=work, result=compute(work)))

    with pytest.raises(KeyboardInterrupt):
        swept(db, path, cells, stopped)
    assert [run.status for run in list_runs(db)] == ["finished"] * 2
    assert claims.runs_being_made(db) == set()


def test_a_machine_on_which_nothing_works_ends_the_sweep_after_three_cells(db, path, made) -> None:
    cells = small_plan(made, db, recipes=("zero-shot",), folds=(1, 2, 3), settings={"frames": 1}).cells
    errors = iter(
        [OSError("another"), *[RuntimeError("CUDA error")] * 2, ContentError("bad clip"), *[OSError()] * 9]
    )

    def broken(works: Iterator[Work], on_late: OnLate) -> Iterator[Event]:
        for work in works:
            yield Finished(work=work, result=failed(work, next(errors)))

    swept(db, path, cells[:4], broken)
    with pytest.raises(DferError, match="3 cells in a row failed in the same way: OSError") as caught:
        swept(db, path, cells, broken, retry_failed=True)
    assert "--retry-failed" in caught.value.hint
    assert [run.error for run in list_runs(db)] == [
        "OSError: another",
        *["RuntimeError: CUDA error"] * 2,
        "bad clip",
        *["OSError: "] * 3,
    ]
    assert claims.runs_being_made(db) == set()


def test_a_cell_that_another_process_trains_is_no_failure_and_tried_again(db, path, cells) -> None:
    tried: list[str] = []

    def busy_once(works: Iterator[Work], on_late: OnLate) -> Iterator[Event]:
        for work in works:
            tried.append(work.name)
            early = failed(work, TrainingGoesOn("it is going on in another process"))
            yield Finished(work=work, result=early if len(tried) == 1 else compute(work))

    events = swept(db, path, cells, busy_once)
    assert tried == [cells[0].work.name, cells[1].work.name, cells[0].work.name]
    assert [type(event) for event in events] == [Done, Done]
    assert [run.status for run in list_runs(db)] == ["finished"] * 2


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


def test_a_failure_that_nobody_foresaw_costs_the_process(cells, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CUDA error poisons the process that it happens in."""
    works = [one.work for one in cells]
    for error, processes in ((RuntimeError("CUDA error"), 2), (ContentError("bad clip"), 1)):
        says = partial(light_processes.fails, pickle.dumps(failed(works[0], error)))
        monkeypatch.setattr(local, "compute_what_comes", says)
        events = list(on_this_machine(iter(works), jobs=1))
        assert [type(event) for event in events] == [Started, Finished] * 2
        assert len({event.where for event in events if isinstance(event, Started)}) == processes


def test_what_a_process_has_finished_when_it_is_stopped_is_heard(
    cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = cells[0].work
    result = compute(work)
    begun = Progress(stage="test", epoch=1, epochs=1, done=1, total=2)
    says = partial(light_processes.finishes_when_stopped, pickle.dumps(begun), pickle.dumps(result))
    monkeypatch.setattr(local, "compute_what_comes", says)
    late: list[Finished] = []
    with closing(on_this_machine(iter([work]), late.append, jobs=1)) as events:  # type: ignore[type-var]
        assert [type(event) for event in islice(events, 2)] == [Started, Advanced]
    assert late == [Finished(work=work, result=result)]
