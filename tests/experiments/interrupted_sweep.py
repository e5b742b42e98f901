"""By hand: 3 sets × 5 folds × 2 seeds, killed twice, against the same grid left alone; by processes of this
machine, and by a Ray cluster on it, of whose processes one is killed, too. Takes ten minutes.

python -m tests.experiments.interrupted_sweep
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from description_store.database import open_store
from description_store.runs import list_runs, load_predictions

CELLS = 30
DFER = [sys.executable, "-c", "from dfer_cli.main import app; app()"]
GRID = """\
descriptions = ["v1", "v2", "v3"]
folds = "1-5"
seeds = "1-2"
data = "../world/clips.csv"
clip = "tiny"
epochs = 2
batch-size = 8
augmentation = "none"
accelerator = "cpu"
keep-minutes = 0.02
workers = 1
set = ["frames=4", "pixel_normalisation=clip", "temperature=0.05", "temporal_learning_rate=0.001",
       "visual_learning_rate=0.001"]
"""


RAY = "--launcher ray --jobs 2"

# Threads change rounding. Ray writes a token in the user's home, else.
os.environ |= {"OMP_NUM_THREADS": "1", "RAY_AUTH_MODE": "disabled"}


def main() -> None:
    place = Path(tempfile.mkdtemp(prefix="dfer-interrupted-"))
    dfer(place, "data synth world --classes dfew7 --clips 70 --seed 3 --size 64 --folds 5 -q")
    tables = {}
    for name, kills, launching in (("alone", 0, ""), ("killed", 2, ""), ("ray", 2, RAY)):
        folder = place / name
        folder.mkdir()
        (folder / "grid.toml").write_text(GRID)
        dfer(folder, "describe --classes dfew7 --model builtin/facs -q")
        dfer(folder, "sets control v1 --kind names -q")
        dfer(folder, "sets control v1 --kind random --seed 1 -q")
        for number in range(1, kills + 1):
            kill_after(folder, number * CELLS // (kills + 1), launching)
        tables[name] = json.loads(dfer(folder, f"sweep grid.toml --json -q {launching}"))
    print(json.dumps(tables["alone"]["rows"], indent=1))
    runs = stored(place / "alone")
    for name, table in tables.items():
        assert table["cells"]["finished"] == len(stored(place / name)) == CELLS
        assert table["rows"] == tables["alone"]["rows"]
        assert stored(place / name) == runs
    print(f"the same {CELLS} runs, the same predictions, the same table: {place}")


def kill_after(folder: Path, cells: int, launching: str) -> None:
    """kill -9 of the driver once so many runs are stored, in the middle of the next; no process is left.

    On Ray, the first time one that computes a cell is killed before.
    """
    command = [*DFER, "sweep", "grid.toml", "-q", *launching.split()]
    driver = subprocess.Popen(command, cwd=folder, start_new_session=True)
    try:
        if launching and not stored(folder):
            until(lambda: any((folder / "runs").glob("*/training.safetensors")), driver)
            (killed, *_) = [
                pid for pid in processes_below(driver.pid) if name_of(pid).startswith("ray::_Place")
            ]
            os.kill(killed, signal.SIGKILL)
            print(f"killed {killed}, one of Ray's processes")
        until(lambda: len(stored(folder)) >= cells, driver)
        time.sleep(0.5)
        before = processes_below(driver.pid)
    finally:
        driver.kill()
        driver.wait()
    # Those that read clips look every five seconds whether they are still needed; two of Ray's own, which
    # compute nothing, every minute.
    time.sleep(75 if launching else 8)
    assert before
    assert [(pid, name_of(pid)) for pid in before if name_of(pid)] == []
    print(
        f"killed with {len(stored(folder))} of {CELLS} runs stored; of {len(before)} processes none is left"
    )


def until(happens: Callable[[], bool], driver: "subprocess.Popen[bytes]") -> None:
    while not happens():
        time.sleep(0.1)
        assert driver.poll() is None, "it ended too early"


def processes_below(pid: int) -> list[int]:
    """Those that it started, and those that they did."""
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
    return [one for child in found for one in (int(child), *processes_below(int(child)))]


def name_of(pid: int) -> str:
    """ "" if it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def stored(folder: Path) -> dict[str, list[tuple[float, ...]]]:
    """The scores of each finished run, by what it is a run of; a run that is there twice is an error."""
    with open_store(folder / "dfer.db") as db:
        runs = [run for run in list_runs(db) if run.status == "finished"]
        assert len({run.spec_hash for run in runs}) == len(runs)
        return {
            f"{run.set_version} {run.fold} {run.seed}": [p.scores for p in load_predictions(db, run.id)]
            for run in runs
        }


def dfer(folder: Path, command: str) -> str:
    done = subprocess.run([*DFER, *command.split()], cwd=folder, check=True, stdout=subprocess.PIPE)
    return done.stdout.decode()


if __name__ == "__main__":
    main()
