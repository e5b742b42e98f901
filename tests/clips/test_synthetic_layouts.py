"""The synthetic world lying on the disk as each data set does: paths, lists, codings, encodings."""

import csv
import hashlib
import json
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from dfer_cli.main import app
from openpyxl import load_workbook
from typer.testing import CliRunner

from dfer.class_sets import load_class_set
from dfer.clips.folds import select_fold
from dfer.clips.readers.csv_list import read_csv
from dfer.clips.readers.reading import list_clips, read_clips
from dfer.clips.synthetic import world_folder
from dfer.clips.synthetic.layouts.choosing import LAYOUTS
from dfer.clips.synthetic.layouts.compounds import compound_fold
from dfer.clips.synthetic.layouts.voting import draw_votes
from dfer.clips.synthetic.plan import PlannedClip, plan_clips
from dfer.clips.synthetic.world import draw_world
from dfer.errors import UsageError

CLIPS = {"csv": 22, "dfew": 28, "ferv39k": 28, "mafw": 66, "afew": 28}
SETS = "Train & Test Set"


def draw(folder: Path, layout: str, **changes: Any) -> Path:
    options: dict[str, Any] = {
        "class_set": load_class_set(LAYOUTS[layout].class_set),
        "clips": CLIPS[layout],
        "seed": 3,
        "size": 32,
        "frames": 3,
        "layout": layout,
    }
    return draw_world(folder, **{**options, **changes})


