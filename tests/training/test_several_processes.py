"""One result, however a batch is shared: by processes under torchrun, or in pieces one after the other."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from description_store.runs import list_runs, load_predictions
from dfer.errors import UsageError
from dfer.training.loop import Progress
from dfer.training.running import Machine, run_training
from tests.training.conftest import prepared_run
from tests.training.shared_training import RECIPES, train_all, uneven


@pytest.mark.slow
def test_two_processes_learn_what_one_learns_and_count_every_clip_once(
    db, described, world, tmp_path: Path
) -> None:
    """Each of the two reads four of a batch's eight clips; 21 steps a recipe; losses agree to 1e-5."""
    one = train_all(tmp_path / "dfer.db", world, tmp_path / "one")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    paths = [tmp_path / "dfer.db", world, tmp_path / "two", tmp_path / "losses.json"]
    done = subprocess.run(
        [*launcher, "-m", "tests.training.shared_training", *map(str, paths)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    two = json.loads((tmp_path / "losses.json").read_text())
    assert list(two) == list(one) == list(RECIPES)
    for recipe, losses in one.items():
        assert len(losses) == len(two[recipe]) == 21
        assert two[recipe] == pytest.approx(losses, abs=1e-5), recipe

    runs = list_runs(db)
    assert [run.recipe for run in runs] == 2 * list(RECIPES)  # one of each, not one of each process
    for alone, shared in zip(runs[: len(RECIPES)], runs[len(RECIPES) :], strict=True):
        assert (shared.uar, shared.war, shared.confusion) == (alone.uar, alone.war, alone.confusion)
        assert shared.metrics == pytest.approx(alone.metrics, abs=1e-3)
        of_one, of_two = (load_predictions(db, run.id) for run in (alone, shared))
        assert [p.clip for p in of_one] == [p.clip for p in of_two]
        assert len({p.clip for p in of_two}) == len(of_two) == 14
        for a, b in zip(of_one, of_two, strict=True):
            assert b.scores == pytest.approx(a.scores, abs=1e-3)


@pytest.mark.parametrize("changes", [{}, {"class_weights": "balanced", "label_smoothing": 0.1}])
def test_a_batch_in_pieces_teaches_the_same(db, described, world, tmp_path: Path, changes: dict) -> None:
    losses: dict[int, list[float]] = {1: [], 3: []}
    for pieces, own in losses.items():
        prepared = prepared_run(described, world, batch_size=8, **changes)
        prepared = replace(prepared, clips=replace(prepared.clips, train=uneven(prepared.clips.train)))

        def on_progress(progress: Progress, own: list[float] = own) -> None:
            if progress.stage == "train":
                own.append(progress.loss or 0.0)

        run_training(
            db,
            prepared,
            set_version=1,
            out=tmp_path,
            machine=Machine(accelerator="cpu", pieces=pieces),
            again=True,
            on_progress=on_progress,
        )
    assert losses[3] == pytest.approx(losses[1], abs=1e-5)


def test_a_contrastive_batch_is_not_computed_in_pieces(db, described, world, tmp_path: Path) -> None:
    prepared = prepared_run(described, world, recipe="emoclip", **RECIPES["emoclip"] | {"epochs": 1})
    with pytest.raises(UsageError, match="each clip is compared with all of it"):
        run_training(db, prepared, set_version=1, out=tmp_path, machine=Machine(accelerator="cpu", pieces=2))
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]
