"""Runs on kept features are the runs on frames: the same scores, and the tower sees no frame twice."""

from pathlib import Path

import pytest
from sqlite_utils import Database

from description_store.records import DescriptionSet, Run
from description_store.runs import load_predictions
from dfer.describe.controls import save_control
from dfer.models.settings import TrainedSettings
from dfer.training.data_source import DataSource
from dfer.training.preparing import PreparedRun, prepare_with_weights_of
from dfer.training.running import Machine, run_evaluation, run_training
from tests.training.conftest import DFEW, prepared_run

KEPT = Machine(accelerator="cpu", features=True)
RECOMPUTED = Machine(accelerator="cpu", features=False)
TRAIN_CLIPS, TEST_CLIPS, FRAMES, EPOCHS = 28, 14, 16, 2

Scores = list[tuple[float, ...]]


@pytest.fixture(autouse=True)
def _no_features_yet(
    _no_settings_from_outside: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DFER_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def sets(db: Database, described: DescriptionSet) -> list[DescriptionSet]:
    """Four sets: words that are meant, and three times random ones."""
    controls = [save_control(db, described, DFEW, kind="random", seed=seed, note="")[0] for seed in (1, 2, 3)]
    return [described, *controls]


def finished(db: Database, prepared: PreparedRun, machine: Machine, out: Path) -> tuple[Run, int]:
    """The run, and how many frames its image tower saw, the black ones that fill a batch included."""
    seen: list[int] = []
    prepared.clip.model.visual.register_forward_hook(lambda _, given, features: seen.append(len(features)))
    if isinstance(prepared.settings, TrainedSettings) and prepared.checkpoint is None:
        run, created = run_training(db, prepared, set_version=1, out=out, machine=machine, again=True)
    else:
        run, created = run_evaluation(db, prepared, set_version=1, machine=machine, again=True)
    assert created
    return run, sum(seen)


def scores_of(db: Database, run: Run) -> Scores:
    return [prediction.scores for prediction in load_predictions(db, run.id)]


def assert_same(found: Scores, expected: Scores) -> None:
    assert len(found) == len(expected) == TEST_CLIPS
    for some, other in zip(found, expected, strict=True):
        assert some == pytest.approx(other, abs=1e-5, rel=0)


def test_zero_shot_with_several_sets_scores_as_from_frames_and_sees_them_once(
    db, sets, world, tmp_path: Path
) -> None:
    all_seen, of_sets = [], []
    for words in sets:
        (kept, seen), (recomputed, seen_anew) = (
            finished(db, prepared_run(words, world, recipe="zero-shot"), machine, tmp_path)
            for machine in (KEPT, RECOMPUTED)
        )
        assert_same(scores_of(db, kept), scores_of(db, recomputed))
        assert kept.spec_hash == recomputed.spec_hash
        assert seen_anew == TEST_CLIPS * FRAMES
        all_seen.append(seen)
        of_sets.append(scores_of(db, kept))
    assert all_seen[0] > 0
    assert all_seen[1:] == [0, 0, 0]
    assert len({tuple(map(tuple, scores)) for scores in of_sets}) == len(sets)


@pytest.mark.parametrize("recipe", ["linear-probe", "coop", "cocoop"])
def test_a_training_on_kept_features_is_the_training_on_frames(
    db, described, world, tmp_path: Path, recipe: str
) -> None:
    (recomputed, seen_anew), (first, seen_first), (second, seen_second) = (
        finished(db, prepared_run(described, world, recipe=recipe), machine, tmp_path / "runs")
        for machine in (RECOMPUTED, KEPT, KEPT)
    )
    assert seen_anew == (EPOCHS * TRAIN_CLIPS + TEST_CLIPS) * FRAMES
    assert 0 < seen_first < seen_anew
    assert seen_second == 0
    for kept in (first, second):
        assert_same(scores_of(db, kept), scores_of(db, recomputed))
        assert [row["loss"] for row in kept.history] == pytest.approx(
            [row["loss"] for row in recomputed.history], abs=1e-5
        )


def test_a_trained_run_with_other_words_scores_as_from_frames_and_its_own_tower_sees_them_once(
    db, described, control, world, tmp_path: Path
) -> None:
    """The tower of DFER-CLIP is fine-tuned: its features serve its own evaluations, and no other run's."""
    source = DataSource(dataset="csv", data=world)
    trained, other = (
        finished(db, prepared_run(described, world, seed=seed, epochs=1), KEPT, tmp_path / "runs")[0]
        for seed in (1, 2)
    )
    first = finished(db, prepare_with_weights_of(trained, described, source), KEPT, tmp_path)
    assert_same(scores_of(db, first[0]), scores_of(db, trained))
    kept = finished(db, prepare_with_weights_of(trained, control, source), KEPT, tmp_path)
    recomputed = finished(db, prepare_with_weights_of(trained, control, source), RECOMPUTED, tmp_path)
    assert_same(scores_of(db, kept[0]), scores_of(db, recomputed[0]))
    of_another = finished(db, prepare_with_weights_of(other, described, source), KEPT, tmp_path)
    assert_same(scores_of(db, of_another[0]), scores_of(db, other))
    assert first[1] > 0
    assert kept[1] == 0
    assert of_another[1] == first[1]


def test_another_recipe_with_the_same_preprocessing_finds_the_features(
    db, described, control, world, tmp_path: Path
) -> None:
    def seen(words: DescriptionSet, recipe: str, **settings: str) -> int:
        prepared = prepared_run(words, world, recipe=recipe, **settings)
        return finished(db, prepared, KEPT, tmp_path / "runs")[1]

    assert seen(described, "linear-probe") > 0
    assert seen(described, "coop") == seen(control, "cocoop") == seen(control, "zero-shot") == 0
    assert seen(described, "zero-shot", pixel_normalisation="none") > 0


def test_a_run_with_augmentation_reads_and_keeps_no_feature(db, described, world, tmp_path: Path) -> None:
    finished(db, prepared_run(described, world, recipe="linear-probe"), KEPT, tmp_path / "runs")
    before = features_under(tmp_path / "cache")
    (kept, seen), (recomputed, seen_anew) = (
        finished(
            db,
            prepared_run(described, world, recipe="linear-probe", augmentation="dfew"),
            machine,
            tmp_path / "runs",
        )
        for machine in (KEPT, RECOMPUTED)
    )
    assert seen == seen_anew == (EPOCHS * TRAIN_CLIPS + TEST_CLIPS) * FRAMES
    assert_same(scores_of(db, kept), scores_of(db, recomputed))
    assert before
    assert features_under(tmp_path / "cache") == before


def features_under(folder: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in (folder / "features").glob("*/checksums.u32")}
