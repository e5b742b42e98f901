"""Crops around boxes that a user gives, where the face moves, hides, leaves the picture or has company."""

import csv
import math
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from films import cut, grey, greys, turn, write_film
from PIL import Image

from dfer.clips.image_file import Pixels
from dfer.clips.resizing import fit_to
from dfer.clips.synthetic.clip_writer import write_jpegs
from dfer.clips.synthetic.face import draw_face
from dfer.clips.synthetic.identity import draw_identity
from dfer.clips.synthetic.pose import Pose
from dfer.errors import ContentError
from dfer.faces.box import Box
from dfer.faces.face_source import GivenBoxes
from dfer.faces.recording import Recording, open_recording

Row = tuple[float, float, float, float, float]
"""Frame or time, left, top, width, height."""


def boxes_file(folder: Path, rows: Sequence[Row], *, column: str = "frame") -> Path:
    file = folder / "boxes.csv"
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows([(column, "x", "y", "width", "height"), *rows])
    return file


def opened(path: Path, rows: Sequence[Row], *, margin: float = 0.0, column: str = "frame") -> Recording:
    file = boxes_file(path.parent, rows, column=column)
    return open_recording(path, faces=GivenBoxes(file, margin=margin))


def crops(recording: Recording, *, size: int = 64) -> Pixels:
    return np.stack(list(recording.crops(size=size, fit="stretch")))


def difference(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one.astype(int) - other).mean())


def test_the_crops_stay_on_a_face_that_moves_and_grows_before_clutter(tmp_path: Path) -> None:
    """Compared with the face as drawn; a crop that lies 6 pixels off would be told apart clearly."""
    rng = random.Random(4)
    person = draw_identity(rng)
    clutter = grey(140, 240, 320)
    for _ in range(40):
        x, y = rng.randrange(300), rng.randrange(220)
        clutter[y : y + rng.randrange(8, 60), x : x + rng.randrange(8, 60)] = [rng.randrange(256)] * 3
    pictures, faces, rows = [], [], []
    for i in range(40):
        side = 90 + i
        left, top = round(100 + 70 * math.sin(i / 8)), round(60 - 40 * math.cos(i / 11))
        smile = Pose(units={6: i / 40, 12: i / 40, 25: i / 60})
        face = np.array(draw_face(person, smile, size=side))
        picture = clutter.copy()
        picture[top : top + side, left : left + side] = face
        pictures.append(picture)
        faces.append(fit_to(face[None], "stretch", size=64)[0])
        rows.append((i, left, top, side, side))
    recording = opened(write_film(tmp_path / "a.mp4", pictures), rows)
    assert recording.notes == ()
    assert all(recording.seen)
    for box, crop, face, picture, (_, left, top, side, _) in zip(
        recording.boxes, crops(recording), faces, pictures, rows, strict=True
    ):
        assert box is not None
        assert box.centre == pytest.approx((left + side / 2, top + side / 2), abs=1.5)
        assert box.width == pytest.approx(side, abs=0.5)
        beside = picture[top : top + side, max(0, left - 6) : max(0, left - 6) + side]
        assert difference(crop, face) < 8
        assert difference(fit_to(beside[None], "stretch", size=64)[0], face) > 2 * difference(crop, face)


