"""A small world with a validation split of its own, a store, and the names control to start from."""

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
from dfer.describe.planning import Questions, plan_questions
from dfer.describe.templates import load_template
from tests.refine.names_to_words import with_validation_split

DFEW = load_class_set("dfew7")


def offline_author() -> Questions:
    return plan_questions(DFEW, load_template("dfer-clip"), model="builtin/facs")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """56 clips: 28 tested, 21 to validate on."""
    folder = tmp_path_factory.mktemp("refine") / "w"
    drawn = draw_world(folder, class_set=DFEW, clips=56, seed=3, size=64, frames=4, folds=2)
    return with_validation_split(drawn)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with open_store(tmp_path / "dfer.db") as db:
        yield db


@pytest.fixture
def described(db: Database) -> DescriptionSet:
    return describe(db, offline_author()).description_set


@pytest.fixture
def names(db: Database, described: DescriptionSet) -> DescriptionSet:
    return save_control(db, described, DFEW, kind="names", seed=0, note="")[0]
