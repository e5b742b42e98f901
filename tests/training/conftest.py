"""One small synthetic world and one store for all training tests of a session."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from description_store.database import open_store
from description_store.records import DescriptionSet
from dfer.class_sets import load_class_set
from dfer.clips.synthetic.world import draw_world
from dfer.describe.controls import save_control
from dfer.describe.describing import describe
from dfer.describe.planning import plan_questions
from dfer.describe.templates import load_template
from dfer.models.settings import RECIPES
from dfer.training.data_source import DataSource
from dfer.training.preparing import PreparedRun, prepare

DFEW = load_class_set("dfew7")
LEARNS = {
    "batch_size": 4,
    "pixel_normalisation": "clip",
    "temperature": 0.05,
    "temporal_learning_rate": 1e-3,
    "visual_learning_rate": 1e-3,
}
"""Settings with which the tiny CLIP, whose weights are random, learns something."""


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """42 clips of seven classes in three folds."""
    folder = tmp_path_factory.mktemp("world")
    return draw_world(folder / "w", class_set=DFEW, clips=42, seed=3, size=64, folds=3)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with open_store(tmp_path / "dfer.db") as db:
        yield db


@pytest.fixture
def described(db: Database) -> DescriptionSet:
    questions = plan_questions(DFEW, load_template("dfer-clip"), model="builtin/facs")
    return describe(db, questions).description_set


@pytest.fixture
def control(db: Database, described: DescriptionSet) -> DescriptionSet:
    return save_control(db, described, DFEW, kind="random", seed=1, note="")[0]


def prepared_run(described: DescriptionSet, world: Path, **changes) -> PreparedRun:
    """A run of the tiny CLIP, two epochs unless told otherwise; unknown keywords are settings."""
    root = changes.pop("root", None)
    options = {"recipe": "dfer-clip", "architecture": "tiny", "pretrained": None, "fold": 1, "seed": 1}
    options["augmentation"] = "none"
    options |= {name: changes.pop(name) for name in list(changes) if name in PREPARE_OPTIONS}
    learns = {name: value for name, value in LEARNS.items() if hasattr(RECIPES[options["recipe"]], name)}
    overrides = changes if options["recipe"] == "zero-shot" else learns | {"epochs": 2} | changes
    source = DataSource(dataset="csv", data=world, root=root)
    return prepare(described, source, overrides=overrides, **options)


PREPARE_OPTIONS = {
    "recipe",
    "architecture",
    "pretrained",
    "fold",
    "seed",
    "selection",
    "augmentation",
    "clip_settings",
    "precision",
}
