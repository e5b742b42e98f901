"""The CSV file of scores: what it accepts, and that every refusal says which line is wrong and why."""

import random
from pathlib import Path

import pytest

from dfer.downstream.scored_clips import read_scored_clips
from dfer.errors import ContentError, UsageError

GOOD = "path,subject,video,panss,mood\nc/a,s1,v1,3,0.5\nc/b,s1,v1,3,\nc/c,s2,,4,1\nc/d.mp4,s3,v3,,-2\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in "abc":
        (tmp_path / "c" / name).mkdir(parents=True)
    (tmp_path / "c/d.mp4").touch()
    return tmp_path


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "scores.csv"
    file.write_bytes(text.encode(encoding))
    return file


def problem(file: Path, **options) -> ContentError:
    with pytest.raises(ContentError) as caught:
        read_scored_clips(file, **options)
    return caught.value


def test_every_column_of_numbers_is_a_target_and_an_empty_cell_a_score_nobody_gave(folder: Path) -> None:
    scored = read_scored_clips(write(folder, GOOD))
    assert scored.targets == ("panss", "mood")
    assert [clip.scores for clip in scored.clips] == [(3, 0.5), (3, None), (4, 1), (None, -2)]
    assert [clip.subject for clip in scored.clips] == ["s1", "s1", "s2", "s3"]
    assert scored.clips[0].clip.path == folder / "c/a"


def test_a_clip_without_a_video_is_a_video_of_its_own(folder: Path) -> None:
    scored = read_scored_clips(write(folder, GOOD))
    assert [clip.video for clip in scored.clips] == ["v1", "v1", "c/c", "v3"]
    bare = read_scored_clips(write(folder, "path,subject,x\nc/a,s1,1\nc/b,s2,2\n"))
    assert bare.videos == ("c/a", "c/b")


def test_rows_without_a_score_of_the_named_targets_are_left_out_and_counted(folder: Path) -> None:
    scored = read_scored_clips(write(folder, GOOD), targets=[" panss ", "panss"])
    assert scored.targets == ("panss",)
    assert [(clip.clip.id, clip.scores) for clip in scored.clips] == [
        ("c/a", (3,)),
        ("c/b", (3,)),
        ("c/c", (4,)),
    ]
    assert scored.unscored == 1
    assert read_scored_clips(write(folder, GOOD)).unscored == 0


def test_words_and_the_columns_of_lists_of_clips_are_no_targets_unless_named(folder: Path) -> None:
    file = write(
        folder, "Path,Subject,fold,frames,label,note,X\nc/a,s1,1,16,joy,good,0\nc/b,s2,2,16,joy,bad,1\n"
    )
    assert read_scored_clips(file).targets == ("X",)
    assert read_scored_clips(file, targets=["frames"]).targets == ("frames",)


def test_the_order_of_the_rows_does_not_matter(folder: Path) -> None:
    header, *rows = GOOD.splitlines()
    expected = read_scored_clips(write(folder, GOOD))
    for seed in range(5):
        shuffled = random.Random(seed).sample(rows, len(rows))
        assert read_scored_clips(write(folder, "\n".join([header, *shuffled]))) == expected


def test_excel_windows_lines_quotes_and_backslashes_do_not_matter(folder: Path) -> None:
    text = 'path,subject,x,note\r\n\r\nc\\a,s1, 1 ,"of two\r\nlines, even"\r\nc\\b,s2,2.0,\r\n'
    scored = read_scored_clips(write(folder, text, "utf-8-sig"))
    assert [(clip.clip.id, clip.scores) for clip in scored.clips] == [("c/a", (1,)), ("c/b", (2,))]