def content(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def planned(layout: str, *, folds: int = 5) -> list[PlannedClip]:
    """The plan of a world that `draw` draws."""
    class_set = load_class_set(LAYOUTS[layout].class_set)
    plan = plan_clips(class_set, clips=CLIPS[layout], folds=folds, subjects=4 * folds)
    extend = LAYOUTS[layout].with_compounds
    return extend(plan, 3) if extend else plan


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One world of each layout."""
    folder = tmp_path_factory.mktemp("layouts")
    for layout in CLIPS:
        draw(folder / layout, layout)
    return folder


def test_dfew_numbers_folders_and_frames_in_five_digits(worlds: Path) -> None:
    names = sorted(path.name for path in (worlds / "dfew/Clip/clip_224x224").iterdir())
    assert names == [f"{number:05d}" for number in range(1, 29)]
    frames = sorted(path.name for path in (worlds / "dfew/Clip/clip_224x224/00007").iterdir())
    assert frames[:2] == ["00007_00001.jpg", "00007_00002.jpg"]


def test_dfew_lists_count_labels_from_1_and_test_on_their_own_fold(worlds: Path) -> None:
    codes = dict(zip(load_class_set("dfew7").names, "1234567", strict=True))
    expected = {str(clip.number + 1): (codes[clip.label], clip.fold) for clip in planned("dfew")}
    for fold in range(1, 6):
        for split in ("train", "test"):
            file = worlds / f"dfew/EmoLabel_DataSplit/{split}(single-labeled)/set_{fold}.csv"
            header, *lines = file.read_bytes().decode("ascii").removesuffix("\n").split("\n")
            assert header == "video_name,label"
            rows = dict(line.split(",") for line in lines)
            wanted = {
                name: code for name, (code, home) in expected.items() if (home == fold) == (split == "test")
            }
            assert rows == wanted


def test_dfew_votes_are_ten_a_clip_and_their_majority_is_the_label(worlds: Path) -> None:
    sheet = load_workbook(worlds / "dfew/Annotation/annotation.xlsx").active
    assert sheet is not None
    header, *rows = sheet.iter_rows(values_only=True)
    assert header == (*("order", "1happy", "2sad", "3neutral", "4angry", "5surprise", "6disgust", "7fear"),)
    names = load_class_set("dfew7").names
    assert [row[0] for row in rows] == list(range(1, 29))
    for row, clip in zip(rows, planned("dfew"), strict=True):
        votes = [int(str(cell)) for cell in row[1:]]
        assert sum(votes) == 10
        assert votes[names.index(clip.label)] >= 6
    assert len({row[1:] for row in rows}) > 7  # they are not always of one mind


def test_who_votes_otherwise_sees_what_looks_alike() -> None:
    names = load_class_set("dfew7").names
    total = [0] * 7
    for seed in range(300):
        total = [a + b for a, b in zip(total, draw_votes("fear", names, seed=str(seed)), strict=True)]
    assert total[names.index("surprise")] > 2 * total[names.index("happiness")] > 0


def test_ferv39k_sorts_clips_by_scene_and_emotion_and_lists_them_without_a_header(worlds: Path) -> None:
    expected: dict[str, int] = defaultdict(int)
    for clip in planned("ferv39k"):
        expected["test" if clip.fold == 1 else "train"] += 1
    seen = set()
    for split in ("train", "test"):
        raw = (worlds / f"ferv39k/4_setups/All_scenes/{split}_All.csv").read_bytes()
        assert b"\r" not in raw
        lines = raw.decode("ascii").splitlines()
        assert len(lines) == expected[split]
        for line in lines:
            path, label = line.split(" ")
            scene, emotion, number = path.split("/")
            assert emotion == label
            assert label in {"Happy", "Sad", "Neutral", "Angry", "Surprise", "Disgust", "Fear"}
            assert len(number) == 4
            assert (worlds / "ferv39k/2_ClipsforFaceCrop" / path / "0001.jpg").is_file()
            seen.add((scene, path))
    assert len({path for _, path in seen}) == 28
    assert len({scene for scene, _ in seen}) > 8


def test_mafw_ids_are_one_block_for_each_class_in_each_fold(worlds: Path) -> None:
    ids: dict[tuple[str, int], list[int]] = defaultdict(list)
    for fold in range(1, 6):
        raw = (worlds / f"mafw/{SETS}/single/no_caption/set_{fold}/test.txt").read_bytes()
        assert raw.count(b"\n") == raw.count(b"\r\n") > 0
        for line in raw.decode("ascii").splitlines():
            name, label = line.split(" ")
            assert name.endswith(".mp4")
            assert (worlds / "mafw/data/faces" / name[:5] / "0001.jpg").is_file()
            ids[label, fold].append(int(name[:5]))
    assert sorted(number for block in ids.values() for number in block) == list(range(1, 67))
    assert {label for label, _ in ids} == set(load_class_set("mafw11").names)
    for block in ids.values():
        assert block == list(range(block[0], block[0] + len(block)))


@pytest.mark.parametrize("protocol", ["single", "compound"])
def test_mafw_captions_are_in_gbk_between_tabs_and_neutral_has_none(worlds: Path, protocol: str) -> None:
    for fold in range(1, 6):
        for split in ("train", "test"):
            inside = f"set_{fold}/{split}.txt"
            top = worlds / f"mafw/{SETS}/{protocol}"
            bare = dict(
                line.split(" ") for line in (top / "no_caption" / inside).read_text("ascii").splitlines()
            )
            raw = (top / "with_caption" / inside).read_bytes()
            assert raw.count(b"\n") == raw.count(b"\r\n") > 0
            captioned = {}
            for line in raw.decode("gbk").splitlines():
                name, label, chinese, english = line.split("\t")
                captioned[name] = label
                assert "\u4e00" <= chinese[0] <= "\u9fff"
                assert not chinese.isascii()
                assert english.isascii()
                assert " with " in english
            assert captioned == {name: label for name, label in bare.items() if label != "neutral"}
            assert "neutral" in bare.values() or len(bare) < 20


def test_mafw_compounds_hold_the_single_label_and_are_of_the_43(worlds: Path) -> None:
    single = {clip.id: clip.label for clip in read_clips("mafw", worlds / "mafw")}
    mixed = {clip.id: clip.label for clip in read_clips("mafw-compound", worlds / "mafw")}
    assert single.keys() == mixed.keys()
    assert all(single[name] in mixed[name].split("_") for name in single)
    assert set(mixed.values()) <= set(load_class_set("mafw43").names)
    assert 0.15 < sum("_" in label for label in mixed.values()) / len(mixed) < 0.55


def test_mafw_protocols_leak_into_each_other_and_people_stay_in_one_fold_of_each(worlds: Path) -> None:
    single = select_fold(list(read_clips("mafw", worlds / "mafw")), 1)
    mixed = select_fold(list(read_clips("mafw-compound", worlds / "mafw")), 1)
    leaked = {clip.id for clip in single.train} & {clip.id for clip in mixed.test}
    assert 0 < len(leaked) < len(mixed.test)
    homes = defaultdict(set)
    for clip in planned("mafw"):
        homes[clip.subject].add(compound_fold(clip, folds=5))
    assert all(len(folds) == 1 for folds in homes.values())
    assert {fold for folds in homes.values() for fold in folds} == set(range(1, 6))


def test_afew_is_a_tree_and_its_validation_is_fold_1(worlds: Path) -> None:
    top = worlds / "afew/AFEW_Face"
    assert {path.name for path in top.iterdir()} == {"train", "validation"}
    emotions = {"Anger", "Disgust", "Fear", "Happiness", "Neutral", "Sadness", "Surprise"}
    assert {path.name for path in (top / "train").iterdir()} == emotions
    clips = [path for path in top.glob("*/*/*") if path.is_dir()]
    assert len({path.name for path in clips}) == 28
    assert all(len(path.name) == 9 and path.name.isdecimal() for path in clips)
    assert all((path / "0001.jpg").is_file() for path in clips)
    inside = sum(clip.fold == 1 for clip in planned("afew"))
    assert sum(path.parent.parent.name == "validation" for path in clips) == inside


@pytest.mark.parametrize("layout", ["dfew", "ferv39k", "mafw", "afew"])
def test_its_reader_takes_it_without_a_word(worlds: Path, layout: str) -> None:
    listing = list_clips(layout, worlds / layout)
    assert (listing.problems, listing.notes) == ((), ())
    assert {clip.path for clip in listing.clips} >= {
        path.parent for path in (worlds / layout).rglob("*0001.jpg")
    }
    assert all(clip.path.is_dir() for clip in listing.clips)


@pytest.mark.parametrize("layout", CLIPS)
def test_nobody_is_on_two_sides(layout: str) -> None:
    homes = defaultdict(set)
    for clip in planned(layout):
        homes[clip.subject].add(clip.fold)
    assert all(len(folds) == 1 for folds in homes.values())


@pytest.mark.parametrize("layout", CLIPS)
def test_the_same_seed_writes_the_same_bytes(worlds: Path, tmp_path: Path, layout: str) -> None:
    draw(tmp_path / "again", layout)
    assert content(tmp_path / "again") == content(worlds / layout)


def test_a_spreadsheet_holds_no_time_of_its_writing(worlds: Path) -> None:
    with zipfile.ZipFile(worlds / "dfew/Annotation/annotation.xlsx") as book:
        assert {entry.date_time[0] for entry in book.infolist()} == {1980}
        assert book.read("docProps/core.xml").count(b"2000-01-01T00:00:00Z") == 2


@pytest.mark.parametrize(
    ("layout", "video"),
    [
        ("dfew", "Clip/original/1.mp4"),
        ("ferv39k", "2_ClipsforFaceCrop/*/*/0001.mp4"),
        ("mafw", "data/clips/00001.mp4"),
    ],
)
def test_videos_lie_where_the_data_set_has_them(tmp_path: Path, layout: str, video: str) -> None:
    draw(tmp_path / "w", layout, clips=11, video_format="mp4")
    assert list((tmp_path / "w").glob(video))
    listing = list_clips(layout, tmp_path / "w")
    assert listing.problems == ()
    assert all(clip.path.suffix == ".mp4" and clip.path.is_file() for clip in listing.clips)


def test_what_a_layout_cannot_hold_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="classes of dfew7 for the layout dfew, found the class set mafw11"):
        draw(tmp_path / "w", "dfew", class_set=load_class_set("mafw11"))
    with pytest.raises(UsageError, match="video format jpeg for the layout afew"):
        draw(tmp_path / "w", "afew", video_format="mp4")
    with pytest.raises(UsageError, match="unknown layout 'affectnet'"):
        draw_world(tmp_path / "w", class_set=load_class_set("dfew7"), clips=7, seed=1, layout="affectnet")
    assert not (tmp_path / "w").exists()


def test_world_json_names_the_layout_and_a_world_of_another_takes_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    assert draw(folder, "mafw", clips=11) == folder
    (folder / "notes.txt").write_text("mine")
    assert draw(folder, "csv", overwrite=True) == folder / "clips.csv"
    assert {path.name for path in folder.iterdir()} == {"clips", "clips.csv", "notes.txt", "world.json"}
    draw(folder, "ferv39k", clips=7, overwrite=True)
    names = {"2_ClipsforFaceCrop", "4_setups", "notes.txt", "world.json"}
    assert {path.name for path in folder.iterdir()} == names
    assert json.loads((folder / "world.json").read_text())["layout"] == "ferv39k"


def test_somebody_s_folder_of_a_name_that_the_layout_takes_stays(tmp_path: Path) -> None:
    draw(tmp_path, "csv")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/real.mp4").write_bytes(b"the only copy")
    before = content(tmp_path)
    with pytest.raises(UsageError, match="did not draw: data"):
        draw(tmp_path, "mafw", overwrite=True)
    assert content(tmp_path) == before
    draw(tmp_path, "csv", seed=4, overwrite=True)
    assert (tmp_path / "data/real.mp4").read_bytes() == b"the only copy"


@pytest.mark.parametrize("moves", range(7))
def test_killed_between_any_two_moves_the_folder_can_be_drawn_into_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    folder = tmp_path / "w"
    draw(folder, "csv")
    rename, replace = Path.rename, Path.replace
    done = 0

    def counted(move: Any) -> Any:
        def moved(source: Path, target: Path) -> Any:
            nonlocal done
            done += 1
            if done > moves:
                raise KeyboardInterrupt
            return move(source, target)

        return moved

    with monkeypatch.context() as killed:
        killed.setattr(Path, "rename", counted(rename))
        killed.setattr(Path, "replace", counted(replace))
        with pytest.raises(KeyboardInterrupt):
            draw(folder, "dfew", clips=7, overwrite=True)
    draw(folder, "dfew", clips=7, overwrite=True)
    draw(tmp_path / "fresh", "dfew", clips=7)
    assert content(folder) == content(tmp_path / "fresh")
    assert world_folder._names_of_ours(folder) == {"Clip", "EmoLabel_DataSplit", "Annotation"}


def test_a_mark_that_somebody_wrote_into_does_not_make_other_things_ours(tmp_path: Path) -> None:
    draw(tmp_path, "csv")
    (tmp_path / "thesis.tex").write_text("years of work")
    mark = json.loads((tmp_path / "world.json").read_text())
    (tmp_path / "world.json").write_text(json.dumps({**mark, "replaces": ["thesis.tex", "../x"]}))
    draw(tmp_path, "csv")
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_the_command_draws_each_layout_with_its_own_classes_and_says_how_to_go_on(tmp_path: Path) -> None:
    options = ["--clips", "14", "--size", "32", "--frames", "2", "--folds", "2"]
    folder = str(tmp_path / "w")
    done = CliRunner().invoke(app, ["data", "synth", folder, "--layout", "dfew", *options])
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == folder
    assert f"dfer data check {folder} --dataset dfew" in done.stderr
    assert f"--dataset dfew --data {folder}" in done.stderr
    wild = ["--variation", "wild", "--imbalance", "mafw", "--overwrite", "--json"]
    done = CliRunner().invoke(app, ["data", "synth", folder, *options, *wild])
    answer = json.loads(done.stdout)
    assert (answer["class_set"], answer["variation"], answer["imbalance"]) == ("mafw11", "wild", "mafw")
    assert len(read_csv(Path(answer["csv"]))) == 14
    with Path(answer["csv"]).open(newline="") as stream:
        assert next(csv.reader(stream)) == ["path", "label", "fold", "caption", "subject"]
    mark = json.loads((tmp_path / "w/world.json").read_text())
    assert mark["variation"]["imbalance"] == "mafw"
    wrong = ["data", "synth", folder, "--layout", "afew", "--classes", "mafw11", *options]
    assert CliRunner().invoke(app, wrong).exit_code == 2
