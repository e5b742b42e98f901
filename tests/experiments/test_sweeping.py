"""Sweeps with real processes, which are killed: every cell is computed once, to the same numbers."""

import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

import pytest

from description_store.database import open_store
from description_store.experiments import cells_now
from description_store.runs import list_runs, load_predictions
from dfer.experiments.launching.work import compute
from dfer.training.resuming import STATE
from tests.experiments.small_sweep import make_folder, small_plan, sweep_in

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs kill")
PATIENCE = 90.0


class Driver(NamedTuple):
    process: BaseProcess
    told: Connection

    def hears(self, kind: str) -> object:
        """What comes with the next event of this kind."""
        while self.told.poll(PATIENCE):
            found, what = self.told.recv()
            if found == kind:
                return what
        raise AssertionError(f"no {kind} in {PATIENCE} s")

    def worker(self) -> int:
        """The process that the first cell was given to."""
        return int(str(self.hears("Started")).removeprefix("process "))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("sweep"))


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "sweep"))


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[[], Driver]]:
    """Starts drivers, forked from a process that has only imported: quick, and without this one's threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.experiments.small_sweep"])
    drivers: list[Driver] = []

    def start_one() -> Driver:
        ours, theirs = context.Pipe()
        process = context.Process(target=sweep_in, args=(folder, theirs))
        process.start()
        theirs.close()
        drivers.append(Driver(process, ours))
        return drivers[-1]

    yield start_one
    for driver in drivers:
        driver.process.kill()
        driver.process.join()


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def ends(pid: int, *, within: float) -> bool:
    until = time.monotonic() + within
    with suppress(FileNotFoundError):
        while is_there(pid) and time.monotonic() < until:
            time.sleep(0.05)
        return not is_there(pid)
    return True


def assert_complete(folder: Path) -> None:
    """A finished run for each cell and no other, with the numbers that the cell has in this process."""
    with open_store(folder / "dfer.db") as db:
        cells = small_plan(folder, db).cells
        runs = list_runs(db)
        assert sorted(run.spec_hash for run in runs) == sorted(one.cell.spec_hash for one in cells)
        assert {one.state for one in cells_now(db, [planned.cell for planned in cells])} == {"finished"}
        assert db.execute("SELECT count(*) FROM claims").fetchone() == (0,)
        for planned in (cells[0], cells[-1]):
            again = compute(planned.work)
            (stored,) = [run for run in runs if run.spec_hash == planned.cell.spec_hash]
            assert (again.run.uar, again.run.history) == (stored.uar, stored.history)
            assert list(again.predictions) == load_predictions(db, stored.id)
            shutil.rmtree(again.run.folder or "")
    folders = {Path(run.folder or "") for run in runs}
    assert set((folder / "runs").iterdir()) == folders
    assert not any((place / STATE).exists() for place in folders)


@pytest.mark.slow
def test_whatever_is_killed_in_two_sweeps_of_one_grid_every_cell_is_computed_once(
    folder: Path, start: Callable[[], Driver]
) -> None:
    """Starting a process takes seconds, so one story has it all."""
    first, second = start(), start()
    os.kill(second.worker(), signal.SIGKILL)
    second.hears("Lost")
    workers = [first.worker(), second.worker()]

    first.hears("Done")
    first.hears("Advanced")
    first.process.kill()
    assert ends(workers[0], within=5)  # nobody has to tell it

    second.hears("Done")
    second.hears("Advanced")
    os.kill(second.process.pid or 0, signal.SIGINT)
    second.hears("interrupted")
    assert not is_there(workers[1])

    third = start()
    last = third.worker()
    third.hears("end")
    assert not is_there(last)
    assert_complete(folder)
