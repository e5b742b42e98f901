"""`dfer downstream`, from a run that was trained to a table, and back from the file of results."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from description_store.database import open_store
from description_store.runs import find_run
from dfer.downstream.preparing import prepare_study
from dfer.downstream.video_tower import VideoTower, video_features
from tests.cli.conftest import Dfer

CPU = "--accelerator cpu --workers 0"


@pytest.fixture
def command(store: Path) -> str:
    return f"downstream --run r1 --data scores.csv --db {store} {CPU}"


def test_what_clips_show_is_predicted_for_people_never_seen_and_luck_is_not(
    dfer: Dfer, command: str, scores: Path
) -> None:
    done = dfer(f"{command} --json --out results.json")
    found = done.json
    assert (found["subjects"], found["videos"], found["clips"]) == (6, 24, 48)
    assert (found["run"], found["targets"]) == ("r1", ["bright", "luck"])
    bright, luck = found["results"]["bright"], found["results"]["luck"]
    assert bright["head"]["ccc"] > 0.8
    assert bright["head"]["rmse"] < bright["baseline"]["rmse"] / 2
    assert luck["head"]["ccc"] < 0.5
    assert found["learnt_nothing"] == ["luck"]
    assert "no better than the mean of the other subjects: luck" in done.err
    assert json.loads(Path("results.json").read_text()) == found

    again = dfer(f"{command} --quiet")
    assert again.err == ""
    assert "r1 · 6 subjects, each left out in turn · 24 videos of 48 clips" in again.out
    (line,) = [line.split() for line in again.out.splitlines() if line.strip().startswith("bright")]
    assert line[:3] == ["bright", "24", "head"]
    assert [float(cell) for cell in line[3:]] == pytest.approx(
        [bright["head"][name] for name in ("mae", "rmse", "pcc", "ccc")], abs=5e-4
    )


def test_rows_in_another_order_give_the_same_results_and_another_seed_gives_others(
    dfer: Dfer, command: str, scores: Path
) -> None:
    quick = f"{command} --targets bright --epochs 3 --json --quiet"
    first = dfer(quick).json
    header, *rows = scores.read_text().splitlines()
    scores.write_text("\n".join([header, *reversed(rows)]))
    turned = dfer(quick).json
    assert turned["predictions"] == first["predictions"]
    assert turned["data_fingerprint"] == first["data_fingerprint"]
    assert turned["data_sha256"] != first["data_sha256"]
    assert dfer(f"{quick} --seed 2").json["predictions"] != first["predictions"]


def test_the_features_are_the_towers_unnormalised_and_the_same_in_any_batch(
    store: Path, scores: Path
) -> None:
    with open_store(store) as db:
        prepared = prepare_study(find_run(db, "r1"), scores)
    before = {name: tensor.clone() for name, tensor in prepared.recogniser.state_dict().items()}

    def features(clips):
        return video_features(
            prepared.recogniser, prepared.spec, clips, frames=prepared.frames, accelerator="cpu"
        )

    whole, some = features(prepared.clips), features(prepared.clips[5:8])
    assert whole.shape[0] == 48
    assert torch.allclose(whole[5:8], some, atol=1e-5)
    assert not torch.allclose(whole.norm(dim=1), torch.ones(48))
    after = prepared.recogniser.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    assert not any(p.requires_grad for p in VideoTower(recogniser=prepared.recogniser).parameters())


def test_a_run_of_random_windows_is_studied_on_the_middle_ones(store: Path, scores: Path) -> None:
    with open_store(store) as db:
        prepared = prepare_study(find_run(db, "r1"), scores)
    windows = {"sampling": "windows", "downsample": 1}
    first, second, middle = (
        video_features(
            prepared.recogniser,
            prepared.spec.model_copy(update={"clip_settings": clip_settings, "seed": seed}),
            prepared.clips[:4],
            frames=prepared.frames,
            accelerator="cpu",
        )
        for seed, clip_settings in (
            (1, windows | {"random_test_windows": True}),
            (2, windows | {"random_test_windows": True}),
            (1, windows),
        )
    )
    assert torch.equal(first, second)
    assert torch.equal(first, middle)


def test_clips_that_nobody_scored_are_said_to_be_left_out(dfer: Dfer, command: str, scores: Path) -> None:
    header, first, *rows = scores.read_text().splitlines()
    scores.write_text("\n".join([header, ",".join([*first.split(",")[:3], "", ""]), *rows]))
    done = dfer(f"{command} --epochs 1 --json")
    assert "left out: 1 row without a score of bright, luck" in done.err
    assert done.json["clips"] == 47


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ("--targets sad", 5, "scores.csv:1: no column of scores 'sad'"),
        ("--data none.csv", 2, "cannot read the scores none.csv"),
        ("--run r7", 2, "no run r7"),
        ("--root elsewhere", 5, "scores.csv:2: no such clip"),
        ("--out there.json", 2, "there.json exists"),
        ("--out no/where.json", 2, "there is no folder no"),
        ("--out clips", 2, "expected a file for the results, found a folder: clips"),
        ("--epochs 0", 2, "--epochs"),
        ("--db none.db", 3, "none.db"),
    ],
)
def test_bad_input_is_one_clear_message(
    dfer: Dfer, command: str, scores: Path, more: str, code: int, said: str
) -> None:
    Path("there.json").write_text("precious")
    done = dfer(f"{command} {more}")
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert "Traceback" not in done.err
    assert Path("there.json").read_text() == "precious"


def test_results_are_replaced_when_asked_and_leave_nothing_else_behind(
    dfer: Dfer, command: str, scores: Path
) -> None:
    Path("there.json").write_text("old")
    before = set(Path().iterdir())
    assert dfer(f"{command} --epochs 1 --quiet --out there.json --force").code == 0
    assert json.loads(Path("there.json").read_text())["schema_version"] == 1
    assert set(Path().iterdir()) == before


def test_a_clip_that_cannot_be_read_is_named(dfer: Dfer, command: str, scores: Path) -> None:
    Path("clips/000/1.png").write_bytes(b"no picture")
    done = dfer(f"{command} --epochs 1")
    assert done.code == 5
    assert "clips/000/1.png cannot be decoded" in done.err


def test_a_checkpoint_that_is_gone_is_one_plain_error(dfer: Dfer, store: Path, scores: Path) -> None:
    shutil.copy(store, "own.db")
    with open_store(Path("own.db")) as db:
        folder = Path(str(find_run(db, "r1").folder))
    hidden = folder.rename(folder.with_name("hidden"))
    try:
        done = dfer(f"downstream --run r1 --data scores.csv --db own.db {CPU}")
    finally:
        hidden.rename(folder)
    assert done.code == 5
    assert "no checkpoint in" in done.err


def test_the_help_of_the_command_imports_nothing_heavy() -> None:
    code = (
        "import sys; from dfer_cli.main import app; sys.argv = ['dfer', 'downstream', '--help']\n"
        "try: app()\n"
        "finally: print([m for m in ('torch', 'numpy', 'sqlite_utils') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip().splitlines()[-1] == "[]"
    assert "--targets" in done.stdout