def test_boxes_that_jitter_give_a_calmer_path_than_they_are(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    jitter = rng.normal(0, 3, (30, 2))
    film = write_film(tmp_path / "a.mp4", greys(30, 240, 320))
    boxes = opened(film, [(i, 100 + x, 80 + y, 90, 90) for i, (x, y) in enumerate(jitter)]).boxes
    path = np.array([box.centre for box in boxes if box])
    assert np.diff(path, axis=0).std() < 0.3 * np.diff(jitter, axis=0).std()


def test_the_crop_is_square_around_the_longer_side_with_the_margin_asked_for(tmp_path: Path) -> None:
    Image.fromarray(grey(9, 240, 320)).save(tmp_path / "a.png")
    assert opened(tmp_path / "a.png", [(0, 100, 80, 40, 60)]).boxes == (Box(90, 80, 150, 140),)
    (box,) = opened(tmp_path / "a.png", [(0, 100, 80, 40, 60)], margin=0.25).boxes
    assert box == Box(75, 65, 165, 155)


def test_a_box_around_a_whole_square_picture_gives_what_the_whole_picture_gives(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (50, 50, 3), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "a.png")
    recording = opened(tmp_path / "a.png", [(0, 0, 0, 50, 50)])
    assert np.array_equal(crops(recording), fit_to(picture[None], "stretch", size=64))


def test_beyond_the_edge_the_edge_is_repeated_and_nothing_is_squeezed(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (60, 60, 3), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "a.png")
    crop = crops(opened(tmp_path / "a.png", [(0, -16, 28, 64, 64)]))[0]
    assert np.array_equal(crop[:32, 16:], picture[28:60, :48])
    assert (crop[:32, :16] == picture[28:60, :1]).all()
    assert (crop[32:] == crop[31]).all()


def test_frames_without_a_box_are_filled_and_told(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", greys(10, 100, 200))
    recording = opened(film, [(2, 0, 0, 40, 40), (6, 40, 0, 40, 40)])
    centres = [box.centre[0] for box in recording.boxes if box]
    assert centres == pytest.approx([20, 20, 20, 30, 40, 50, 60, 60, 60, 60], abs=6)
    assert centres[2] < centres[3] < centres[4] < centres[5] < centres[6]
    assert recording.seen == tuple(i in (2, 6) for i in range(10))
    assert recording.notes == (
        "no box on 8 of 10 frames: the face is taken between where it was before and after, or where it was "
        "first or last",
    )
    assert len(crops(recording)) == 10


def test_of_two_people_one_is_followed_and_the_note_says_so(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", greys(10, 100, 200))
    rows: list[Row] = [(i, 10 + i, 10, 60, 60) for i in range(10)]
    rows += [(i, 140 - i, 20, 40, 40) for i in range(4, 10)]
    rows.append((9, 0, 0, 8, 8))
    recording = opened(film, rows)
    assert [box.left for box in recording.boxes if box] == pytest.approx([10 + i for i in range(10)])
    assert recording.notes == (
        "up to 3 faces on 6 of 10 frames: the one that is largest for longest is followed",
    )


def test_across_a_cut_nothing_is_blended_and_the_note_says_when_it_is(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", greys(20, 100, 200))
    recording = opened(film, [(i, 10 if i < 10 else 120, 10, 60, 60) for i in range(20)])
    assert [box.left for box in recording.boxes if box] == pytest.approx([10] * 10 + [120] * 10)
    assert recording.notes == ("the box jumps at 0.40 s: taken as a cut, after which it may be another face",)


def test_boxes_with_times_go_to_the_nearest_frame_also_when_they_are_more_frequent(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", greys(10, 100, 200))
    fast = opened(film, [(i / 100, 10 + i, 10, 60, 60) for i in range(40)], column="time")
    assert fast.notes == ()  # not two faces, and none without
    assert [box.left for box in fast.boxes if box] == pytest.approx([10 + 4 * i for i in range(10)])
    slow = opened(film, [(i / 5, 10 + 20 * i, 10, 60, 60) for i in range(3)], column="time")
    assert slow.seen == tuple(i in (0, 5) for i in range(10))
    assert slow.notes[0] == "boxes that come after the last frame are not used: 1"


def test_boxes_for_after_the_end_of_a_damaged_video_are_left_out(tmp_path: Path) -> None:
    noise = list(np.random.default_rng(0).integers(0, 255, (20, 48, 64, 3), dtype=np.uint8))
    film = cut(write_film(tmp_path / "a.mp4", noise, front=True), 0.6)
    recording = opened(film, [(i, 10, 10, 20, 20) for i in range(20)])
    count = len(recording.times)
    assert recording.notes == (
        f"the video breaks off after frame {count} of 20, and is used up to there",
        f"boxes that come after the last frame are not used: {20 - count}",
    )
    assert len(crops(recording)) == count


def test_frames_of_a_folder_keep_their_boxes_when_one_before_them_is_damaged(tmp_path: Path) -> None:
    write_jpegs(tmp_path / "clip", greys(4, 100, 200))
    cut(tmp_path / "clip" / "0002.jpg", 0.5)
    recording = opened(tmp_path / "clip", [(i, 40 * i, 0, 30, 30) for i in range(4)])
    assert [box.left for box in recording.boxes if box] == pytest.approx([0, 80, 120])


def test_boxes_of_a_film_that_changes_its_size_are_in_pixels_of_each_frame(tmp_path: Path) -> None:
    """A call whose picture gets four times as small: the face in it stays where it is."""
    large = grey(60, 120, 160)
    large[20:60, 40:80] = 220
    small = grey(60, 30, 40)
    small[5:15, 10:20] = 220
    film = write_film(tmp_path / "a.mkv", [large] * 4 + [small] * 4, codec="mjpeg")
    rows: list[Row] = [(i, 40, 20, 40, 40) for i in range(3)] + [(i, 10, 5, 10, 10) for i in range(5, 8)]
    recording = opened(film, rows)
    assert recording.boxes == (Box(40, 20, 80, 60),) * 4 + (Box(10, 5, 20, 15),) * 4
    assert crops(recording, size=8).mean(axis=(1, 2, 3)) == pytest.approx([220] * 8, abs=4)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_boxes_of_a_turned_film_are_in_the_picture_as_it_is_shown(tmp_path: Path, degrees: int) -> None:
    lying = grey(30, 64, 96)
    lying[8:24, 16:32] = 230
    film = write_film(tmp_path / "a.mp4", [lying] * 2)
    turn(film, degrees)
    upright = np.asarray(Image.fromarray(lying).rotate(-degrees, expand=True))
    rows, columns = np.nonzero(upright[..., 0] > 128)
    recording = opened(film, [(0, columns.min(), rows.min(), 16, 16)])
    assert crops(recording, size=16).mean() > 215


@pytest.mark.parametrize(
    "row", [(1, 400, 10, 20, 20), (1, -30, 10, 20, 20), (1, 10, 300, 9, 9), (1, 0, 0, 9999, 9)]
)
def test_a_box_that_does_not_fit_the_picture_is_told_with_its_line(tmp_path: Path, row: Row) -> None:
    film = write_film(tmp_path / "a.mp4", greys(3, 100, 200))
    with pytest.raises(
        ContentError, match=r"boxes\.csv, line 3: .* does not fit the picture, which is 200 x 100"
    ):
        opened(film, [(0, 10, 10, 20, 20), row])


def test_a_clip_without_any_box_is_an_error(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", greys(3))
    with pytest.raises(ContentError, match="has no boxes"):
        opened(film, [])
    with pytest.raises(ContentError, match=r"no box of .*boxes\.csv lies on a frame of .*a\.mp4"):
        opened(film, [(7, 10, 10, 20, 20)])
