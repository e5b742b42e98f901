"""Zero-shot and linear probe over 50 description sets: on kept features, against the tower anew for each.

A ViT-B/32 with random weights, frames of 224 x 224. Our side is the whole grid, run from an empty cache: 50
evaluations, and 50 trainings of 50 epochs (of one and the same probe: it reads no words). The reference would
take about a day; two of its evaluations are run, and two epochs of its training, of which the second is
then counted 49 times. A run's seconds are those of making and storing it; preparing it, which is the same on
both sides, is in the last row only.
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

from benchmarks.pairs import row
from description_store.database import open_store
from description_store.records import DescriptionSet
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
PROBE = {"batch_size": 7}
CLASSES = load_class_set("dfew7")
KEPT, ANEW = (Machine(accelerator="cpu", features=features) for features in (True, False))


@dataclass(frozen=True, kw_only=True, slots=True)
class Timed:
    """A run: its own seconds, those of its second epoch, and its scores."""

    seconds: float
    epoch_seconds: float | None
    scores: list[tuple[float, ...]]


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
        overrides = PROBE | {"epochs": epochs} if recipe == "linear-probe" else {}
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
    first, second = grid.sets[:2]
    # In turns, so that a machine that is busy for a while is unfair to neither side.
    evaluated_anew = [grid.timed(zero_shot, first, ANEW)]
    evaluated = [grid.timed(zero_shot, words, KEPT) for words in grid.sets]
    trained_anew = grid.timed(short, first, ANEW)
    trained = [grid.timed(probe, words, KEPT) for words in grid.sets]
    evaluated_anew.append(grid.timed(zero_shot, second, ANEW))
    trained_short = grid.timed(short, first, KEPT)

    assert trained_anew.epoch_seconds is not None
    evaluation = statistics.mean(one.seconds for one in evaluated_anew)
    training = trained_anew.seconds + (EPOCHS - 2) * trained_anew.epoch_seconds
    anew = SETS * (evaluation + training)
    kept_evaluations, kept = _sum(evaluated), _sum(evaluated) + _sum(trained)
    cold = evaluated[0].seconds + trained[0].seconds
    loading = SETS * 2 * statistics.median(grid.preparing)
    same_evaluated = max(map(_apart, evaluated_anew, evaluated))
    same_trained = _apart(trained_anew, trained_short)
    same = f"scores to {max(same_evaluated, same_trained):.0e}"
    return [
        row(
            "zero-shot of one more set: kept features",
            [one.seconds / other.seconds for one in evaluated_anew for other in evaluated[1:]],
            unit="×",
            equal_to=f"scores to {same_evaluated:.0e}",
            note=f"{_median(evaluated[1:]):.2f} s against {evaluation:.1f} s (run twice)",
        ),
        row(
            f"linear probe of one more set, {EPOCHS} epochs",
            [training / other.seconds for other in trained[1:]],
            unit="×",
            equal_to=f"scores to {same_trained:.0e} after 2 epochs",
            note=f"{_median(trained[1:]):.2f} s against {training:.0f} s (2 epochs run in "
            f"{trained_anew.seconds:.0f} s, and {EPOCHS - 2} more of {trained_anew.epoch_seconds:.1f} s)",
        ),
        row(
            f"zero-shot of {SETS} sets, first pass included",
            [SETS * evaluation / kept_evaluations],
            unit="×",
            equal_to=f"scores to {same_evaluated:.0e}",
            note=f"{kept_evaluations:.0f} s, {evaluated[0].seconds:.0f} s of them the first set's; against "
            f"{SETS} × {evaluation:.1f} s. More than {SETS} it cannot be",
        ),
        row(
            f"zero-shot and linear probe of {SETS} sets",
            [anew / kept],
            unit="×",
            equal_to=same,
            note=f"{kept:.0f} s, {cold:.0f} s of them the first set's; against {SETS} × "
            f"{evaluation + training:.0f} s, {anew / 3600:.1f} h",
        ),
        row(
            "the same, CLIP loaded for each run",
            [(anew + loading) / (kept + loading)],
            unit="×",
            equal_to=same,
            note=f"on both sides {loading:.0f} s of preparing: {2 * SETS} × "
            f"{statistics.median(grid.preparing):.1f} s (three times measured)",
        ),
    ]


def _apart(some: Timed, other: Timed) -> float:
    """The largest difference of two scores."""
    pairs = zip(some.scores, other.scores, strict=True)
    return max(abs(a - b) for one, two in pairs for a, b in zip(one, two, strict=True))


def _sum(runs: Sequence[Timed]) -> float:
    return sum(one.seconds for one in runs)


def _median(runs: Sequence[Timed]) -> float:
    return statistics.median(one.seconds for one in runs)


if __name__ == "__main__":
    for line in run():
        print(line)
