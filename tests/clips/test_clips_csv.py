"""The generic CSV list: what it accepts, and that every refusal says which line is wrong and why."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfer.clips.readers.csv_list import list_csv, read_csv
from dfer.clips.readers.reading import list_clips
from dfer.clips.readers.vote_field import parse_votes
from dfer.errors import ContentError, UsageError


@pytest.fixture
def world(tmp_path: Path) -> Path:
    for name in ("a", "b", "c"):
        (tmp_path / "clips" / name).mkdir(parents=True)
    (tmp_path / "clips" / "film.mp4").write_bytes(b"")
    return tmp_path


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "clips.csv"
    file.write_bytes(text.encode(encoding))
    return file


def problem(file: Path, root: Path | None = None) -> ContentError:
    with pytest.raises(ContentError) as caught:
        read_csv(file, root=root)
    return caught.value


def test_a_full_row_becomes_a_clip(world: Path) -> None:
    file = write(world, 'path,label,split,fold,caption,subject\nclips/a,Happy,train,2,"a smile, wide",s1\n')
    (clip,) = read_csv(file)
    assert (clip.id, clip.path, clip.label) == ("clips/a", world / "clips/a", "Happy")
    assert (clip.split, clip.fold, clip.caption, clip.subject) == ("train", 2, "a smile, wide", "s1")


def test_what_is_left_out_or_empty_is_none(world: Path) -> None:
    bare = read_csv(write(world, "path,label\nclips/a,joy\n"))[0]
    empty = read_csv(write(world, "path,label,split,fold,caption,subject\nclips/a,joy,,,,\n"))[0]
    assert bare == empty
    assert (bare.split, bare.fold, bare.caption, bare.subject) == (None, None, None, None)


def test_rows_keep_their_order_and_videos_are_clips_too(world: Path) -> None:
    clips = read_csv(write(world, "path,label\nclips/c,x\nclips/film.mp4,y\nclips/a,x\n"))
    assert [clip.id for clip in clips] == ["clips/c", "clips/film.mp4", "clips/a"]


def test_a_byte_order_mark_windows_lines_blank_lines_and_other_columns_do_not_matter(world: Path) -> None:
    file = write(world, "Path , LABEL,mood\r\n\r\nclips/a,x,7\r\n,,\r\nclips/b,y,8\r\n", "utf-8-sig")
    assert [(clip.id, clip.label) for clip in read_csv(file)] == [("clips/a", "x"), ("clips/b", "y")]


def test_relative_paths_start_at_the_root_if_one_is_given(world: Path) -> None:
    (world / "lists").mkdir()
    file = write(world / "lists", "path,label\na,x\n")
    assert read_csv(file, root=world / "clips")[0].path == world / "clips" / "a"
    assert "root" in problem(file).hint


def test_absolute_paths_stand_alone_and_backslashes_are_slashes(world: Path) -> None:
    clips = read_csv(write(world, f"path,label\n{world / 'clips' / 'a'},x\nclips\\b,x\n"))
    assert clips[0].path == world / "clips" / "a"
    assert (clips[1].id, clips[1].path) == ("clips/b", world / "clips" / "b")


@pytest.mark.parametrize("written", ["val", "valid", "Validation", " VAL "])
def test_validation_has_several_names(world: Path, written: str) -> None:
    assert read_csv(write(world, f"path,label,split\nclips/a,x,{written}\n"))[0].split == "val"


def test_votes_scene_source_and_listed_frames_are_read_where_they_are_known(world: Path) -> None:
    file = write(
        world,
        "path,label,votes,scene,source,frames\n"
        "clips/a,x,anger:6; fear:4;joy:0,Crime,film 3,30\n"
        "clips/b,y,,,,\n",
    )
    known, bare = read_csv(file)
    assert known.votes == (("anger", 6.0), ("fear", 4.0))
    assert (known.scene, known.source, known.listed_frames) == ("Crime", "film 3", 30)
    assert (bare.votes, bare.scene, bare.source, bare.listed_frames) == (None, None, None, None)


@given(
    st.dictionaries(
        st.text(st.characters(exclude_characters=";", exclude_categories=("C", "Z")), min_size=1),
        st.floats(min_value=0, max_value=1e9),
    )
)
def test_any_votes_are_read_as_written_without_zeros(votes: dict[str, float]) -> None:
    written = ";".join(f"{name}:{count!r}" for name, count in votes.items())
    assert dict(parse_votes(written)) == {name: count for name, count in votes.items() if count}


@pytest.mark.parametrize(
    "written", ["anger", "anger:", ":6", "anger:-1", "anger:nan", "anger:inf", "a:1;a:2", "6"]
)
def test_votes_that_are_none_are_reported(world: Path, written: str) -> None:
    message = problem(write(world, f"path,label,votes\nclips/a,x,{written}\n")).message
    assert "clips.csv:2: " in message
    assert "votes" in message


@pytest.mark.parametrize("written", ["many", "-3", "1.5"])
def test_a_number_of_frames_is_a_number(world: Path, written: str) -> None:
    message = problem(write(world, f"path,label,frames\nclips/a,x,{written}\n")).message
    assert f"clips.csv:2: expected a number of frames, found {written!r}" in message


def test_a_missing_column_is_named_with_those_that_are_there(world: Path) -> None:
    error = problem(write(world, "file,label\nclips/a,x\n"))
    assert "clips.csv:1" in error.message
    assert "'path'" in error.message
    assert "'file'" in error.message
    assert "path,label" in error.hint


def test_a_column_twice_is_refused(world: Path) -> None:
    assert "twice" in problem(write(world, "path,label,label\nclips/a,x,y\n")).message


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("clips/a,x,dev,1", "'dev'"),
        ("clips/a,x,train,one", "'one'"),
        ("clips/a,x,train,-1", "'-1'"),
        ("clips/a,,train,1", "label is empty"),
        (",x,train,1", "path is empty"),
        ("clips/a,x,train", "expected 4 fields as in the header, found 3"),
        ("clips/a,x,train,1,more", "found 5"),
        ("clips/missing,x,train,1", "no such clip: "),
        ("clips.csv,x,train,1", "neither a folder of frames nor a video"),
    ],
)
def test_a_wrong_row_is_reported_with_its_line(world: Path, row: str, said: str) -> None:
    error = problem(write(world, f"path,label,split,fold\nclips/b,x,test,1\n{row}\n"))
    assert error.exit_code == 5
    assert "clips.csv:3: " in error.message
    assert said in error.message


def test_a_row_begins_where_its_caption_does_not_end(world: Path) -> None:
    error = problem(write(world, 'path,label,caption\nclips/a,x,"two\nlines"\nclips/gone,x,"a\nb"\n'))
    assert "clips.csv:4: no such clip" in error.message


def test_all_rows_are_checked_and_the_first_problems_told_with_their_number(world: Path) -> None:
    rows = "".join(f"clips/gone{i},x\n" for i in range(12))
    message = problem(write(world, "path,label\n" + rows)).message
    assert message.count("no such clip") == 5
    assert "gone0" in message
    assert "gone4" in message
    assert "12 problems in all" in message


def test_a_clip_twice_in_one_split_is_refused(world: Path) -> None:
    message = problem(
        write(world, "path,label,split,fold\nclips/a,x,train,1\nclips/../clips/a,x,train,1\n")
    ).message
    assert "clips.csv:3" in message
    assert "twice" in message
    assert "clips.csv:2" in message


@pytest.mark.parametrize("other", ["test", "val"])
def test_a_clip_in_two_splits_of_a_fold_is_refused(world: Path, other: str) -> None:
    message = problem(
        write(world, f"path,label,split,fold\nclips/a,x,train,3\nclips/a,x,{other},3\n")
    ).message
    assert f"clips/a is in {other} and, at " in message
    assert "in train of fold 3" in message


def test_the_same_clip_may_train_one_fold_and_test_another(world: Path) -> None:
    assert len(read_csv(write(world, "path,label,split,fold\nclips/a,x,train,1\nclips/a,x,test,2\n"))) == 2


def test_without_splits_a_clip_in_two_folds_would_be_trained_and_tested_on(world: Path) -> None:
    message = problem(write(world, "path,label,fold\nclips/a,x,1\nclips/a,x,2\n")).message
    assert "fold 2" in message
    assert "fold 1" in message


def test_a_list_that_cannot_be_read_or_is_no_text_is_refused(world: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the list"):
        read_csv(world / "none.csv")
    assert "clips.csv:2: not UTF-8" in problem(write(world, "path,label\nclips/a,müde\n", "latin-1")).message
    assert "empty file" in problem(write(world, "")).message
    assert "no clips" in problem(write(world, "path,label\n")).message
    assert "clips.csv:2: not CSV" in problem(write(world, 'path,label\nclips/a,"x\n')).message


def test_a_nul_in_a_path_is_a_wrong_row(world: Path) -> None:
    listing = list_csv(write(world, "path,label\nclips/\0a,x\nclips/b,y\n"))
    (wrong,) = listing.problems
    assert (wrong.kind, wrong.place) == ("bad-line", f"{world / 'clips.csv'}:2")
    assert "a NUL in the path" in wrong.message
    assert [clip.id for clip in listing.clips] == ["clips/b"]


def test_a_path_no_file_system_can_hold_is_only_missing(world: Path) -> None:
    assert "no such clip" in problem(write(world, f"path,label\n{'a' * 5000},x\n")).message


def test_a_folder_is_no_list_and_what_to_do_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found a folder") as caught:
        read_csv(tmp_path)
    assert "--dataset" in caught.value.hint


def test_a_spreadsheet_saved_with_semicolons_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "clips.csv").write_text("path;label\na;anger\n")
    with pytest.raises(ContentError) as caught:
        read_csv(tmp_path / "clips.csv")
    assert "not by semicolons" in caught.value.hint


def test_a_misspelt_data_set_is_guessed() -> None:
    for written, meant in (("DFEW", "dfew"), ("fer39k", "ferv39k"), ("mafw_compound", "mafw-compound")):
        with pytest.raises(UsageError) as caught:
            list_clips(written, Path())
        assert caught.value.hint == f"did you mean {meant}?"
