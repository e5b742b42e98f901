"""`dfer rank` over 50 description sets against `dfer evaluate` of each on the same clips.

A ViT-B/32 with random weights, frames of 224 x 224, and features of all frames kept before, on both sides:
what is left is loading CLIP, reading the clips' list and encoding texts. The reference is run for one set in
each round, CLIP loaded as the command loads it, and counted 50 times.
"""

import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from sqlite_utils import Database

from benchmarks.pairs import row
from description_store.database import open_store
from description_store.records import DescriptionSet, Run
from dfer.class_sets import load_class_set
from dfer.clips.folds import FoldSplit
from dfer.clips.synthetic.world import draw_world
from dfer.describe.controls import save_control
from dfer.describe.describing import describe
from dfer.describe.planning import plan_questions
from dfer.describe.templates import load_template
from dfer.experiments.ranking import Ranking, rank
from dfer.experiments.set_scores import prepare_ranking
from dfer.training.data_source import DataSource
from dfer.training.preparing import prepare
from dfer.training.run_data import datasets
from dfer.training.running import Machine, run_evaluation

SETS, ROUNDS = 50, 5
CLIPS, FOLDS = 63, 3
CLASSES = load_class_set("dfew7")
MACHINE = Machine(accelerator="cpu")
OPTIONS: dict[str, Any] = {"architecture": "ViT-B-32", "pretrained": None, "fold": 1}

Made = TypeVar("Made")


def run() -> list[dict[str, Any]]:
    """The ratio, and the seconds of both sides in its note."""
    with (
        tempfile.TemporaryDirectory() as name,
        patch.dict(os.environ, DFER_CACHE_DIR=f"{name}/cache"),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", UserWarning)  # the weights are random, and meant to be
        folder = Path(name)
        source = DataSource(
            dataset="csv",
            data=draw_world(
                folder / "world", class_set=CLASSES, clips=CLIPS, seed=1, size=224, frames=24, folds=FOLDS
            ),
        )
        with open_store(folder / "dfer.db") as db:
            return [_row(db, _sets(db), source)]


def _sets(db: Database) -> dict[str, DescriptionSet]:
    questions = plan_questions(CLASSES, load_template("dfer-clip"), model="builtin/facs")
    parent = describe(db, questions).description_set
    made = [save_control(db, parent, CLASSES, kind="random", seed=n, note="")[0] for n in range(SETS)]
    return {found.name: found for found in made}


def _row(db: Database, sets: dict[str, DescriptionSet], source: DataSource) -> dict[str, Any]:
    cold, ranking = _timed(lambda: _ranked(sets, source))
    ratios, slow, fast = [], [], []
    same = True
    rows = {one.set: one for one in ranking.rows}
    for found in list(sets.values())[:ROUNDS]:
        one, run = _timed(lambda found=found: _evaluated(db, found, source))
        all_sets, again = _timed(lambda: _ranked(sets, source))
        same &= (rows[found.name].uar, rows[found.name].war) == (run.uar, run.war)
        same &= again.rows == ranking.rows
        ratios.append(SETS * one / all_sets)
        slow.append(one)
        fast.append(all_sets)
    return row(
        f"ranking of {SETS} sets, features kept",
        ratios,
        unit="×",
        equal_to="`dfer evaluate` of each: UAR and WAR "
        + (f"the same in {ROUNDS} of {ROUNDS}" if same else "NOT THE SAME"),
        note=f"{statistics.median(fast):.1f} s against {SETS} × {statistics.median(slow):.1f} s ({ROUNDS} "
        f"run); {cold:.0f} s where features of {ranking.clips} clips are computed first",
    )


def _ranked(sets: dict[str, DescriptionSet], source: DataSource) -> Ranking:
    return rank(sets, prepare_ranking(sets, source, **OPTIONS), machine=MACHINE)


def _evaluated(db: Database, found: DescriptionSet, source: DataSource) -> Run:
    """With the validation clips in the place of the test clips."""
    prepared = prepare(
        found, source, recipe="zero-shot", overrides={}, seed=0, selection="best-val", **OPTIONS
    )
    clips = FoldSplit(train=prepared.clips.train, val=(), test=datasets(prepared)["val"].clips)
    own = replace(prepared, clips=clips)
    run, _ = run_evaluation(db, own, set_version=found.version, machine=MACHINE, again=True)
    return run


def _timed(action: Callable[[], Made]) -> tuple[float, Made]:
    started = time.perf_counter()
    made = action()
    return time.perf_counter() - started, made


if __name__ == "__main__":
    for line in run():
        print(line)
