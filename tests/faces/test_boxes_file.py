"""Files of boxes: what may stand in them, and which line is wrong."""

import json
from pathlib import Path

import pytest

from dfer.errors import ContentError
from dfer.faces.box import Box
from dfer.faces.boxes_file import GivenFace, check_boxes, read_boxes

CLIP = Path("clips/happy/0012.mp4")


def given(tmp_path: Path, text: str, *, clip: Path = CLIP) -> tuple[GivenFace, ...]:
    file = tmp_path / "boxes.csv"
    file.write_text(text, encoding="utf-8")
    return read_boxes(file, clip)


SAME = (
    "frame,left,top,right,bottom\n3,10,20,40,60\n",
    "\ufeffFrame, Left ,TOP,right,bottom,who\r\n3,10,20,40,60,Ann\r\n",
    "bottom;right;top;left;frame\n60;40;20;10;3\n",
    "frame\tx\ty\twidth\theight\n3.0\t10\t20\t30\t40\n",
    '[{"frame": 3, "left": 10, "top": 20, "right": 40, "bottom": 60}]',
    '\n{"frame": 3, "x": 10, "y": 20, "width": 30, "height": 40, "confidence": 1}\n\n',
    "frame,time,x,y,width,height,confidence\n3,99,10,20,30,40,\n",
)


@pytest.mark.parametrize("text", SAME)
def test_a_box_may_be_written_in_many_ways(tmp_path: Path, text: str) -> None:
    (face,) = given(tmp_path, text)
    assert (face.frame, face.time) == (3, None)
    assert (face.face.box, face.face.confidence) == (Box(10, 20, 40, 60), 1.0)


def test_a_box_may_have_a_time_instead_of_a_frame(tmp_path: Path) -> None:
    (face,) = given(tmp_path, "time,x,y,width,height,confidence\n0.25,-5,20.5,30,40,0.5\n")
    assert (face.frame, face.time) == (None, 0.25)
    assert (face.face.box, face.face.confidence) == (Box(-5, 20.5, 25, 60.5), 0.5)


def test_a_row_with_an_empty_box_says_that_there_is_none(tmp_path: Path) -> None:
    faces = given(tmp_path, "frame,x,y,width,height\n0,1,1,5,5\n1,,,,\n2,1,1,5,5\n")
    assert [face.frame for face in faces] == [0, 2]
    (face,) = given(
        tmp_path,
        json.dumps([{"frame": i, "x": b, "y": b, "width": b, "height": b} for i, b in ((0, None), (1, 4))]),
    )
    assert face.frame == 1


@pytest.mark.parametrize(
    "name", ["0012.mp4", "0012", "happy/0012.mp4", "./happy/0012", "happy\\0012.mp4", "ABSOLUTE"]
)
def test_with_a_column_clip_only_the_clips_own_boxes_count(tmp_path: Path, name: str) -> None:
    name = str(CLIP.absolute()) if name == "ABSOLUTE" else name
    clips = ("sad/0012.mp4", name, "0012.avi", "2.mp4")
    rows = "".join(f"{clip},0,0,0,{side},9\n" for side, clip in enumerate(clips, start=1))
    text = "clip,frame,x,y,width,height\n" + rows
    assert [face.face.box.width for face in given(tmp_path, text)] == [2.0]


