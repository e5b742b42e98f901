"""Cells on a real Ray cluster, whose processes are killed. `.ci/ray_check.py` has two nodes and a driver."""

import itertools
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from description_store.database import open_store
from dfer.errors import ConfigurationError
from dfer.experiments.launching.events import Event, Finished, Lost, Started
from dfer.experiments.launching.ray_cluster import on_ray
from dfer.experiments.launching.ray_connection import import_ray
from dfer.experiments.launching.work import Work, compute
from dfer.training.resuming import STATE, interrupted
from tests.experiments.small_sweep import make_folder, small_plan

pytestmark = pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("ray"))


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address, on loopback, of a node with one processor; nothing is written in the user's home."""
    with pytest.MonkeyPatch.context() as changes:
        changes.setenv("RAY_AUTH_MODE", "disabled")
        import_ray(None)
        from ray.cluster_utils import Cluster

        nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        yield nodes.address
        nodes.shutdown()


def works_of(folder: Path, **grid: object) -> list[Work]:
    with open_store(folder / "dfer.db") as db:
        return [planned.work for planned in small_plan(folder, db, **grid).cells]


def on(cluster: str, works: Iterator[Work], *, cpus: float = 1) -> Iterator[Event]:
    return on_ray(works, jobs=None, cpus=cpus, gpus=None, address=cluster)


def process_of(event: Started) -> int:
    return int(event.where.rpartition(" ")[2])


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.ray
def test_killed_a_cell_is_computed_again_and_left_alone_it_keeps_its_state_and_its_process_ends(
    cluster: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Starting a process takes seconds, so one story has it all."""
    first, second, *_ = works_of(folder, seeds=(1,))
    nowhere = replace(second, name="nowhere", source=replace(second.source, data=folder / "elsewhere.csv"))
    endless = replace(works_of(folder, epochs=10_000)[0], name="endless")
    endless = replace(endless, machine=replace(endless.machine, keep_seconds=3600.0))
    works = [first, second, nowhere, endless]
    taken: list[Work] = []

    def handed_out() -> Iterator[Work]:
        for work in works:
            taken.append(work)
            yield work

    with closing(on(cluster, handed_out())) as events:
        started = next(events)
        assert isinstance(started, Started)
        assert taken == [first]  # there is room for one; the others are free for other sweeps
        os.kill(process_of(started), signal.SIGKILL)
        lost, again, *between = itertools.islice(events, 6)
        assert isinstance(lost, Lost)
        assert lost.reason.startswith(f"{started.where} died")
        assert isinstance(again, Started)
        assert [(type(event), event.work.name) for event in between] == [
            (Finished, first.name),
            (Started, second.name),
            (Finished, second.name),
            (Started, "nowhere"),
        ]
        failed, last = next(events), next(events)
        assert isinstance(failed, Finished)
        assert "elsewhere.csv" in failed.result.run.error
        assert isinstance(last, Started)
        assert last.where == again.where != started.where  # one process computes all of them
        time.sleep(2)
    assert not is_there(process_of(last))
    left = interrupted(folder / "runs", endless.spec_hash)
    assert left is not None
    assert [path.name for path in left.iterdir()] == [STATE]

    for event in between:
        if isinstance(event, Finished):
            here = compute(replace(event.work, out=folder / "here"))
            there = event.result
            assert there.run.status == "finished"
            assert (there.run.history, there.predictions) == (here.run.history, here.predictions)
    assert capfd.readouterr() == ("", "")  # Ray has much to say


@pytest.mark.ray
def test_a_cell_that_fits_on_no_node_is_refused_before_any_is_taken(cluster: str) -> None:
    def none_is_taken() -> Iterator[Work]:
        raise AssertionError("a cell was taken")
        yield

    with pytest.raises(ConfigurationError, match="no node of the Ray cluster has 64 CPUs"):
        next(on(cluster, none_is_taken(), cpus=64))


def test_an_address_where_nothing_answers_is_told_at_once() -> None:
    before = time.monotonic()
    with pytest.raises(ConfigurationError, match=r"no Ray cluster answers at 127\.0\.0\.1:9"):
        next(on("127.0.0.1:9", iter([])))
    assert time.monotonic() - before < 10


def test_where_ray_is_missing_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigurationError) as error:
        next(on("127.0.0.1:9", iter([])))
    assert error.value.hint == "pip install 'dfer[ray]'"
