"""DFER-CLIP's lists `DIR FRAMES LABEL`, found by folder or pattern and moved under another root."""

from pathlib import Path

import pytest

from dfer.clips.readers.dfer_clip_list import list_lists, read_lists
from dfer.errors import ContentError, UsageError

AUTHORS = "/data/EECS-IoannisLab/datasets/DFEW/DFEW_Face"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    for name in ("00001", "00002", "00003", "with space"):
        (tmp_path / "disk" / "DFEW_Face" / name).mkdir(parents=True)
    (tmp_path / "lists").mkdir()
    return tmp_path


def write(here: Path, name: str, *lines: str, newline: str = "\n") -> Path:
    file = here / "lists" / name
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_bytes("".join(line + newline for line in lines).encode())
    return file


def test_a_folder_of_lists_gives_every_fold_and_split(here: Path) -> None:
    write(here, "DFEW_set_1_train.txt", f"{AUTHORS}/00001 30 0")
    write(here, "DFEW_set_1_test.txt", f"{AUTHORS}/00002 9 6")
    write(here, "DFEW_set_2_train.txt", f"{AUTHORS}/00002 9 6")
    write(here, "DFEW_set_2_test.txt", f"{AUTHORS}/00001 30 0")
    (here / "lists" / "readme.txt").write_text("nothing")
    clips = read_lists(here / "lists", root=here / "disk")
    assert {(c.fold, c.split, c.id[-5:], c.label) for c in clips} == {
        (1, "train", "00001", "happiness"),
        (1, "test", "00002", "fear"),
        (2, "train", "00002", "fear"),
        (2, "test", "00001", "happiness"),
    }


def test_an_id_is_the_path_as_written_wherever_the_clips_lie(here: Path) -> None:
    write(here, "DFEW_set_1_train.txt", f"{AUTHORS}/00001 30 0")
    (clip,) = read_lists(here / "lists", root=here / "disk")
    assert clip.id == f"{AUTHORS}/00001"
    assert clip.path == here / "disk" / "DFEW_Face" / "00001"


@pytest.mark.parametrize("root", ["disk", "disk/DFEW_Face", "."])
def test_the_root_may_be_the_clips_folder_or_one_above_it(here: Path, root: str) -> None:
    write(here, "DFEW_set_1_train.txt", "/x/disk/DFEW_Face/00001 30 0", "/x/disk/DFEW_Face/00002 3 1")
    clips = read_lists(here / "lists", root=here / root)
    assert [clip.path.resolve() for clip in clips] == [
        (here / "disk" / "DFEW_Face" / name).resolve() for name in ("00001", "00002")
    ]


def test_the_longest_tail_that_exists_wins(here: Path) -> None:
    (here / "disk" / "00001").mkdir()
    write(here, "DFEW_set_1_train.txt", f"{AUTHORS}/00001 30 0")
    assert read_lists(here / "lists", root=here / "disk")[0].path.parent.name == "DFEW_Face"


def test_the_prefix_is_settled_by_the_first_clip_found_and_a_later_one_must_share_it(here: Path) -> None:
    write(here, "DFEW_set_1_train.txt", f"{AUTHORS}/gone 1 0", f"{AUTHORS}/00002 1 0", "/other/00003 1 0")
    with pytest.raises(ContentError) as caught:
        read_lists(here / "lists", root=here / "disk")
    assert "train.txt:1: no such clip" in caught.value.message
    assert "train.txt:3: expected a path in data/EECS" in caught.value.message
    assert "train.txt:2" not in caught.value.message


def test_where_nothing_is_found_it_is_said_what_was_tried(here: Path) -> None:
    write(here, "DFEW_set_1_train.txt", "/a/b/00009 30 0")
    with pytest.raises(ContentError) as caught:
        read_lists(here / "lists", root=here / "disk")
    for tail in ("a/b/00009", "b/00009", "00009"):
        assert str(here / "disk" / tail) in caught.value.message


def test_without_a_root_paths_are_taken_as_written(here: Path) -> None:
    absolute = here / "disk" / "DFEW_Face" / "00001"
    write(here, "DFEW_set_1_train.txt", f"{absolute} 30 0", "../disk/DFEW_Face/00002 30 0")
    assert [clip.path.resolve().name for clip in read_lists(here / "lists")] == ["00001", "00002"]
    write(here, "DFEW_set_1_train.txt", f"{AUTHORS}/00001 30 0")
    with pytest.raises(ContentError) as caught:
        read_lists(here / "lists")
    assert "root" in caught.value.hint


def test_folders_may_have_spaces_and_lines_may_end_as_on_windows(here: Path) -> None:
    write(here, "DFEW_set_1_train.txt", f"{AUTHORS}/with space 30 10", "", newline="\r\n")
    (clip,) = read_lists(here / "lists", root=here / "disk")
    assert (clip.path.name, clip.label) == ("with space", "disappointment")


