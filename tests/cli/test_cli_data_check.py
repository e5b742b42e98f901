"""`dfer data check` as people and scripts see it."""

import subprocess
import sys
from pathlib import Path

import pytest

from dfer.class_sets import load_class_set
from dfer.clips.synthetic.world import draw_world


@pytest.fixture
def world(tmp_path: Path) -> Path:
    draw_world(
        tmp_path / "world", class_set=load_class_set("dfew7"), clips=14, seed=7, size=48, frames=8, folds=2
    )
    return tmp_path / "world"


def test_a_clean_data_set_is_ready(dfer, world: Path) -> None:
    done = dfer("data check world/clips.csv --classes dfew7 --frames 4")
    assert done.code == 0
    assert "csv · 14 clips" in done.out
    assert "fold 1: 7 train, 7 test" in done.out
    assert done.out.splitlines()[-1] == "ready to train"


def test_errors_end_with_five_and_the_verdict_comes_last(dfer, world: Path) -> None:
    (world / "clips" / "00003" / "0002.jpg").write_bytes(b"")
    done = dfer("data check world/clips.csv --classes dfew7 --frames 4")
    assert done.code == 5
    assert "error: 1 frame of no bytes at all" in done.out
    assert str(Path("world/clips/00003/0002.jpg")) in done.out
    assert done.out.splitlines()[-1] == "1 error: training would be wrong"


def test_json_tells_all_of_it(dfer, world: Path) -> None:
    (world / "clips" / "00003" / "0002.jpg").write_bytes(b"")
    done = dfer("data check world/clips.csv --classes dfew7 --frames 4 --json")
    assert done.code == 5
    told = done.json
    assert (told["ok"], told["dataset"], told["clips"], told["videos"]) == (False, "csv", 14, 0)
    assert told["classes"]["fear"] == 2
    assert told["folds"][0]["clips"] == {"train": 7, "test": 7}
    assert told["folds"][0]["classes"]["test"]["fear"] == 1
    assert told["frames"]["sampled"] == 4
    assert told["frames"]["min"] <= told["frames"]["mean"] <= told["frames"]["max"]
    (finding,) = told["findings"]
    assert set(finding) == {"kind", "severity", "count", "message", "examples", "places", "hint"}
    assert (finding["kind"], finding["severity"], finding["count"]) == ("empty-file", "error", 1)


def test_many_faults_of_one_kind_take_few_lines(dfer, world: Path) -> None:
    done = dfer("data check world/clips.csv --classes dfew7 --frames 999")
    assert done.code == 0
    assert "… and 9 more" in done.out
    assert done.out.splitlines()[-1] == "ready to train, with 1 warning to look at"


def test_quiet_leaves_out_summary_and_notes(dfer, world: Path) -> None:
    (world / "clips" / "00003" / "Thumbs.db").write_bytes(b"something")
    assert dfer("data check world/clips.csv --classes dfew7 --frames 4 -q").out == "ready to train\n"


def test_a_name_on_disk_cannot_steer_the_terminal(dfer, world: Path) -> None:
    (world / "clips" / "00003" / "\x1b[2Jevil.txt").write_bytes(b"something")
    done = dfer("data check world/clips.csv --classes dfew7 --frames 4")
    assert "\\x1b[2Jevil.txt" in done.out
    assert "\x1b" not in done.out


def test_missing_classes_can_be_allowed(dfer, world: Path) -> None:
    check = "data check world/clips.csv --classes mafw11 --frames 4"
    assert dfer(check).code == 5
    allowed = dfer(f"{check} --allow-missing-classes")
    assert allowed.code == 0
    assert "warning: 4 classes without any clip" in allowed.out


def test_a_pack_is_checked_as_the_list_it_was_made_of(dfer, world: Path) -> None:
    assert dfer("data pack world/clips.csv w.pack --size 32 --workers 0 -q").code == 0
    told = dfer("data check w.pack --classes dfew7 --frames 4 --json").json
    listed = dfer("data check world/clips.csv --classes dfew7 --frames 4 --json").json
    assert {name: told[name] for name in listed} == listed
    assert (told["size"], told["packed_frames"]) == (32, round(14 * told["frames"]["mean"]))
    wrong = dfer("data check w.pack --classes mafw11 --frames 999")
    assert wrong.code == 5
    assert "class-without-clips" in wrong.out
    assert "short-clip" in wrong.out


@pytest.mark.parametrize("option", ["--root world", "--decode", "--dataset dfew"])
def test_what_means_nothing_to_a_pack_is_refused(dfer, world: Path, option: str) -> None:
    assert dfer("data pack world/clips.csv w.pack --size 32 --workers 0 -q").code == 0
    refused = dfer(f"data check w.pack {option}")
    assert refused.code == 2
    assert option.split()[0] in refused.err


def test_a_list_that_is_not_there_is_a_wrong_usage(dfer) -> None:
    assert dfer("data check nothing.csv").code == 2


def test_the_command_never_imports_torch(world: Path) -> None:
    code = (
        "import sys; from dfer_cli.main import app\n"
        "sys.argv = ['dfer', 'data', 'check', sys.argv[1], '--decode']\n"
        "try: app()\n"
        "finally: print([m for m in ('torch', 'open_clip', 'openai') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, world / "clips.csv"], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip().splitlines()[-1] == "[]"
