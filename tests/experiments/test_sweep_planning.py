"""From a grid to cells: each checked and given its hash before anything is computed."""

import pickle
from pathlib import Path

import pytest
from sqlite_utils import Database

from description_store.database import open_store
from description_store.runs import list_runs, save_run
from dfer.errors import ContentError, UsageError
from dfer.experiments.launching.work import compute
from dfer.experiments.sweeping.estimates import estimate
from dfer.experiments.sweeping.planning import plan
from dfer.training.data_source import DataSource
from dfer.training.preparing import prepare
from dfer.training.resuming import forget_state
from dfer.training.running import Machine
from tests.experiments.small_sweep import SETTINGS, make_folder, sets_of, small_grid, small_plan


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("planning"))


@pytest.fixture
def db(folder: Path):
    with open_store(folder / "dfer.db") as db:
        yield db


def test_a_cell_has_the_hash_that_the_same_run_has_outside_of_a_sweep(
    folder: Path, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    planned = small_plan(folder, db, recipes=("dfer-clip", "zero-shot"), settings={"frames": 4})
    for one in (planned.cells[0], planned.cells[-1], planned.cells[2]):
        training = {} if one.cell.recipe == "zero-shot" else {"epochs": 2, "batch_size": 8}
        alone = prepare(
            one.work.description_set,
            DataSource(dataset="csv", data=Path("world/clips.csv")),
            recipe=one.cell.recipe,
            overrides={"frames": 4, **training},
            architecture="tiny",
            pretrained=None,
            fold=one.cell.fold,
            seed=one.cell.seed,
            augmentation="none",
        )
        assert one.cell.spec_hash == alone.spec.hash
        assert pickle.loads(pickle.dumps(one.work)) == one.work


def test_no_two_cells_are_the_same_run(folder: Path, db: Database) -> None:
    grid = small_grid(folder, vary={"gamma": (0.1, 0.5, 0.1)}, folds=(1,), seeds=(1,))
    sets = sets_of(db)
    cells = plan(grid, [*sets, sets[0]], machine=Machine(), out=folder / "runs").cells
    assert [(c.cell.set_version, c.cell.varied["gamma"]) for c in cells] == [
        (1, 0.1),
        (2, 0.1),
        (1, 0.5),
        (2, 0.5),
    ]


def test_all_folds_are_those_of_the_data_set(folder: Path, db: Database) -> None:
    cells = small_plan(folder, db, folds="all").cells
    assert sorted({one.cell.fold for one in cells}) == [1, 2, 3]


def test_all_cells_that_cannot_be_computed_are_told_together(folder: Path, db: Database) -> None:
    with pytest.raises(ContentError) as caught:
        small_plan(folder, db, folds=(1, 9), seeds=(1,), vary={"context_tokens": (8, 60)})
    told = caught.value.message.splitlines()
    assert told[0] == "6 of 8 cells cannot be computed"
    assert [line.strip() for line in told[1:]] == [
        "v1 dfer-clip context_tokens=60 fold 1 seed 1 and 1 more: class 'happiness': the description takes "
        "19 tokens, the budget is 15 (77 − start − end − 60 context tokens)",
        "v1 dfer-clip context_tokens=8 fold 9 seed 1 and 3 more: fold 9 has no test clips",
    ]


def test_settings_that_a_recipe_does_not_have_are_refused_before_clips_are_read(
    folder: Path, db: Database
) -> None:
    with pytest.raises(UsageError, match="1 of 2 variants of recipes cannot be computed") as caught:
        small_plan(
            folder,
            db,
            data=folder / "nowhere.csv",
            recipes=("dfer-clip", "linear-probe"),
            settings={"context_tokens": 4},
        )
    assert "linear-probe: linear-probe has no setting context_tokens" in caught.value.message
    with pytest.raises(UsageError, match="unknown recipe 'x'"):
        small_plan(folder, db, recipes=("x",))


def test_a_cell_that_fails_comes_back_as_a_failed_run_that_the_store_takes(
    folder: Path, db: Database
) -> None:
    learns_nothing = SETTINGS | {"visual_learning_rate": 1e30, "temporal_learning_rate": 1e30}
    (one, *_) = small_plan(folder, db, settings=learns_nothing).cells
    result = compute(one.work)
    assert (result.run.status, result.predictions) == ("failed", ())
    assert "the loss became" in result.run.error
    assert result.run.spec_hash == one.cell.spec_hash
    assert save_run(db, result.run).name == f"r{len(list_runs(db))}"


def test_frames_that_changed_since_planning_fail_the_cell(folder: Path, db: Database) -> None:
    (one, *_) = small_plan(folder, db).cells
    frame = next((folder / "world/clips").glob("*/*"))
    before = frame.read_bytes()
    frame.write_bytes(before + b" ")
    try:
        result = compute(one.work)
    finally:
        frame.write_bytes(before)
    assert result.run.error == (
        "data_fingerprint changed since the sweep was planned; start the sweep again: it plans anew"
    )


def test_time_is_told_by_runs_of_the_same_protocol_and_disk_by_what_is_trained(
    folder: Path, db: Database
) -> None:
    planned = small_plan(folder, db, seeds=(1,), vary={"gamma": (0.25,)})
    works = [one.work for one in planned.cells]
    before = estimate(db, works, planned.loaded, jobs=1)
    assert before.seconds is None
    result = compute(works[0])
    forget_state(save_run(db, result.run, result.predictions))
    after = estimate(db, works, planned.loaded, jobs=2)
    assert result.run.seconds is not None
    assert after.seconds == pytest.approx(max(result.run.seconds * 4 / 2, result.run.seconds))
    assert result.run.folder is not None
    kept = sum(file.stat().st_size for file in Path(result.run.folder).iterdir())
    assert before.bytes == after.bytes == pytest.approx(4 * kept, rel=0.01)
    assert estimate(db, [], planned.loaded, jobs=1).seconds == 0