def test_a_clip_that_the_file_does_not_name_is_an_error_that_lists_those_it_does(tmp_path: Path) -> None:
    rows = "".join(f"c{i}.mp4,0,0,0,9,9\n" for i in range(7))
    with pytest.raises(ContentError, match=r"has no box for clips/happy/0012\.mp4") as caught:
        given(tmp_path, "clip,frame,x,y,width,height\n" + rows)
    assert caught.value.hint == "its column clip names 7 clips: c0.mp4, c1.mp4, c2.mp4, c3.mp4, c4.mp4, …"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("frame,x,y,width,height\n0,1,1,5,5\n1,1,1,0,5\n", r"csv, line 3: a box without area: .*width 0,"),
        ("frame,x,y,width,height\n0,1,1,5,-5\n", "line 2: a box without area: .*height -5"),
        ("frame,left,top,right,bottom\n0,9,1,5,5\n", "line 2: a box without area: left 9, top 1, right 5"),
        ("frame,x,y,width,height\n0,nan,1,5,5\n", "line 2: expected a number as x, found 'nan'"),
        ("frame,x,y,width,height\n0,1,1,inf,5\n", "line 2: expected a number as width, found 'inf'"),
        ("frame,x,y,width,height\n0,1,,5,5\n", "line 2: expected a number as y, found ''"),
        ("frame,x,y,width,height\n0,1,1,5\n", "line 2: expected a number as height, found ''"),
        ("frame,x,y,width,height\n0,1,1,5,5,7\n", "line 2: more cells than the header has columns"),
        ("frame,x,y,width,height\n-1,1,1,5,5\n", "line 2: expected a frame number from 0, found -1"),
        ("frame,x,y,width,height\n1.5,1,1,5,5\n", "line 2: expected a frame number from 0, found 1.5"),
        ("time,x,y,width,height\n-0.1,1,1,5,5\n", "line 2: expected a time from 0 seconds, found -0.1"),
        ("frame,x,y,width,height\n,1,1,5,5\n", "line 2: expected a number as frame, found ''"),
        ("frame,x,y,width,height,confidence\n0,1,1,5,5,87\n", "expected a confidence from 0 to 1, found 87"),
        ("frame,x,y,w,h\n0,1,1,5,5\n", r"expected frame \(from 0\) or time .*; found frame, x, y, w, h"),
        ("x,y,width,height\n1,1,5,5\n", "line 2: expected frame"),
        ("clip,frame,x,y,width,height\n,0,1,1,5,5\n", "line 2: which clip the box is of is left empty"),
        ('[{"frame": 0, "x": 1, "y": 1, "width": true, "height": 1}]', "entry 1: expected a number as width"),
        ('[[0, 1, 1, 5, 5]]', "entry 1: expected an object"),
        ("[", "not JSON"),
        ('{"frame": 0}\n{"frame": 1', "line 1: expected frame"),
        ('{"frame": 0, "x": 1, "y": 1, "width": 1, "height": 1}\n{"frame": 1', "line 2: not JSON"),
        ("", "has no boxes"),
        ("frame,x,y,width,height\n", "has no boxes"),
        ("\x00\x01", "has no boxes|expected|NUL"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ContentError, match=said):
        given(tmp_path, text)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes("frame,x,y,width,height,who\n0,1,1,5,5,Zoë\n".encode("latin-1"))
    for name in ("gone.csv", "latin.csv", "."):
        with pytest.raises(ContentError, match="cannot read the boxes"):
            read_boxes(tmp_path / name, CLIP)


def test_a_file_that_was_changed_is_read_again(tmp_path: Path) -> None:
    header = "frame,x,y,width,height\n"
    assert len(given(tmp_path, header + "0,1,1,5,5\n")) == 1
    assert len(given(tmp_path, header + "0,1,1,5,5\n1,1,1,5,5\n")) == 2


def test_boxes_of_no_clip_in_particular_are_for_one_clip_alone(tmp_path: Path) -> None:
    file = tmp_path / "boxes.csv"
    file.write_text("frame,x,y,width,height\n0,1,1,5,5\n", encoding="utf-8")
    check_boxes(file, clips=1)
    with pytest.raises(ContentError, match=r"which boxes are of which of the 2 clips") as caught:
        check_boxes(file, clips=2)
    assert caught.value.hint == "add a column clip"
    file.write_text("clip,frame,x,y,width,height\na.mp4,0,1,1,5,5\n", encoding="utf-8")
    check_boxes(file, clips=2)
