"""DFEW as it lies on disks: whose lists, which frames, what the labels 1 to 7 mean, and the votes."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import Workbook

from dfer.class_sets import load_class_set
from dfer.clips.folds import select_fold
from dfer.clips.readers.dfew import list_dfew
from dfer.clips.readers.list_problems import Problem
from dfer.clips.readers.listing import Listing
from dfer.clips.readers.reading import list_clips, read_clips
from dfer.errors import ContentError, UsageError

OFFICIAL = "EmoLabel_DataSplit/{split}(single-labeled)/set_{fold}.csv"
S2D = "{split}_set_{fold}.csv"
README = "label/single_{split}set_{fold}.csv"
NAMES = load_class_set("dfew7").names


@pytest.fixture
def dfew(tmp_path: Path) -> Path:
    (tmp_path / "DFEW").mkdir()
    return tmp_path / "DFEW"


def frames(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / f"{name}_00001.jpg").touch()


def write(file: Path, text: str, encoding: str = "utf-8") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode(encoding))


def lists(
    folder: Path, template: str = OFFICIAL, folds: int = 5, train: str = "1,1\n", test: str = "2,7\n"
) -> None:
    """Lists of a data set of two clips."""
    for fold in range(1, folds + 1):
        for split, rows in (("train", train), ("test", test)):
            write(folder / template.format(split=split, fold=fold), f"video_name,label\n{rows}")


def only_problem(listing: Listing) -> Problem:
    (problem,) = {(p.kind, p.message): p for p in listing.problems}.values()
    return problem


@pytest.mark.parametrize("template", [OFFICIAL, S2D, README, f"EmoLabel_DataSplit/{S2D}", f"csv/{S2D}"])
@pytest.mark.parametrize("around", ["", "DFEW-part2/", "DFEW/"])
def test_lists_of_all_three_namings_are_found_also_where_unzipping_nested_them(
    dfew: Path, template: str, around: str
) -> None:
    if template.startswith("csv/") and around:
        pytest.skip("a folder of one's own is looked into once")
    lists(dfew / around, template)
    frames(dfew / around / "Clip/clip_224x224", "00001", "00002")
    clips = read_clips("dfew", dfew)
    assert [clip.fold for clip in clips] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    for fold in range(1, 6):
        split = select_fold(clips, fold)
        assert [(c.id, c.label) for c in split.train] == [("00001", "happiness")]
        assert [(c.id, c.label) for c in split.test] == [("00002", "fear")]
    assert clips[0].path == dfew / around / "Clip/clip_224x224" / clips[0].id
    assert list_dfew(dfew).notes == ()


@pytest.mark.parametrize("inside", ["", "/train(single-labeled)", "/test(single-labeled)"])
def test_data_may_be_the_folder_of_the_lists(dfew: Path, inside: str) -> None:
    lists(dfew)
    frames(dfew / "Clip/clip_224x224", "00001", "00002")
    assert list_dfew(dfew / f"EmoLabel_DataSplit{inside}") == list_dfew(dfew)


@pytest.mark.parametrize(
    ("here", "data"),
    [
        ("EmoLabel_DataSplit", "."),
        ("EmoLabel_DataSplit", "train(single-labeled)"),
        ("EmoLabel_DataSplit/train(single-labeled)", "."),
        ("EmoLabel_DataSplit/train(single-labeled)", ".."),
        (".", "EmoLabel_DataSplit"),
        (".", "."),
    ],
)
def test_data_may_be_the_folder_one_is_in(
    dfew: Path, monkeypatch: pytest.MonkeyPatch, here: str, data: str
) -> None:
    lists(dfew)
    frames(dfew / "Clip/clip_224x224", "00001", "00002")
    monkeypatch.chdir(dfew / here)
    clips = list_dfew(Path(data)).checked()
    assert {clip.path.resolve() for clip in clips} == {
        dfew / "Clip/clip_224x224/00001",
        dfew / "Clip/clip_224x224/00002",
    }


def test_messages_have_paths_as_they_were_given(dfew: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lists(dfew)
    frames(dfew / "data", "00001", "00002")
    monkeypatch.chdir(dfew)
    for given in (".", "EmoLabel_DataSplit"):
        assert list_dfew(Path(given)).root == Path("data")


def test_a_folder_of_many_folders_is_one_of_clips_and_is_not_looked_into(dfew: Path) -> None:
    lists(dfew / "lists")
    for number in range(63):
        (dfew / f"{number}").mkdir()
    assert len(list_dfew(dfew).clips) == 10
    (dfew / "63").mkdir()
    with pytest.raises(UsageError, match="no lists of DFEW"):
        list_dfew(dfew)


def test_a_folder_beside_that_may_not_be_read_is_passed_over(
    dfew: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists(dfew)
    frames(dfew / "data", "00001", "00002")
    (dfew / "lost+found").mkdir()
    scandir = os.scandir

    def guarded(path: Any = ".") -> Any:
        if Path(path).name == "lost+found":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    assert len(list_dfew(dfew).checked()) == 10


def test_the_own_lists_come_before_others_and_a_note_names_those(dfew: Path) -> None:
    lists(dfew, OFFICIAL, train="1,1\n")
    lists(dfew, S2D, train="1,5\n")
    frames(dfew / "data", "00001", "00002")
    listing = list_dfew(dfew)
    assert {clip.label for clip in listing.clips} == {"happiness", "fear"}
    (note,) = listing.notes
    assert "lists are " in note
    assert f"also there: {dfew / S2D}" in note


def test_lists_of_several_labels_a_clip_are_not_taken(dfew: Path) -> None:
    write(dfew / "EmoLabel_DataSplit/train(multi-labeled)/set_1.csv", "video_name,label\n1,1\n")
    with pytest.raises(UsageError):
        list_dfew(dfew)


def test_labels_count_from_1_in_the_order_of_the_class_set(dfew: Path) -> None:
    lists(dfew, train="".join(f"{number},{number}\n" for number in range(1, 8)))
    clips = list_dfew(dfew).clips
    assert [c.label for c in clips if c.fold == 1 and c.split == "train"] == list(NAMES)


def test_labels_may_be_names(dfew: Path) -> None:
    lists(dfew, train="1,Happy\n2,disgust\n3,3.0\n")
    assert [c.label for c in list_dfew(dfew).clips if c.split == "train"][:3] == [
        "happiness",
        "disgust",
        "neutral",
    ]


def test_a_list_that_counts_from_0_gives_one_problem_and_no_clip(dfew: Path) -> None:
    lists(dfew, folds=1, train="1,0\n2,0\n3,6\n", test="4,7\n")
    listing = list_dfew(dfew)
    problem = only_problem(listing)
    assert problem.kind == "label-coding"
    assert problem.place.endswith("train(single-labeled)/set_1.csv:2")
    assert "count from 0" in problem.message
    assert "1 is happiness" in problem.hint
    assert [clip.id for clip in listing.clips] == ["00004"]


def test_a_0_beside_a_7_is_that_row_alone(dfew: Path) -> None:
    lists(dfew, folds=1, train="1,0\n2,7\n")
    listing = list_dfew(dfew)
    assert only_problem(listing).kind == "label-coding"
    assert [clip.id for clip in listing.clips if clip.split == "train"] == ["00002"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,8", "expected a label from 1 to 7 or its name, found '8'"),
        ("1,-1", "found '-1'"),
        ("1,boredom", "found 'boredom'"),
        ("1", "expected `video_name,label`, found '1'"),
        ("1,", "expected `video_name,label`"),
        (",3", "expected `video_name,label`"),
        ("1;3", "expected `video_name,label`"),
    ],
)
def test_a_wrong_row_is_a_problem_with_its_line(dfew: Path, row: str, said: str) -> None:
    lists(dfew, folds=1, train=f"2,1\n{row}\n", test="3,1\n")
    listing = list_dfew(dfew)
    problem = only_problem(listing)
    assert (problem.kind, problem.place[-6:]) == ("bad-line", ".csv:3")
    assert said in problem.message
    assert [clip.id for clip in listing.clips] == ["00003", "00002"]


def test_a_line_that_is_no_utf8_is_a_problem_of_its_own(dfew: Path) -> None:
    lists(dfew, folds=1)
    with (dfew / OFFICIAL.format(split="train", fold=1)).open("ab") as file:
        file.write(b"\xe9,1\n3,2\n")
    listing = list_dfew(dfew)
    assert only_problem(listing).kind == "encoding"
    assert [clip.id for clip in listing.clips] == ["00002", "00001", "00003"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("video_name,label\r\n1,1\r\n00002,2\r\n", "utf-8"),
        ("video_name,label\n1,1\n2,2", "utf-8-sig"),
        ("1,1\n2,2\n", "utf-8"),
        ("1,1\n2,2\n", "utf-8-sig"),
        ('"video_name","label"\n"00001","1"\n"00002","2"\n', "utf-8"),
        (",video_name,label\n0,1,1\n1,2,2\n", "utf-8"),
        ("Label,Video_Name\n1,00001.mp4\n2,2.avi\n\n", "utf-8"),
    ],
)
def test_what_spreadsheets_and_scripts_do_to_a_list_does_not_matter(
    dfew: Path, text: str, encoding: str
) -> None:
    write(dfew / "train_set_1.csv", text, encoding)
    listing = list_dfew(dfew)
    assert listing.problems == ()
    assert [(c.id, c.label) for c in listing.clips] == [("00001", "happiness"), ("00002", "sadness")]


def test_missing_folds_and_lists_are_noted(dfew: Path) -> None:
    lists(dfew)
    (dfew / OFFICIAL.format(split="train", fold=3)).unlink()
    (dfew / OFFICIAL.format(split="test", fold=3)).unlink()
    (dfew / OFFICIAL.format(split="test", fold=4)).unlink()
    frames(dfew / "data", "00001", "00002")
    assert list_dfew(dfew).notes == ("folds found: 1, 2, 4, 5 (of 1 to 5)", "fold 4 has no test list")
    assert list_dfew(dfew).problems == ()


@pytest.mark.parametrize("name", ["00001", "1", "00001.mp4", "1.mp4", "00001.avi", "01.MP4"])
def test_a_clip_is_a_folder_or_a_video_with_or_without_zeros(dfew: Path, name: str) -> None:
    lists(dfew, folds=1, test="")
    if "." in name:
        write(dfew / "Clip/original" / name, "")
    else:
        frames(dfew / "Clip/original", name)
    (clip,) = read_clips("dfew", dfew)
    assert (clip.id, clip.path) == ("00001", dfew / "Clip/original" / name)


def test_of_several_forms_in_one_folder_padded_frames_are_read(dfew: Path) -> None:
    lists(dfew, folds=1, test="")
    frames(dfew / "data", "1", "00001")
    write(dfew / "data/00001.mp4", "")
    write(dfew / "data/.00001.mp4", "")
    assert read_clips("dfew", dfew)[0].path.name == "00001"


ORDER = [
    "Clip/clip_224x224",
    "Clip/jpg_256",
    "DFEW_Frame_Face",
    "Clip/clip_224x224_16f",
    "Clip/clip_224x224_avi",
    "data",
    "Clip/original",
]


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_faces_come_before_the_whole_picture_and_a_note_names_the_rest(dfew: Path, first: int) -> None:
    lists(dfew)
    for kind in ORDER[first:]:
        frames(dfew / kind, "00001", "00002")
    listing = list_dfew(dfew)
    assert listing.root == dfew / ORDER[first]
    assert {clip.path.parent for clip in listing.clips} == {dfew / ORDER[first]}
    if first == len(ORDER) - 1:
        assert listing.notes == ()
        return
    (note,) = listing.notes
    assert f"clips are read from {dfew / ORDER[first]} (2 of 2 listed)" in note
    for other in ORDER[first + 1 :]:
        assert f"{dfew / other} (2)" in note
    assert note.endswith("--root chooses another")


def test_a_folder_without_listed_clips_is_not_chosen_but_one_with_fewer_is(dfew: Path) -> None:
    lists(dfew)
    (dfew / "Clip/clip_224x224").mkdir(parents=True)
    frames(dfew / "Clip/jpg_256", "00001")
    frames(dfew / "Clip/original", "00001", "00002")
    listing = list_dfew(dfew)
    assert listing.root == dfew / "Clip/jpg_256"
    assert "(1 of 2 listed)" in listing.notes[0]
    with pytest.raises(ContentError) as caught:
        listing.checked()
    assert f"no such clip: {dfew / 'Clip/jpg_256/00002'}" in caught.value.message
    assert "root" in caught.value.hint


def test_a_folder_unzipped_into_one_of_its_own_name_is_found(dfew: Path) -> None:
    lists(dfew)
    frames(dfew / "Clip/clip_224x224/clip_224x224", "00001", "00002")
    assert read_clips("dfew", dfew)[0].path.parent == dfew / "Clip/clip_224x224/clip_224x224"


@pytest.mark.parametrize(
    "nested",
    [
        "DFEW-part2/Clip/Clip/clip_224x224",
        "Clip/Clip/clip_224x224",
        "Clip/clip_224x224/clip_224x224/clip_224x224",
    ],
)
def test_folders_unzipped_into_themselves_are_found_wherever_they_were(dfew: Path, nested: str) -> None:
    lists(dfew)
    frames(dfew / nested, "00001", "00002")
    assert read_clips("dfew", dfew)[0].path.parent == dfew / nested
    assert list_dfew(dfew).notes == ()


def test_of_two_parts_that_both_hold_a_clip_the_first_counts(dfew: Path) -> None:
    lists(dfew)
    frames(dfew / "part1/Clip/clip_224x224", "00001")
    frames(dfew / "part2/Clip/clip_224x224", "00001", "00002")
    assert {clip.path for clip in read_clips("dfew", dfew)} == {
        dfew / "part1/Clip/clip_224x224/00001",
        dfew / "part2/Clip/clip_224x224/00002",
    }


def test_clips_may_come_in_parts(dfew: Path) -> None:
    lists(dfew)
    frames(dfew / "Clip/clip_224x224", "00001")
    frames(dfew / "DFEW-part2/Clip/clip_224x224", "00002")
    assert {clip.path for clip in read_clips("dfew", dfew)} == {
        dfew / "Clip/clip_224x224/00001",
        dfew / "DFEW-part2/Clip/clip_224x224/00002",
    }
    assert list_dfew(dfew).notes == ()


def test_a_second_copy_of_the_clips_is_noted(dfew: Path) -> None:
    lists(dfew)
    frames(dfew / "Clip/clip_224x224", "00001", "00002")
    frames(dfew / "DFEW-part2/Clip/clip_224x224", "00002")
    listing = list_dfew(dfew)
    (note,) = listing.notes
    assert f"also there: {dfew / 'DFEW-part2/Clip/clip_224x224'} (1)" in note
    assert {clip.path.parent for clip in listing.checked()} == {dfew / "Clip/clip_224x224"}


@pytest.mark.parametrize("root", ["elsewhere/Clip/original", "elsewhere/Clip", "elsewhere", "."])
def test_root_names_the_clips_or_a_folder_above(dfew: Path, root: str) -> None:
    lists(dfew)
    frames(dfew / "data", "00001", "00002")
    frames(dfew.parent / "elsewhere/Clip/original", "00001", "00002")
    listing = list_dfew(dfew, root=dfew.parent / root)
    assert listing.root == (dfew / "data" if root == "." else dfew.parent / "elsewhere/Clip/original")
    assert len(listing.checked()) == 10


def test_root_is_a_choice_that_needs_no_note(dfew: Path) -> None:
    lists(dfew)
    frames(dfew / "data", "00001", "00002")
    frames(dfew / "mine", "00001", "00002")
    assert list_dfew(dfew, root=dfew / "mine").notes == ()


def test_where_no_clip_is_found_paths_are_plausible_and_it_is_said_where_was_looked(dfew: Path) -> None:
    lists(dfew)
    listing = list_dfew(dfew)
    assert listing.clips[0].path == dfew / "Clip/clip_224x224/00002"
    assert listing.notes == (f"no listed clip was found in {dfew}",)
    with pytest.raises(ContentError) as caught:
        listing.checked()
    assert "no such clip" in caught.value.message
    for kind in ORDER:
        assert kind in caught.value.hint
    assert list_dfew(dfew, root=dfew.parent).clips[0].path == dfew.parent / "00002"


def test_what_is_no_data_set_is_refused_with_what_was_looked_for(dfew: Path) -> None:
    with pytest.raises(UsageError, match="no lists of DFEW in") as caught:
        list_clips("dfew", dfew)
    assert OFFICIAL in caught.value.message
    assert "--root" in caught.value.hint
    with pytest.raises(UsageError, match="nothing is there"):
        list_dfew(dfew / "none")
    write(dfew / "file", "")
    with pytest.raises(UsageError, match="found a file"):
        list_dfew(dfew / "file")
    lists(dfew)
    with pytest.raises(UsageError, match="as root, found none"):
        list_dfew(dfew, root=dfew / "none")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_list_that_may_not_be_read_is_told(dfew: Path) -> None:
    lists(dfew)
    (dfew / OFFICIAL.format(split="test", fold=1)).chmod(0)
    with pytest.raises(UsageError, match="cannot read the list"):
        list_dfew(dfew)


def test_a_clip_of_both_lists_of_a_fold_is_refused(dfew: Path) -> None:
    lists(dfew, test="1,1\n")
    frames(dfew / "data", "00001")
    with pytest.raises(ContentError, match=r"00001 is in train and, at .* in test of fold 1"):
        list_dfew(dfew).checked()


def test_more_folds_do_not_ask_the_disk_for_more(dfew: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames(dfew / "data", "00001", "00002")
    asked: list[str] = []
    scandir, stat = os.scandir, os.stat

    def counted_scandir(path: Any = ".") -> Any:
        asked.append(str(path))
        return scandir(path)

    def counted_stat(path: Any, **options: Any) -> Any:
        asked.append(str(path))
        return stat(path, **options)

    monkeypatch.setattr(os, "scandir", counted_scandir)
    monkeypatch.setattr(os, "stat", counted_stat)
    counts = []
    for folds in (1, 5):
        lists(dfew, S2D, folds=folds)
        asked.clear()
        list_dfew(dfew)
        counts.append(sum(str(dfew / "data") in path for path in asked))
    assert counts[0] == counts[1]


HEADER = ["order", "1happy", "2sad", "3neutral", "4angry", "5surprise", "6disgust", "7fear", "label"]


def annotation(dfew: Path, *rows: list[Any], header: list[str] = HEADER, suffix: str = ".xlsx") -> Path:
    file = dfew / "Annotation" / f"annotation{suffix}"
    file.parent.mkdir(exist_ok=True)
    if suffix == ".csv":
        lines = [",".join("" if cell is None else str(cell) for cell in row) for row in [header, *rows]]
        write(file, "\n".join(lines), "utf-8-sig")
    else:
        book = Workbook()
        for row in [header, *rows]:
            book.active.append(row)
        book.save(file)
    return file


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_votes_come_from_the_annotation_without_zeros(dfew: Path, suffix: str) -> None:
    lists(dfew, folds=1, test="2,7\n3,1\n")
    frames(dfew / "data", "00001", "00002", "00003")
    annotation(dfew, [1, 7, 0, 2, 0, 1, 0, 0, 1], [2, 0, 0, None, 0, 0, 0, 10, 7], suffix=suffix)
    votes = {clip.id: clip.votes for clip in list_dfew(dfew).clips}
    assert votes == {
        "00001": (("happiness", 7.0), ("neutral", 2.0), ("surprise", 1.0)),
        "00002": (("fear", 10.0),),
        "00003": None,
    }
    assert not any("votes" in note for note in list_dfew(dfew).notes)


def test_rows_without_votes_are_left_out_with_a_note(dfew: Path) -> None:
    lists(dfew, folds=5)
    frames(dfew / "data", "00001", "00002")
    rows = [[1, "many", 0, 2, 0, 1, 0, 0], [2, 0, 0, 0, 0, 0, 0, 10], [3, -1, 0, 0, 0, 0, 0, 0]]
    file = annotation(dfew, *rows)
    listing = list_dfew(dfew)
    assert listing.notes == (f"votes left out: 2 rows of {file} hold no votes, the first is 2",)
    assert {clip.votes is None for clip in listing.clips if clip.id == "00001"} == {True}
    assert {clip.votes for clip in listing.clips if clip.id == "00002"} == {(("fear", 10.0),)}


def test_a_table_that_is_no_annotation_costs_the_votes_and_nothing_else(dfew: Path) -> None:
    lists(dfew)
    frames(dfew / "data", "00001", "00002")
    annotation(dfew, [1, 2], header=["clip", "votes"])
    (note,) = list_dfew(dfew).notes
    assert "expected the columns order and 1happy … 7fear, found clip, votes" in note
    (dfew / "Annotation/annotation.xlsx").write_bytes(b"no spreadsheet")
    (note,) = list_dfew(dfew).notes
    assert "cannot be read as DFEW's annotation" in note
    assert len(list_dfew(dfew).checked()) == 10


@pytest.mark.parametrize("style", ["{0}{1}", "{0}.{1}", "{0}. {1}", "{0}_{1}", "{1}"])
@pytest.mark.parametrize("titles", [0, 1, 5])
def test_headers_may_be_written_otherwise_and_stand_below_a_title(
    dfew: Path, style: str, titles: int
) -> None:
    lists(dfew, folds=1)
    names = ["happy", "sad", "neutral", "angry", "surprise", "disgust", "fear"]
    header = ["order", *(style.format(number, name) for number, name in enumerate(names, start=1))]
    table: list[list[Any]] = [["DFEW annotation"]] * titles
    table += [header, [1, 7, 0, 3, 0, 0, 0, 0], ["?", 1]]
    file = annotation(dfew, *table[1:], header=table[0])
    listing = list_dfew(dfew)
    assert listing.clips[1].votes == (("happiness", 7.0), ("neutral", 3.0))
    (note,) = [note for note in listing.notes if "votes" in note]
    assert note == f"votes left out: 1 rows of {file} hold no votes, the first is {titles + 3}"


def test_a_row_with_no_vote_for_any_class_is_left_out_with_a_note(dfew: Path) -> None:
    lists(dfew, folds=1)
    annotation(dfew, [1, 0, 0, 0, 0, 0, 0, 0], [2, 0, None, 0, 0, 0, 0, 1])
    listing = list_dfew(dfew)
    assert {clip.id: clip.votes for clip in listing.clips} == {"00001": None, "00002": (("fear", 1.0),)}
    assert any("votes left out: 1 rows" in note for note in listing.notes)


def in_workbook(file: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    """Changes one part of a workbook, as a program of its own ways would have written it."""
    with ZipFile(file) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    assert change(parts[part]) != parts[part]
    parts[part] = change(parts[part])
    with ZipFile(file, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)


def test_the_size_that_a_sheet_claims_to_have_is_not_believed(dfew: Path) -> None:
    lists(dfew, folds=1)
    file = annotation(dfew, [1, 10, None, None, None, None, None, None], [2, 0, 0, 0, 0, 0, 0, 10])
    in_workbook(
        file,
        "xl/worksheets/sheet1.xml",
        lambda xml: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', xml),
    )
    listing = list_dfew(dfew)
    assert {clip.votes for clip in listing.clips} == {(("happiness", 10.0),), (("fear", 10.0),)}
    assert not any("votes" in note for note in listing.notes)


def empty_fill(file: Path) -> None:
    in_workbook(
        file, "xl/styles.xml", lambda xml: re.sub(rb"<fills.*</fills>", b"<fills><fill/></fills>", xml)
    )


def flip_compressed_bytes(file: Path) -> None:
    with ZipFile(file) as book:
        part = book.getinfo("xl/worksheets/sheet1.xml")
    content = bytearray(file.read_bytes())
    begins = part.header_offset + 30 + len(part.filename)
    content[begins : begins + 20] = b"\xff" * 20
    file.write_bytes(content)


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def nothing(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("damage", [empty_fill, flip_compressed_bytes, cut_short, nothing])
def test_a_damaged_workbook_costs_the_votes_and_nothing_else(
    dfew: Path, damage: Callable[[Path], None]
) -> None:
    lists(dfew)
    frames(dfew / "data", "00001", "00002")
    file = annotation(dfew, [1, 10, 0, 0, 0, 0, 0, 0])
    damage(file)
    listing = list_dfew(dfew)
    assert len(listing.checked()) == 10
    (note,) = listing.notes
    assert note.startswith(f"clips have no votes: {file} cannot be read as DFEW's annotation (")
    assert "()" not in note
    assert {clip.votes for clip in listing.clips} == {None}


@pytest.mark.parametrize("error", [EOFError(), TypeError("expected"), KeyError("xl")])
def test_whatever_a_workbook_makes_its_reader_raise_costs_the_votes_only(
    dfew: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def raising(*_: Any, **__: Any) -> None:
        raise error

    lists(dfew)
    frames(dfew / "data", "00001", "00002")
    annotation(dfew)
    monkeypatch.setattr("openpyxl.load_workbook", raising)
    assert "clips have no votes" in list_dfew(dfew).notes[0]
