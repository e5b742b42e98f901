"""Zero-shot runs: ensembles of frames and of sentences are settings of a run, on features that are kept."""

from pathlib import Path

import pytest
from sqlite_utils import Database

from description_store.records import Combine, DescriptionSet, Run
from description_store.runs import load_predictions
from dfer.models.settings import FrameEnsemble
from dfer.training.preparing import PreparedRun
from dfer.training.running import Machine, run_evaluation
from tests.experiments.test_ranking import assert_as_evaluated
from tests.training.conftest import prepared_run
from tests.training.test_ensembles import ensemble

KEPT = Machine(accelerator="cpu", features=True)
RECOMPUTED = Machine(accelerator="cpu", features=False)
FRAMES: list[FrameEnsemble] = ["mean", "mean_normalised", "mean_score", "max_score"]
SENTENCES = ["{}", "a photo of a face with {}", "a person showing {}"]


@pytest.fixture(autouse=True)
def _no_features_yet(
    _no_settings_from_outside: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DFER_CACHE_DIR", str(tmp_path / "cache"))


def zero_shot(words: DescriptionSet, world: Path, **settings: object) -> PreparedRun:
    return prepared_run(words, world, recipe="zero-shot", **settings)


def evaluated(db: Database, prepared: PreparedRun, machine: Machine = KEPT) -> tuple[Run, int]:
    """The run, and how many frames its image tower saw."""
    seen: list[int] = []
    prepared.clip.model.visual.register_forward_hook(lambda _, given, features: seen.append(len(features)))
    run, _ = run_evaluation(db, prepared, set_version=1, machine=machine, again=True)
    return run, sum(seen)


def scores_of(db: Database, run: Run) -> list[tuple[float, ...]]:
    return [prediction.scores for prediction in load_predictions(db, run.id)]


def test_whatever_the_ensembles_the_frames_of_clips_are_seen_once(
    db: Database, described: DescriptionSet, control: DescriptionSet, world: Path
) -> None:
    first = evaluated(db, zero_shot(described, world, frames=4))
    others = [
        evaluated(db, zero_shot(words, world, frames=4, frame_ensemble=rule, templates=SENTENCES))
        for words in (described, control)
        for rule in FRAMES
    ]
    assert first[1] > 0
    assert [seen for _, seen in others] == [0] * len(others)
    assert len({tuple(scores_of(db, run)) for run, _ in (first, *others)}) == 1 + len(others)


@pytest.mark.parametrize("rule", FRAMES)
def test_the_scores_are_those_from_frames(
    db: Database, described: DescriptionSet, world: Path, rule: FrameEnsemble
) -> None:
    def scores(machine: Machine) -> list[tuple[float, ...]]:
        prepared = zero_shot(described, world, frames=3, frame_ensemble=rule, templates=SENTENCES)
        return scores_of(db, evaluated(db, prepared, machine)[0])

    for kept, anew in zip(scores(KEPT), scores(RECOMPUTED), strict=True):
        assert kept == pytest.approx(anew, abs=2e-5, rel=0)


@pytest.mark.parametrize(
    "settings",
    [{"frame_ensemble": "mean_score"}, {"templates": SENTENCES}, {"templates": SENTENCES[::-1]}],
    ids=str,
)
def test_an_ensemble_makes_another_protocol(
    described: DescriptionSet, world: Path, settings: dict[str, object]
) -> None:
    plain, other = (zero_shot(described, world, **changes).spec for changes in ({}, settings))
    assert plain.hash != other.hash
    assert plain.protocol_hash != other.protocol_hash


def test_a_run_says_its_ensembles(db: Database, described: DescriptionSet, world: Path) -> None:
    prepared = zero_shot(described, world, frames=1, frame_ensemble="max_score", templates=SENTENCES)
    said = evaluated(db, prepared)[0].specification["settings"]
    assert (said["frame_ensemble"], said["templates"]) == ("max_score", SENTENCES)


@pytest.mark.parametrize(
    ("rule", "precision"), [*((rule, "fp32") for rule in FRAMES), ("mean_normalised", "bf16")]
)
def test_a_ranking_has_the_scores_of_an_evaluation(
    db: Database, described: DescriptionSet, world: Path, rule: FrameEnsemble, precision: str
) -> None:
    several: list[Combine] = ["mean_embedding", "max_score"]
    sets = {"joined": described} | {combine: ensemble(described, combine) for combine in several}
    overrides = {"frames": 3, "frame_ensemble": rule, "templates": SENTENCES}
    assert_as_evaluated(db, sets, world, overrides=overrides, precision=precision)