def test_relative_paths_start_at_the_root_if_one_is_given(folder: Path) -> None:
    file = write(folder, "path,subject,x\na,s1,1\nb,s2,2\n")
    assert read_scored_clips(file, root=folder / "c").clips[0].clip.path == folder / "c/a"
    assert "--root" in problem(file).hint


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("c/c,s2,v2,four,1", "scores.csv:6: expected a number as panss, found 'four'"),
        ("c/c,s2,v2,nan,1", "scores.csv:6: expected a number as panss, found 'nan'"),
        ("c/c,s2,v2,1_0,1", "scores.csv:6: expected a number as panss, found '1_0'"),
        ("c/c,,v2,,", "scores.csv:6: the subject is empty"),
        ("c/c,,v2,4,1", "scores.csv:6: the subject is empty"),
        (",s2,v2,4,1", "scores.csv:6: the path is empty"),
        ("c/e,s2,v2,4,1", "scores.csv:6: no such clip"),
        ("scores.csv,s2,v2,4,1", "scores.csv:6: neither a folder of frames nor a video"),
        ("c/c,s2", "scores.csv:6: expected 5 fields as in the header, found 2"),
        ("c/./c,s2,v2,4,1", "scores.csv:6: c/c is listed twice (first at"),
        ("c/../c/a,s1,v1,3,1", "scores.csv:6: c/../c/a is listed twice (first at"),
        ("c/e,s9,v1,3,1", "scores.csv:6: video 'v1' is of subject 's9' and, at"),
        ("c/e,s1,v1,5,1", "scores.csv:6: panss of video 'v1' is 5 and, at"),
        ('c/e,"s1,v1,5,1', "scores.csv:6: not CSV"),
    ],
)
def test_a_wrong_row_is_named_with_its_line(folder: Path, row: str, said: str) -> None:
    error = problem(write(folder, f"{GOOD}{row}\n"))
    assert said in error.message
    assert error.exit_code == 5


def test_of_many_wrong_rows_the_first_are_told_and_all_are_counted(folder: Path) -> None:
    error = problem(write(folder, "path,subject,x\nc/a,s1,1\n" + "".join(f"c/n{i},s2,1\n" for i in range(9))))
    assert len(error.message.splitlines()) == 6
    assert "scores.csv:3: no such clip" in error.message
    assert "and 4 more (9 problems in all)" in error.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "found an empty file"),
        ("path,subject,x\n", "no clips, only a header"),
        ("file,subject,x\nc/a,s1,1\n", "scores.csv:1: no column 'path', found 'file', 'subject', 'x'"),
        ("path;subject;x\nc/a;s1;1\n", "scores.csv:1: no column 'path' and 'subject'"),
        ("path,subject,x,x\nc/a,s1,1,1\n", "scores.csv:1: column 'x' is there twice"),
        ("path,subject,note\nc/a,s1,good\n", "no column holds scores, found path, subject, note"),
        ("path,subject,x\nc/a,s1,1\nc/b,s1,2\n", "only subject 's1' has a score of x"),
        ("path,subject,x,y\nc/a,s1,1,1\nc/b,s2,2,\n", "only subject 's1' has a score of y"),
    ],
)
def test_a_table_that_cannot_be_studied_is_refused(folder: Path, text: str, said: str) -> None:
    assert said in problem(write(folder, text)).message


def test_semicolons_are_told_as_such(folder: Path) -> None:
    assert "not by semicolons" in problem(write(folder, "path;subject;x\nc/a;s1;1\n")).hint


@pytest.mark.parametrize("target", ["panns", "subject", "video"])
def test_a_target_that_is_no_column_of_scores_is_named_with_those_that_are(folder: Path, target: str) -> None:
    error = problem(write(folder, GOOD), targets=[target, "mood"])
    assert f"scores.csv:1: no column of scores {target!r}" in error.message
    assert error.hint == "it has panss, mood"


def test_a_target_that_nobody_scored_is_refused(folder: Path) -> None:
    file = write(folder, "path,subject,x,y\nc/a,s1,1,\nc/b,s2,2,\n")
    assert read_scored_clips(file).targets == ("x",)
    assert "no subject has a score of y" in problem(file, targets=["x", "y"]).message


def test_a_list_that_cannot_be_read_is_a_usage_error(folder: Path) -> None:
    for file in (folder / "none.csv", folder):
        with pytest.raises(UsageError, match="cannot read the scores"):
            read_scored_clips(file)
    with pytest.raises(UsageError, match="no target is named"):
        read_scored_clips(write(folder, GOOD), targets=["", " "])


def test_text_that_is_not_utf8_is_named_with_its_line(folder: Path) -> None:
    assert (
        "scores.csv:2: not UTF-8" in problem(write(folder, "path,subject,x\nc/ü,s1,1\n", "latin-1")).message
    )
