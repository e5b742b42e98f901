"""The command that a report gives for a run, typed into the real command line, makes exactly that run."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dfer_cli.main import app
from typer.testing import CliRunner

from description_store.database import open_store
from description_store.records import DescriptionSet, Run
from description_store.runs import find_run
from description_store.sets import load_set
from dfer.clips.settings import ClipSettings
from dfer.clips.synthetic.world import draw_world
from dfer.describe.controls import save_control
from dfer.describe.describing import describe
from dfer.describe.planning import plan_questions
from dfer.describe.templates import load_template
from dfer.experiments.report.reproducing import arguments, command, placeholders
from dfer.training.data_source import DataSource
from dfer.training.preparing import prepare
from dfer.training.run_record import identity
from tests.experiments.report_world import a_comparison, some_sets
from tests.training.conftest import DFEW, prepared_run

Typed = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a set, v1, and its random control, v2, beside 42 clips of seven classes."""
    folder = tmp_path_factory.mktemp("reproducing")
    draw_world(folder / "world", class_set=DFEW, clips=42, seed=3, size=64, folds=3)
    with open_store(folder / "dfer.db") as db:
        questions = plan_questions(DFEW, load_template("dfer-clip"), model="builtin/facs")
        save_control(db, describe(db, questions).description_set, DFEW, kind="random", seed=1, note="")
    return folder


@pytest.fixture
def described(folder: Path) -> DescriptionSet:
    with open_store(folder / "dfer.db") as db:
        return load_set(db, 1)


@pytest.fixture
def typed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """What a command prints as JSON."""
    monkeypatch.chdir(folder)

    def typed(line: str, *more: str) -> dict[str, Any]:
        program, *words = shlex.split(line)
        assert program == "dfer"
        result = CliRunner().invoke(app, [*words, *more, "--json", "-q"])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return typed


def world(folder: Path) -> Path:
    return folder / "world" / "clips.csv"


TRAININGS = {
    "as published": {"recipe": "dfer-clip", "batch_size": 8},
    "other settings": {
        "fold": 2,
        "seed": 7,
        "selection": "best-test",
        "augmentation": "dfew",
        "precision": "bf16",
        "milestones": [1, 2],
        "description_position": "middle",
        "class_specific_context": False,
        "patience": 3,
        "temporal_layers": 0,
    },
    "clips read otherwise": {
        "clip_settings": ClipSettings(short_clips="loop", broken_frames="skip", balance="oversample")
    },
    "windows": {"clip_settings": ClipSettings(sampling="windows", downsample=2, random_test_windows=True)},
    "emoclip with a class held out": {
        "recipe": "emoclip-supervised",
        "augmentation": "emoclip",
        "clip_settings": ClipSettings(sampling="windows"),
        "held_out_class": "fear",
        "frames": 8,
    },
    "emoclip with frames of segments": {"recipe": "emoclip", "clip_settings": ClipSettings(), "frames": 8},
    "a linear probe": {"recipe": "linear-probe", "optimizer": "adamw", "schedule": "cosine"},
}


@pytest.mark.parametrize("changes", TRAININGS.values(), ids=TRAININGS)
def test_the_command_of_a_training_comes_to_its_specification(
    folder: Path, described: DescriptionSet, typed: Typed, changes: dict[str, Any]
) -> None:
    prepared = prepared_run(described, world(folder), **changes)
    run = Run(id=3, status="finished", **identity(prepared.spec, described.version))
    line = command(run, data=str(world(folder)))
    assert typed(line, "--dry-run")["spec_hash"] == run.spec_hash


def test_the_command_of_a_run_of_a_pack_names_a_pack_and_says_how_it_was_made(
    folder: Path, described: DescriptionSet, typed: Typed
) -> None:
    typed(f"dfer data pack {world(folder)} {folder / 'clips.pack'} --size 64")
    prepared = prepare(
        described,
        DataSource(dataset="csv", data=folder / "clips.pack"),
        recipe="dfer-clip",
        overrides={"batch_size": 4},
        architecture="tiny",
        pretrained=None,
        fold=1,
        seed=1,
        augmentation="none",
    )
    run = Run(id=3, status="finished", **identity(prepared.spec, described.version))
    assert "--data DATA.pack" in command(run)
    assert any("dfer data pack" in told and "size 64" in told for told in placeholders([run]))
    assert typed(command(run, data=str(folder / "clips.pack")), "--dry-run")["spec_hash"] == run.spec_hash


def test_the_command_of_a_zero_shot_run_comes_to_that_run(folder: Path, typed: Typed) -> None:
    first = typed(
        f"dfer evaluate -d v1 --data {world(folder)} --clip tiny --fold 2 --set temperature=0.05 "
        "--augmentation emoclip --short-clips reflect --workers 0"
    )
    run = stored(folder, first["run"])
    again = typed(command(run, data=str(world(folder))), "--workers", "0")
    assert (again["run"], again["created"]) == (first["run"], False)


def test_the_command_of_an_evaluation_names_the_run_whose_weights_it_had(folder: Path, typed: Typed) -> None:
    trained = typed(
        f"dfer train -d v1 --data {world(folder)} --clip tiny --epochs 1 --batch-size 4 --fold 3 --workers 0 "
        "--augmentation none"
    )
    other = typed(f"dfer evaluate -d v2 --data {world(folder)} --run {trained['run']} --workers 0")
    run, weights = stored(folder, other["run"]), stored(folder, trained["run"])
    assert f"--run {trained['run']}" in command(run, others=[weights])
    assert placeholders([run], [weights])[1:] == ()
    again = typed(command(run, others=[weights], data=str(world(folder))), "--workers", "0")
    assert (again["run"], again["created"]) == (other["run"], False)
    assert "--run RUN " in command(run)
    assert any(run.specification["trained_by"] in told for told in placeholders([run]))


def stored(folder: Path, name: str) -> Run:
    with open_store(folder / "dfer.db") as db:
        return find_run(db, name)


def test_texts_that_a_shell_or_json_would_misread_are_quoted() -> None:
    (run, *_) = a_comparison(some_sets(2, "dfew7"), folds=1).runs["v1"]
    odd = run.model_copy(
        update={
            "specification": run.specification
            | {"clip": run.specification["clip"] | {"pretrained": "my weights.pt"}}
        }
    )
    words = arguments(odd, set_name="@base line")
    assert "my weights.pt" in words
    assert shlex.split(command(odd, set_name="@base line")) == ["dfer", *words]
    assert any("my weights.pt have the SHA-256 40d3" in told for told in placeholders([odd]))
