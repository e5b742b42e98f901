"""`dfer runs import`, as a user types it, and `dfer evaluate` with what it made."""

from pathlib import Path

import pytest

from tests.cli.conftest import Dfer
from tests.models.hostile_checkpoints import DAMAGED, LIVE
from tests.models.published_files import TEXTS, save_dfer_clip, state_for

IMPORT = "runs import dfew-1.pth --recipe dfer-clip --dataset dfew --fold 1 --clip tiny"


@pytest.fixture
def published(dfer: Dfer, tmp_path: Path) -> Dfer:
    """A folder with DFER-CLIP's file for DFEW, made of the tiny CLIP."""
    save_dfer_clip(tmp_path / "dfew-1.pth", state_for("dfew"))
    return dfer


def test_a_published_file_is_imported_and_evaluated_with_its_own_and_with_other_words(
    published: Dfer,
) -> None:
    assert published("data synth world --classes dfew7 --clips 42 --seed 3 --size 64 --folds 3 -q").code == 0
    made = published(f"{IMPORT} --json").json
    assert (made["run"], made["set"], made["status"], made["selection"]) == (
        "r1",
        "v1",
        "imported",
        "best-test",
    )
    assert (made["created"], made["set_created"], made["uar"]) == (True, True, None)
    assert made["texts"]["fear"] == TEXTS["fear"]

    assert published("describe --classes dfew7 --model builtin/facs -q").code == 0
    evaluate = (
        "evaluate --run r1 --data world/clips.csv --workers 0 --accelerator cpu -q --json --descriptions"
    )
    own, other = (published(f"{evaluate} {words}").json for words in ("v1", "v2"))
    assert [(run["set"], run["status"], run["recipe"]) for run in (own, other)] == [
        ("v1", "finished", "dfer-clip"),
        ("v2", "finished", "dfer-clip"),
    ]
    assert own["uar"] is not None
    assert published("db check").code == 0


def test_people_are_told_what_was_made_and_what_comes_next(published: Dfer) -> None:
    done = published(IMPORT)
    assert done.code == 0
    assert "r1 · v1 · dfer-clip on dfew, fold 1, seed 1 · imported · its file claims WAR 71.25" in done.out
    assert "checkpoint: " in done.out
    assert "v1: the words recovered from dfew-1.pth" in done.err
    assert "next: dfer evaluate --run r1 --descriptions v1 --dataset dfew" in done.err
    assert "imported" in published("runs list").out
    assert "imported" in published("runs show r1").out
    again = published(IMPORT)
    assert "unchanged: r1" in again.err


def test_settings_of_other_commands_are_not_taken_for_the_imports(published: Dfer, tmp_path: Path) -> None:
    (tmp_path / "dfer.toml").write_text('descriptions = "v9"\nclip = "ViT-L-14"\n')
    assert published(f"{IMPORT} -q").code == 0


@pytest.mark.parametrize("name", ["os_system", "eval_of_a_text", "cut_off", "a_zip_bomb"])
def test_a_hostile_file_is_one_line_and_runs_nothing(dfer: Dfer, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "got"
    folder.mkdir()
    file = (LIVE | DAMAGED)[name].make(folder, tmp_path / "canary")
    done = dfer(f"runs import {file} --recipe dfer-clip --dataset dfew --fold 1 --clip tiny")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("error: ")
    assert len(done.err.splitlines()) == 2  # and a hint
    assert not (tmp_path / "canary").exists()
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("runs import gone.pth --recipe dfer-clip --dataset dfew --fold 1", 3, "gone.pth: no such file"),
        ("runs import dfew-1.pth --recipe coop --dataset dfew --fold 1", 2, "dfer-clip"),
        ("runs import dfew-1.pth --recipe emoclip --dataset dfew --fold 1", 5, "no checkpoint of emoclip"),
        (f"{IMPORT} --set temporal_heads=7", 5, "7 heads"),
        (f"{IMPORT} --descriptions v9", 2, "no description set v9"),
        (IMPORT.replace("--clip tiny", "--clip RN50"), 3, "dfew-1.pth: its CLIP: not weights of RN50"),
        (IMPORT.replace("--fold 1", "--fold -1"), 2, "fold"),
    ],
)
def test_what_cannot_be_imported_is_one_clear_message(
    published: Dfer, arguments: str, code: int, said: str
) -> None:
    done = published(arguments)
    assert done.code == code
    assert said in done.err
    assert "Traceback" not in done.err
