"""Fifty description sets, zero-shot and linear probe: on the features of one pass, against a pass for each set.

The tower is a ViT-B/32 with random weights at 224 x 224. Our side runs the whole grid as it is, beginning with
an empty cache: 50 evaluations and 50 trainings of 50 epochs. The reference would take a day, so two of its
evaluations and one training of two epochs are run, and multiplied; each row says by what. Its first epoch
stands for the run's fixed part, its second is an epoch. Preparing a run (its copy of CLIP) is counted in one
row only: it is the same on both sides, and what decides there.
"""

import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlite_utils import Database

from description_store.database import open_store
from description_store.records import DescriptionSet, Run
from description_store.runs import load_predictions
from dfer.class_sets import load_class_set
from dfer.clips.synthetic.world import draw_world
from dfer.describe.controls import save_control
from dfer.describe.describing import describe
from dfer.describe.planning import plan_questions
from dfer.describe.templates import load_template
from dfer.training.data_source import DataSource
from dfer.training.loop import Progress
from dfer.training.preparing import PreparedRun, prepare
from dfer.training.running import Machine, run_evaluation, run_training
from dfer.training.specification import words_of

SETS, EPOCHS = 50, 50
CLIPS, FOLDS = 28, 2
"""14 clips to train, 14 to test: two of each class."""
CLASSES = load_class_set("dfew7")
KEPT, ANEW = (Machine(accelerator="cpu", features=features) for features in (True, False))
PREPARINGS = 3

