"""A folder with a small world, two sets and a grid of eight cells; and a driver of it, to be killed."""

import signal
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from description_store.database import open_store
from description_store.records import DescriptionSet
from description_store.sets import list_sets, load_set
from dfer.class_sets import load_class_set
from dfer.clips.synthetic.world import draw_world
from dfer.describe.controls import save_control
from dfer.describe.describing import describe
from dfer.describe.planning import plan_questions
from dfer.describe.templates import load_template
from dfer.experiments.launching.events import Started
from dfer.experiments.launching.local import on_this_machine
from dfer.experiments.sweeping.driving import drive
from dfer.experiments.sweeping.grid import Grid
from dfer.experiments.sweeping.planning import Plan, plan
from dfer.training.running import Machine

DFEW = load_class_set("dfew7")
SETTINGS = {
    "frames": 4,
    "pixel_normalisation": "clip",
    "temperature": 0.05,
    "temporal_learning_rate": 1e-3,
    "visual_learning_rate": 1e-3,
}
"""With which the tiny CLIP, whose weights are random, learns something."""


def make_folder(folder: Path) -> Path:
    """42 clips in three folds; v1, by the offline author, and v2, a control set of random words."""
    draw_world(folder / "world", class_set=DFEW, clips=42, seed=3, size=64, folds=3)
    with open_store(folder / "dfer.db") as db:
        questions = plan_questions(DFEW, load_template("dfer-clip"), model="builtin/facs")
        described = describe(db, questions).description_set
        save_control(db, described, DFEW, kind="random", seed=1, note="")
    return folder


def sets_of(db: Database) -> list[DescriptionSet]:
    return [load_set(db, row["version"]) for row in list_sets(db)]


def small_grid(folder: Path, **changes: Any) -> Grid:
    """Two sets, two folds, two seeds."""
    fields = {
        "descriptions": ("v1", "v2"),
        "data": folder / "world/clips.csv",
        "folds": (1, 2),
        "seeds": (1, 2),
        "clip": "tiny",
        "epochs": 2,
        "batch_size": 8,
        "augmentation": "none",
        "settings": SETTINGS,
    }
    return Grid(**(fields | changes))


def small_plan(folder: Path, db: Database, **changes: Any) -> Plan:
    machine = Machine(accelerator="cpu", workers=1, keep_seconds=0)
    return plan(small_grid(folder, **changes), sets_of(db), machine=machine, out=folder / "runs")


def sweep_in(folder: Path, told: Connection) -> None:
    """Drives the small grid; tells what happens as ("Started", where), ("Done", run), …, in the end "end"."""
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def on_event(event: object) -> None:
        what = event.where if isinstance(event, Started) else getattr(event, "run", None)
        told.send((type(event).__name__, what))

    with open_store(folder / "dfer.db") as db:
        try:
            drive(
                db,
                folder / "dfer.db",
                small_plan(folder, db).cells,
                launcher=partial(on_this_machine, jobs=1),
                on_event=on_event,
            )
        except KeyboardInterrupt:
            told.send(("interrupted", None))
            return
    told.send(("end", None))
