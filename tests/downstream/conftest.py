"""A run of the tiny CLIP, really trained once for all, and clips whose brightness is scored."""

import csv
import random
from pathlib import Path

import pytest
from PIL import Image

from description_store.database import open_store
from dfer.class_sets import load_class_set
from dfer.clips.synthetic.world import draw_world
from dfer.describe.describing import describe
from dfer.describe.planning import plan_questions
from dfer.describe.templates import load_template
from dfer.training.running import Machine, run_training
from tests.cli.conftest import dfer as dfer
from tests.training.conftest import prepared_run

_SUBJECTS, _VIDEOS, _CLIPS, _FRAMES = 6, 4, 2, 3


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds one trained run, r1."""
    folder = tmp_path_factory.mktemp("trained")
    dfew = load_class_set("dfew7")
    with pytest.MonkeyPatch.context() as patch, open_store(folder / "dfer.db") as db:
        patch.setenv("DFER_CACHE_DIR", str(folder / "cache"))
        world = draw_world(folder / "world", class_set=dfew, clips=21, seed=3, size=64, folds=3)
        words = describe(db, plan_questions(dfew, load_template("dfer-clip"), model="builtin/facs"))
        run, _ = run_training(
            db,
            prepared_run(words.description_set, world, epochs=1, frames=4),
            set_version=1,
            out=folder / "runs",
            machine=Machine(accelerator="cpu"),
        )
        assert run.name == "r1"
    return folder / "dfer.db"


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    """48 clips of 24 videos of 6 people, some shorter than the run's 4 frames.

    `bright` is how bright a video is, whoever it shows; `luck` is drawn, and nothing shows it.
    """
    rng = random.Random(2)
    rows = []
    for subject in range(_SUBJECTS):
        for video in range(_VIDEOS):
            bright, luck = rng.randrange(1, 8), rng.randrange(1, 8)
            for part in range(_CLIPS):
                name = f"clips/{subject}{video}{part}"
                (tmp_path / name).mkdir(parents=True)
                for frame in range(_FRAMES + part):
                    grey = 30 * bright + rng.randrange(-8, 9)
                    Image.new("RGB", (64, 64), (grey, grey, grey)).save(tmp_path / name / f"{frame}.png")
                rows.append([name, f"s{subject}", f"{subject}{video}", bright, luck])
    file = tmp_path / "scores.csv"
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows([["path", "subject", "video", "bright", "luck"], *rows])
    return file
