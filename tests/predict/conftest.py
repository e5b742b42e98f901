"""A small world and a store of really made runs, once for all tests of this room."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sqlite_utils import Database

from description_store.database import open_store
from description_store.records import DescriptionSet, Run
from description_store.runs import find_run, load_predictions, save_run
from description_store.sets import find_set
from dfer.class_sets import load_class_set
from dfer.clips.synthetic.clip_writer import write_mp4
from dfer.clips.synthetic.world import draw_world
from dfer.describe.controls import save_control
from dfer.describe.describing import describe
from dfer.describe.planning import plan_questions
from dfer.describe.templates import load_template
from dfer.predict.loaded import LoadedRecogniser, load_zero_shot
from dfer.training.data_source import DataSource
from dfer.training.preparing import prepare_with_weights_of
from dfer.training.run_record import failed_run
from dfer.training.running import Machine, run_evaluation, run_training
from tests.training.conftest import prepared_run

FRAMES = 4
CPU = Machine(accelerator="cpu")


@dataclass(frozen=True)
class Made:
    """v1 are the offline author's words, v2 random ones. r1: DFER-CLIP trained with v1; r2: r1's weights with
    v2; r3: zero-shot with v1; r4: a training that failed. All are tested on fold 1."""

    store: Path
    world: Path
    """Its list, clips.csv."""

    def clips(self) -> dict[str, Path]:
        """Paths of all clips by id."""
        with self.world.open(encoding="utf-8", newline="") as file:
            return {row["path"]: self.world.parent / row["path"] for row in csv.DictReader(file)}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("predict")
    dfew = load_class_set("dfew7")
    with pytest.MonkeyPatch.context() as patch, open_store(folder / "dfer.db") as db:
        patch.setenv("DFER_CACHE_DIR", str(folder / "cache"))
        world = draw_world(folder / "world", class_set=dfew, clips=21, seed=3, size=80, folds=3)
        words = describe(db, plan_questions(dfew, load_template("dfer-clip"), model="builtin/facs"))
        v1 = words.description_set
        v2, _ = save_control(db, v1, dfew, kind="random", seed=1, note="")
        prepared = prepared_run(v1, world, epochs=1, frames=FRAMES)
        r1, _ = run_training(db, prepared, set_version=1, out=folder / "runs", machine=CPU)
        other = prepare_with_weights_of(r1, v2, DataSource(dataset="csv", data=world))
        run_evaluation(db, other, set_version=2, machine=CPU)
        run_evaluation(db, prepared_run(v1, world, recipe="zero-shot"), set_version=1, machine=CPU)
        save_run(db, failed_run(prepared.spec, "the disk is full", set_version=1))
    return Made(store=folder / "dfer.db", world=world)


@pytest.fixture
def db(made: Made) -> Iterator[Database]:
    with open_store(made.store) as db:
        yield db


@pytest.fixture
def v1(db: Database) -> DescriptionSet:
    return find_set(db, "v1")


@pytest.fixture
def zero_shot(v1: DescriptionSet) -> LoadedRecogniser:
    """Of four frames a window."""
    return tiny_zero_shot(v1)


def tiny_zero_shot(words: DescriptionSet, **settings) -> LoadedRecogniser:
    return load_zero_shot(
        words,
        overrides={"frames": FRAMES} | settings,
        architecture="tiny",
        pretrained=None,
        accelerator="cpu",
    )


def stored_scores(db: Database, name: str) -> dict[str, tuple[float, ...]]:
    """By clip id."""
    run: Run = find_run(db, name)
    return {prediction.clip: prediction.scores for prediction in load_predictions(db, run.id)}


@pytest.fixture(scope="session")
def noise_mp4(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds at 25 frames a second, every frame another."""
    draw = np.random.default_rng(0)
    file = tmp_path_factory.mktemp("long") / "long.mp4"
    pictures = (
        draw.integers(0, 256, (8, 8, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1) for _ in range(300)
    )
    write_mp4(file, pictures, size=64)
    return file