def test_lists_without_a_fold_are_fold_1(here: Path) -> None:
    write(here, "FERV39K_train.txt", f"{AUTHORS}/00001 30 0")
    write(here, "FERV39K_test.txt", f"{AUTHORS}/00002 30 0")
    clips = read_lists(here / "lists", root=here / "disk")
    assert {(c.fold, c.split) for c in clips} == {(1, "train"), (1, "test")}


def test_a_pattern_chooses_among_data_sets_and_without_one_a_mixture_is_refused(here: Path) -> None:
    write(here, "DFEW_set_1_train.txt", f"{AUTHORS}/00001 30 0")
    write(here, "FERV39K_train.txt", f"{AUTHORS}/00002 30 0")
    with pytest.raises(UsageError) as caught:
        read_lists(here / "lists", root=here / "disk")
    assert "DFEW_set_{fold}_{split}.txt" in caught.value.message
    assert "FERV39K_{split}.txt" in caught.value.message
    pattern = str(here / "lists" / "DFEW_set_{fold}_{split}.txt")
    assert [c.path.name for c in read_lists(pattern, root=here / "disk")] == ["00001"]


def test_placeholders_may_be_folders_and_other_files_do_not_match(here: Path) -> None:
    write(here, "set_12/train.txt", f"{AUTHORS}/00001 30 0")
    write(here, "set_12/notes.txt", "no list")
    write(here, "set_x/train.txt", "no list")
    (clip,) = read_lists(here / "lists" / "set_{fold}" / "{split}.txt", root=here / "disk")
    assert (clip.fold, clip.split) == (12, "train")


def test_a_placeholder_used_twice_must_agree(here: Path) -> None:
    write(here, "f1/train_1.txt", f"{AUTHORS}/00001 30 0")
    write(here, "f1/train_2.txt", f"{AUTHORS}/00002 30 0")
    (clip,) = read_lists(here / "lists" / "f{fold}" / "{split}_{fold}.txt", root=here / "disk")
    assert clip.path.name == "00001"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/a/b 30 11", "from 0 to 10, found '11'"),
        ("/a/b 30 happy", "found 'happy'"),
        ("/a/b 30 -1", "found '-1'"),
        ("/a/b thirty 3", "expected `DIR FRAMES LABEL`"),
        ("/a/b,30,3", "expected `DIR FRAMES LABEL`"),
    ],
)
def test_a_wrong_line_is_reported_with_file_and_line(here: Path, line: str, said: str) -> None:
    write(here, "DFEW_set_1_train.txt", f"{AUTHORS}/00001 30 0", line)
    with pytest.raises(ContentError) as caught:
        read_lists(here / "lists", root=here / "disk")
    assert "DFEW_set_1_train.txt:2: " in caught.value.message
    assert said in caught.value.message


def test_a_line_that_is_no_utf8_is_a_problem_of_its_own(here: Path) -> None:
    file = write(here, "DFEW_set_1_train.txt", f"\ufeff{AUTHORS}/00001 30 0")
    file.write_bytes(file.read_bytes() + b"/a/\xe9 30 0\n/b/00002 30 1\n")
    listing = list_lists(here / "lists")
    assert [(p.kind, p.place) for p in listing.problems] == [("encoding", f"{file}:2")]
    assert [clip.id for clip in listing.clips] == [f"{AUTHORS}/00001", "/b/00002"]


def test_a_clip_of_train_and_test_is_refused(here: Path) -> None:
    write(here, "DFEW_set_1_train.txt", f"{AUTHORS}/00001 30 0")
    write(here, "DFEW_set_1_test.txt", f"{AUTHORS}/00001 30 0")
    with pytest.raises(ContentError, match=r"is in train and, at .* in test of fold 1"):
        read_lists(here / "lists", root=here / "disk")


def test_no_lists_and_single_files_are_refused_with_an_example(here: Path) -> None:
    file = write(here, "mine.txt", f"{AUTHORS}/00001 30 0")
    for wrong in (here / "lists", file, here / "none", here / "lists" / "none_{fold}_{split}.txt"):
        with pytest.raises(UsageError) as caught:
            read_lists(wrong)
        assert "{fold}" in caught.value.hint


def test_a_nul_in_a_line_is_a_problem_of_its_own(here: Path) -> None:
    file = write(here, "DFEW_set_1_train.txt", f"{AUTHORS}/00\0001 30 0", f"{AUTHORS}/00002 30 1")
    listing = list_lists(here / "lists", root=here / "disk")
    assert [(p.kind, p.place) for p in listing.problems] == [("bad-line", f"{file}:1")]
    assert "NUL" in listing.problems[0].message
    assert [clip.id for clip in listing.clips] == [f"{AUTHORS}/00002"]


def test_hidden_files_that_macos_puts_beside_lists_are_none(here: Path) -> None:
    write(here, "DFEW_set_1_train.txt", f"{AUTHORS}/00001 30 0")
    write(here, "._DFEW_set_1_train.txt", "\0\5\26\7")
    assert len(read_lists(here / "lists", root=here / "disk")) == 1
