"""`dfer sweep --launcher ray` on a Ray cluster of two nodes, one of whose processes is killed on the way.

    python .ci/ray_check.py FOLDER

The sweep is stopped with Ctrl-C, too, and gone on with. In the end every cell is there once, with the numbers
that processes of this machine come to.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

PATIENCE = 120.0
"""Seconds, for a machine that has other things to do."""

# Ray writes a token in the user's home, else; it reads this when it is imported. Threads change rounding.
os.environ |= {
    "RAY_AUTH_MODE": "disabled",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # loopback alone
    "RAY_USAGE_STATS_ENABLED": "0",
    "OMP_NUM_THREADS": "1",
}

GRID = (
    "sweep --descriptions v1,v2 --folds 1-3 --seeds 1 --data world/clips.csv --clip tiny --epochs 4 "
    "--batch-size 8 --augmentation none --set frames=4 --accelerator cpu --workers 0"
)
CELLS = 6


def dfer(folder: Path, command: str) -> str:
    done = subprocess.run(["dfer", *command.split()], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


@contextmanager
def two_nodes() -> Iterator[str]:
    """The cluster's address."""
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    nodes.add_node(num_cpus=1)
    try:
        yield nodes.address
    finally:
        nodes.shutdown()


def places() -> list[int]:
    """The processes of the cluster that compute cells: the nodes that start them are our children."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if (path / "cmdline").read_bytes().startswith(b"ray::_Place") and parent(parent(path)) == Path(
                f"/proc/{os.getpid()}"
            ):
                found.append(int(path.name))
        except OSError:  # gone meanwhile
            continue
    return sorted(found)


def parent(path: Path) -> Path:
    return Path("/proc") / (path / "stat").read_text().rpartition(")")[2].split()[1]


def until(happens: Callable[[], Any], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < end, f"not in {PATIENCE:.0f} s: {what}"
        time.sleep(0.05)


def stored(folder: Path, columns_of: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "dfer.db")) as db:
        return db.execute(f"SELECT {columns_of}").fetchall()


def _as_on_a_terminal() -> None:
    """A job in the background, as CI may be, ignores Ctrl-C, and so would the driver."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def sweep_is_disturbed(folder: Path, address: str) -> None:
    command = [*GRID.split(), "--launcher", "ray", "--ray-address", address]
    with (folder / "log").open("w") as log:
        driver = subprocess.Popen(
            ["dfer", *command], cwd=folder, stderr=log, start_new_session=True, preexec_fn=_as_on_a_terminal
        )
    try:
        until(lambda: list((folder / "runs").glob("*")), "a cell begins")
        os.kill(places()[0], signal.SIGKILL)
        until(lambda: stored(folder, "id FROM runs"), "a cell is stored")
        os.killpg(driver.pid, signal.SIGINT)  # as a terminal does
        assert driver.wait(PATIENCE) == 130, (folder / "log").read_text()
    finally:
        driver.kill()
        driver.wait()
    until(lambda: not places(), "the processes of a sweep that was stopped have ended")
    log = (folder / "log").read_text()
    assert "died (" in log, log
    assert "raylet" not in log, log


def finishes(folder: Path, address: str) -> None:
    said = dfer(folder, f"{GRID} --launcher ray --ray-address {address}")
    assert f"{CELLS}/{CELLS}" in said, said
    until(lambda: not places(), "the processes of a sweep that is done have ended")


def outcome(folder: Path) -> list[tuple[Any, ...]]:
    """What decides the numbers of each cell, and the numbers: of all runs, and all their clips."""
    assert stored(folder, "status, count(*) FROM runs GROUP BY status") == [("finished", CELLS)]
    runs = stored(folder, "spec_hash, uar, war, history FROM runs ORDER BY spec_hash")
    assert len({run[0] for run in runs}) == CELLS
    return runs + stored(
        folder, "spec_hash, clip, scores FROM predictions JOIN runs ON run_id = runs.id ORDER BY 1, 2"
    )


def main(folder: Path) -> None:
    for name in ("ray", "local"):
        (folder / name).mkdir()
    dfer(folder, "data synth world --classes dfew7 --clips 42 --seed 3 --size 64 --folds 3 -q")
    dfer(folder, "describe --classes dfew7 --model builtin/facs -q")
    dfer(folder, "sets control v1 --kind random --seed 1 -q")
    for name in ("ray", "local"):
        with closing(sqlite3.connect(folder / "dfer.db")) as db:
            db.execute("VACUUM INTO ?", [str(folder / name / "dfer.db")])
        (folder / name / "world").symlink_to(folder / "world")
    with two_nodes() as address:
        sweep_is_disturbed(folder / "ray", address)
        print(f"killed, stopped: {len(stored(folder / 'ray', 'id FROM runs'))} of {CELLS} cells are stored")
        finishes(folder / "ray", address)
    dfer(folder / "local", f"{GRID} --launcher local --jobs 1")
    assert outcome(folder / "ray") == outcome(folder / "local")
    print(f"gone on with: {CELLS} cells, each once, as processes of this machine compute them")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