Scores = list[tuple[float, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Timed:
    """A run: its own seconds, those of its second epoch, and its scores."""

    seconds: float
    epoch_seconds: float | None
    scores: Scores


def run() -> list[dict[str, Any]]:
    """The ratios: of one more set, of the grid, and of the grid with CLIP loaded for each run."""
    with tempfile.TemporaryDirectory() as name, patch.dict(os.environ, DFER_CACHE_DIR=f"{name}/cache"):
        folder = Path(name)
        source = DataSource(
            dataset="csv",
            data=draw_world(
                folder / "world", class_set=CLASSES, clips=CLIPS, seed=1, size=224, frames=24, folds=FOLDS
            ),
        )
        with open_store(folder / "dfer.db") as db:
            return _rows(_Grid(db=db, sets=_fifty_sets(db), source=source, out=folder / "runs"))


def _fifty_sets(db: Database) -> list[DescriptionSet]:
    questions = plan_questions(CLASSES, load_template("dfer-clip"), model="builtin/facs")
    parent = describe(db, questions).description_set
    return [save_control(db, parent, CLASSES, kind="random", seed=n, note="")[0] for n in range(SETS)]


@dataclass(kw_only=True)
class _Grid:
    db: Database
    sets: Sequence[DescriptionSet]
    source: DataSource
    out: Path
    preparing: list[float] = field(default_factory=list)

    def prepared(self, recipe: str, *, epochs: int = EPOCHS) -> PreparedRun:
        overrides = {"epochs": epochs, "batch_size": 7} if recipe == "linear-probe" else {}
        started = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # the weights are random, and meant to be
            prepared = prepare(
                self.sets[0],
                self.source,
                recipe=recipe,
                overrides=overrides,
                architecture="ViT-B-32",
                pretrained=None,
                fold=1,
                seed=1,
            )
        self.preparing.append(time.perf_counter() - started)
        return prepared

    def timed(self, prepared: PreparedRun, words: DescriptionSet, machine: Machine) -> Timed:
        """A run of the same preparations with other words, on a copy of its CLIP that is made before."""
        own = replace(
            prepared, spec=prepared.spec.model_copy(update=words_of(words)), clip=deepcopy(prepared.clip)
        )
        ends: dict[int, float] = {}

        def heard(progress: Progress) -> None:
            if progress.stage == "train":
                ends[progress.epoch] = time.perf_counter()

        options: dict[str, Any] = {
            "set_version": words.version,
            "machine": machine,
            "again": True,
            "on_progress": heard,
        }
        started = time.perf_counter()
        run: Run
        if prepared.spec.recipe == "zero-shot":
            run, _ = run_evaluation(self.db, own, **options)
        else:
            run, _ = run_training(self.db, own, out=self.out, **options)
        seconds = time.perf_counter() - started
        return Timed(
            seconds=seconds,
            epoch_seconds=ends[2] - ends[1] if 2 in ends else None,
            scores=[prediction.scores for prediction in load_predictions(self.db, run.id)],
        )


def _rows(grid: _Grid) -> list[dict[str, Any]]:
    zero_shot, probe, short = (
        grid.prepared("zero-shot"),
        grid.prepared("linear-probe"),
        grid.prepared("linear-probe", epochs=2),
    )
    first, *others = grid.sets
    # In turns, so that a machine that is busy for a while is unfair to neither side.
    evaluated_anew = [grid.timed(zero_shot, first, ANEW)]
    evaluated = [grid.timed(zero_shot, words, KEPT) for words in grid.sets]
    trained_anew = grid.timed(short, first, ANEW)
    trained = [grid.timed(probe, words, KEPT) for words in grid.sets]
    evaluated_anew.append(grid.timed(zero_shot, others[0], ANEW))
    trained_short = grid.timed(short, first, KEPT)

    assert trained_anew.epoch_seconds is not None
    evaluation = statistics.mean(one.seconds for one in evaluated_anew)
    training = trained_anew.seconds + (EPOCHS - 2) * trained_anew.epoch_seconds
    apart_evaluated = max(
        _apart(anew.scores, kept.scores) for anew, kept in zip(evaluated_anew, evaluated[:2], strict=True)
    )
    apart_trained = _apart(trained_anew.scores, trained_short.scores)
    said_evaluation = f"{evaluation:.1f} s a set anew (2 run, times {SETS})"
    said_training = (
        f"{training:.0f} s a set anew (2 epochs run, {trained_anew.seconds:.0f} s, "
        f"and {EPOCHS - 2} more of {trained_anew.epoch_seconds:.1f} s; times {SETS})"
    )
    kept_evaluation, kept_training = _sum(evaluated), _sum(trained)
    kept = kept_evaluation + kept_training
    anew = SETS * (evaluation + training)
    loading = SETS * 2 * statistics.median(grid.preparing)
    same_evaluated = f"scores to {apart_evaluated:.0e}"
    same_trained = f"scores of 2 epochs to {apart_trained:.0e}"
    return [
        _row(
            "zero-shot of one more set",
            [one.seconds / other.seconds for one in evaluated_anew for other in evaluated[1:]],
            equal_to=same_evaluated,
            note=f"{said_evaluation}; {_median(evaluated[1:]):.2f} s on features",
        ),
        _row(
            "linear probe of one more set, 50 epochs",
            [training / other.seconds for other in trained[1:]],
            equal_to=same_trained,
            note=f"{said_training}; {_median(trained[1:]):.2f} s on features",
        ),
        _row(
            f"zero-shot of {SETS} sets",
            [SETS * evaluation / kept_evaluation],
            equal_to=same_evaluated,
            note=f"{kept_evaluation:.0f} s, of them {evaluated[0].seconds:.0f} s for the first set; "
            f"at most {SETS}, however many clips",
        ),
        _row(
            f"the grid: zero-shot and linear probe of {SETS} sets",
            [anew / kept],
            equal_to=f"{same_evaluated}; {same_trained}",
            note=f"{kept:.0f} s, of them {evaluated[0].seconds + trained[0].seconds:.0f} s for the first set; "
            f"{anew / 3600:.1f} h anew",
        ),
        _row(
            "the grid, CLIP loaded for each run",
            [(anew + loading) / (kept + loading)],
            equal_to=f"{same_evaluated}; {same_trained}",
            note=f"{kept + loading:.0f} s, of them {loading:.0f} s of preparing (median of {PREPARINGS}, "
            f"times {2 * SETS})",
        ),
    ]


def _apart(some: Scores, other: Scores) -> float:
    """The largest difference of two scores."""
    pairs = zip(some, other, strict=True)
    return max(abs(a - b) for one, two in pairs for a, b in zip(one, two, strict=True))


def _sum(runs: Sequence[Timed]) -> float:
    return sum(one.seconds for one in runs)


def _median(runs: Sequence[Timed]) -> float:
    return statistics.median(one.seconds for one in runs)


def _row(name: str, ratios: list[float], *, equal_to: str, note: str) -> dict[str, Any]:
    low, _, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return {
        "name": f"cached features: {name}",
        "ratio": round(statistics.median(ratios), 3),
        "low": round(low, 3),
        "high": round(high, 3),
        "equal_to": equal_to,
        "unit": "×",
        "note": note,
    }


if __name__ == "__main__":
    for row in run():
        print(row)
