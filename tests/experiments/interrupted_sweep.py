"""By hand: 3 sets × 5 folds × 2 seeds, killed twice, against the same grid left alone. Takes minutes.

python -m tests.experiments.interrupted_sweep
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
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


def main() -> None:
    place = Path(tempfile.mkdtemp(prefix="dfer-interrupted-"))
    dfer(place, "data synth world --classes dfew7 --clips 70 --seed 3 --size 64 --folds 5 -q")
    tables = {}
    for name, kills in (("alone", 0), ("killed", 2)):
        folder = place / name
        folder.mkdir()
        (folder / "grid.toml").write_text(GRID)
        dfer(folder, "describe --classes dfew7 --model builtin/facs -q")
        dfer(folder, "sets control v1 --kind names -q")
        dfer(folder, "sets control v1 --kind random --seed 1 -q")
        for number in range(1, kills + 1):
            kill_after(folder, number * CELLS // (kills + 1))
        tables[name] = json.loads(dfer(folder, "sweep grid.toml --json -q"))
    rows = [table["rows"] for table in tables.values()]
    runs = {name: stored(place / name) for name in tables}
    print(json.dumps(rows[0], indent=1))
    assert [table["cells"]["finished"] for table in tables.values()] == [CELLS, CELLS]
    assert rows[0] == rows[1]
    assert [len(found) for found in runs.values()] == [CELLS, CELLS]
    assert runs["alone"] == runs["killed"]
    print(f"the same {CELLS} runs, the same predictions, the same table: {place}")


def kill_after(folder: Path, cells: int) -> None:
    """kill -9 of the driver once so many runs are stored, in the middle of the next; no process is left."""
    driver = subprocess.Popen([*DFER, "sweep", "grid.toml", "-q"], cwd=folder, start_new_session=True)
    while len(stored(folder)) < cells:
        time.sleep(0.1)
        assert driver.poll() is None, "it ended too early"
    time.sleep(0.5)
    before = processes_of(driver.pid)
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    time.sleep(8)  # those that read clips look every five seconds whether they are still needed
    assert len(before) > 1
    assert processes_of(driver.pid) == []
    print(
        f"killed with {len(stored(folder))} of {CELLS} runs stored; of {len(before)} processes none is left"
    )


def processes_of(session: int) -> list[str]:
    return subprocess.run(["pgrep", "-s", str(session)], capture_output=True, text=True).stdout.split()


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
