"""`dfer data pack`, and training from what it makes."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Dfer

TINY = "--clip tiny --batch-size 8 --epochs 1 --workers 0 --accelerator cpu --quiet"


@pytest.fixture
def world(dfer: Dfer) -> Dfer:
    assert (
        dfer("data synth world --classes dfew7 --clips 21 --seed 3 --size 64 --frames 6 --folds 3 -q").code
        == 0
    )
    return dfer


def test_a_pack_is_trained_and_evaluated_on_like_the_folders_it_was_made_of(
    world: Dfer, tmp_path: Path
) -> None:
    packed = world("data pack world/clips.csv w.pack --size 64 --workers 0 --json").json
    assert (packed["clips"], packed["size"], packed["resumed"], packed["dataset"]) == (21, 64, 0, "csv")
    assert packed["bytes"] == (tmp_path / "w.pack").stat().st_size
    assert world("describe --classes dfew7 --model builtin/facs -q").code == 0
    from_pack = world(f"train --descriptions v1 --data w.pack --fold 1 {TINY} --json").json
    from_folders = world(f"train --descriptions v1 --data world/clips.csv --fold 1 {TINY} --json").json
    # 64 pixels on disk, in the pack and in the model: the very same numbers, of data told apart.
    assert from_pack["dataset"] == from_folders["dataset"] == "csv"
    assert from_pack["confusion"] == from_folders["confusion"]
    assert from_pack["config"]["data_fingerprint"] != from_folders["config"]["data_fingerprint"]
    again = world("evaluate --descriptions v1 --run r1 --data w.pack --workers 0 -q --json").json
    assert again["confusion"] == from_pack["confusion"]


def test_what_was_made_and_what_to_do_next_is_said(world: Dfer) -> None:
    made = world("data pack world/clips.csv w.pack --size 32 --max-frames 4 --workers 0")
    assert made.out == "w.pack\n"
    assert "21 clips, " in made.err
    assert "of 32 x 32" in made.err
    assert "next: dfer data check w.pack" in made.err
    assert "dfer train --descriptions v1 --data w.pack" in made.err
    again = world("data pack world/clips.csv w.pack --size 32 --max-frames 4")
    assert (again.code, again.out) == (0, "w.pack\n")
    assert "unchanged" in again.err
    other = world("data pack world/clips.csv w.pack --size 64")
    assert other.code == 2
    assert "is there already" in other.err


def test_copies_across_the_sides_of_a_fold_are_found_in_a_pack_too(world: Dfer, tmp_path: Path) -> None:
    """One clip of fold 1 copied byte by byte into fold 2, another encoded again."""
    rows = [line.split(",") for line in (tmp_path / "world/clips.csv").read_text().splitlines()]
    first, second = [row for row in rows if row[2] == "1"][:2]
    for row, name in ((first, "clips/same"), (second, "clips/alike")):
        shutil.copytree(tmp_path / "world" / row[0], tmp_path / "world" / name)
        rows.append([name, row[1], "2", "", ""])
    for frame in (tmp_path / "world/clips/alike").iterdir():
        Image.open(frame).save(frame, quality=60)
    (tmp_path / "world/clips.csv").write_text("\n".join(map(",".join, rows)) + "\n")
    assert world("data pack world/clips.csv w.pack --size 64 --workers 0 -q").code == 0
    for place in ("world/clips.csv", "w.pack"):
        found = world(f"data check {place} --classes dfew7 --frames 4 --json")
        assert found.code == 5
        kinds = {finding["kind"]: finding for finding in found.json["findings"]}
        assert "clips/same" in kinds["identical-across-sides"]["places"][0]
        assert "clips/alike" in kinds["near-copy-across-sides"]["places"][0]


def test_a_damaged_pack_is_refused_before_anything_is_trained(world: Dfer, tmp_path: Path) -> None:
    assert world("data pack world/clips.csv w.pack --size 32 --workers 0 -q").code == 0
    with (tmp_path / "w.pack").open("r+b") as file:
        file.seek(50_000)
        file.write(bytes(64))
    assert world("describe --classes dfew7 --model builtin/facs -q").code == 0
    refused = world(f"train --descriptions v1 --data w.pack {TINY}")
    assert refused.code == 5
    assert "w.pack is damaged" in refused.err
    assert "dfer data pack" in refused.err
    assert world("runs list --json").json["runs"] == []


def test_a_pack_is_checked_frame_by_frame(world: Dfer, tmp_path: Path) -> None:
    assert world("data pack world/clips.csv w.pack --size 32 --workers 0 -q").code == 0
    whole = world("data check w.pack --frames 3")
    assert whole.code == 0
    assert whole.out.endswith("ready to train\n")
    assert "csv · 21 clips" in whole.out
    assert world("data check w.pack --json").json["ok"] is True
    with (tmp_path / "w.pack").open("r+b") as file:
        file.seek(60_000)
        file.write(b"x")
    damaged = world("data check w.pack")
    assert damaged.code == 5
    assert "[damaged-pack]" in damaged.out
    assert "clips/0000" in damaged.out


def test_a_pack_of_another_fit_than_the_augmentation_s_is_refused(world: Dfer) -> None:
    assert world("data pack world/clips.csv w.pack --size 32 --workers 0 -q").code == 0
    assert world("describe --classes dfew7 --model builtin/facs -q").code == 0
    refused = world(f"train --descriptions v1 --data w.pack --augmentation emoclip {TINY}")
    assert refused.code == 2
    assert "--fit centre-square" in refused.err


def test_how_clips_are_read_is_part_of_the_run_and_only_where_it_was_chosen(world: Dfer) -> None:
    assert world("describe --classes dfew7 --model builtin/facs -q").code == 0
    train = f"train --descriptions v1 --data world/clips.csv {TINY} --dry-run --json"
    plain = world(train).json
    assert plain["clip_settings"] == {}
    choice = "--sampling windows --downsample 2 --short-clips loop --broken-frames skip --balance oversample"
    chosen = world(f"{train} {choice}").json
    assert chosen["clip_settings"] == {
        "sampling": "windows",
        "downsample": 2,
        "short_clips": "loop",
        "broken_frames": "skip",
        "balance": "oversample",
    }
    assert chosen["spec_hash"] != plain["spec_hash"]
    assert chosen["protocol_hash"] != plain["protocol_hash"]
