"""Videos, folders and images of every make: their frames with times, whole, as evaluation sees them."""

import random
from pathlib import Path

import numpy as np
import pytest
from films import cut, grey, greys, noise, overwrite, turn, write_film
from PIL import Image

from dfer.clips.clip import Clip
from dfer.clips.dataset import ClipDataset
from dfer.clips.frames import count_frames, read_frames
from dfer.clips.image_file import Pixels
from dfer.clips.resizing import Fit, fit_to
from dfer.clips.sampling import test_indices as indices_of_test_clips
from dfer.clips.synthetic.clip_drawing import draw_clip
from dfer.clips.synthetic.clip_writer import write_jpegs, write_mp4
from dfer.clips.synthetic.identity import draw_identity
from dfer.clips.synthetic.variation import MILD
from dfer.errors import ContentError, UsageError
from dfer.faces.face_source import AlreadyCropped
from dfer.faces.recording import Recording, open_recording

FITS: tuple[Fit, ...] = ("stretch", "centre-square")


def opened(path: Path, *, fps: float = 25.0) -> Recording:
    return open_recording(path, faces=AlreadyCropped(), fps=fps)


def crops(recording: Recording, *, size: int = 32, fit: Fit = "stretch") -> Pixels:
    return np.stack(list(recording.crops(size=size, fit=fit)))


def levels(recording: Recording) -> list[int]:
    """The grey of each frame."""
    return [round(float(crop.mean())) for crop in crops(recording)]


@pytest.fixture(scope="module")
def faces() -> list[Pixels]:
    rng = random.Random(1)
    drawing = draw_clip({6: 0.8, 12: 0.9}, draw_identity(rng), seed="1", size=112, frames=24, variation=MILD)
    return list(drawing.pictures)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("size", [64, 112, 160])
@pytest.mark.parametrize("kind", ["mp4", "jpegs"])
def test_frames_taken_whole_are_the_very_pixels_that_evaluation_reads(
    tmp_path: Path, faces: list[Pixels], kind: str, size: int, fit: Fit
) -> None:
    path = tmp_path / ("clip.mp4" if kind == "mp4" else "clip")
    write_mp4(path, faces, size=112) if kind == "mp4" else write_jpegs(path, faces)
    recording = opened(path)
    everything = read_frames(path, range(count_frames(path)))
    assert np.array_equal(crops(recording, size=size, fit=fit), fit_to(everything, fit, size=size))
    assert recording.boxes == (None,) * len(faces)
    assert recording.seen == (True,) * len(faces)
    assert recording.notes == ()


def test_a_clip_of_a_data_set_gives_what_the_data_set_gives(tmp_path: Path, faces: list[Pixels]) -> None:
    write_mp4(tmp_path / "clip.mp4", faces, size=112)
    data = ClipDataset(
        clips=[Clip(id="a", path=tmp_path / "clip.mp4", label="x")],
        class_names=["x"],
        size=80,
        training=False,
        augmentation="none",
        seed=0,
    )
    mine = crops(opened(tmp_path / "clip.mp4"), size=80)
    chosen = mine[list(indices_of_test_clips(len(mine), 16))]  # (16, 80, 80, 3)
    assert np.array_equal(chosen.transpose(0, 3, 1, 2), data[0]["frames"].numpy())


def test_a_video_is_played_at_its_own_times_from_zero(tmp_path: Path) -> None:
    ticks = [10, 11, 15, 16, 40]
    for suffix in ("mp4", "mkv"):
        recording = opened(write_film(tmp_path / f"a.{suffix}", greys(5), ticks=ticks))
        assert recording.kind == "video"
        assert recording.times == pytest.approx([(tick - 10) / 25 for tick in ticks], abs=0.002)


@pytest.mark.parametrize("codec", ["mpeg4", "libx264", "mjpeg"])
def test_a_video_whose_frames_have_no_timestamps_is_played_at_its_rate(tmp_path: Path, codec: str) -> None:
    """AVI has none, only an order in which frames lie; with B-frames not even that of playing."""
    recording = opened(write_film(tmp_path / "a.avi", greys(12), codec=codec))
    assert recording.times == pytest.approx([i / 25 for i in range(12)])
    assert levels(recording) == sorted(levels(recording))


def test_a_folder_is_played_at_the_rate_given(tmp_path: Path) -> None:
    write_jpegs(tmp_path / "clip", greys(4))
    recording = opened(tmp_path / "clip", fps=10)
    assert recording.kind == "frames"
    assert recording.times == pytest.approx([0.0, 0.1, 0.2, 0.3])
    for wrong in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="frames per second above 0"):
            opened(tmp_path / "clip", fps=wrong)


def test_a_video_of_one_frame_and_an_image_are_one_frame_at_zero(tmp_path: Path) -> None:
    film = opened(write_film(tmp_path / "a.mp4", [grey(120)]))
    Image.fromarray(grey(120)).save(tmp_path / "a.png")
    image = opened(tmp_path / "a.png")
    assert (film.kind, image.kind) == ("video", "image")
    assert film.times == image.times == (0.0,)
    assert levels(image) == [120]
    assert abs(levels(film)[0] - 120) <= 2


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1"])
def test_images_without_colour_or_with_transparency_are_pictures_too(tmp_path: Path, mode: str) -> None:
    Image.fromarray(grey(255)).convert(mode).save(tmp_path / "a.png")
    assert levels(opened(tmp_path / "a.png")) == [255]


@pytest.mark.parametrize(("height", "width"), [(131, 97), (97, 131), (17, 251)])
def test_odd_sizes_are_read(tmp_path: Path, height: int, width: int) -> None:
    film = write_film(tmp_path / "a.mp4", greys(3, height, width))
    assert crops(opened(film)).shape == (3, 32, 32, 3)
    assert levels(opened(film)) == pytest.approx([20, 120, 220], abs=3)


def test_a_folder_of_mixed_sizes_is_resized_picture_by_picture(tmp_path: Path) -> None:
    folder = tmp_path / "clip"
    folder.mkdir()
    pictures = [noise(1, 40, 60)[0], noise(1, 97, 31)[0], noise(1, 32, 32)[0]]
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{number}.png")
    for fit in FITS:
        expected = [fit_to(picture[None], fit, size=32)[0] for picture in pictures]
        assert np.array_equal(crops(opened(folder), fit=fit), np.stack(expected))


def test_a_video_may_change_its_size_on_the_way(tmp_path: Path) -> None:
    film = write_film(
        tmp_path / "a.mkv", [grey(60), grey(60), grey(180, 96, 128), grey(180, 31, 45)], codec="mjpeg"
    )
    assert levels(opened(film)) == pytest.approx([60, 60, 180, 180], abs=2)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_film_turned_by_its_metadata_is_shown_upright(tmp_path: Path, degrees: int) -> None:
    lying = grey(0)
    lying[:24, :32] = (250, 0, 0)  # red above on the left, green below on the right
    lying[24:, 32:] = (0, 250, 0)
    film = write_film(tmp_path / "a.mp4", [lying] * 3)
    turn(film, degrees)
    upright = Image.fromarray(lying).rotate(-degrees, expand=True)
    for size in (32, 96):
        shown = crops(opened(film), size=size)[1]
        assert np.abs(shown.astype(int) - np.asarray(upright.resize((size, size)))).mean() < 5


@pytest.mark.parametrize(("name", "front", "codec"), [("a.mp4", True, "libx264"), ("a.avi", False, "mpeg4")])
def test_of_a_video_that_breaks_off_the_beginning_is_used_and_a_note_says_so(
    tmp_path: Path, name: str, front: bool, codec: str
) -> None:
    pictures = noise(40)
    film = write_film(tmp_path / name, pictures, codec=codec, front=front)
    whole = crops(opened(film))
    recording = opened(cut(film, 0.6))
    count = len(recording.times)
    assert 1 < count < 40
    assert recording.notes == (f"the video breaks off after frame {count} of 40, and is used up to there",)
    # The last picture of an AVI may be cut itself.
    assert np.array_equal(crops(recording)[:-1], whole[: count - 1])


def test_of_a_video_with_a_damaged_tail_what_can_be_decoded_is_used(tmp_path: Path) -> None:
    recording = opened(overwrite(write_film(tmp_path / "a.mp4", noise(30)), from_packet=20))
    count = len(recording.times)
    assert 10 <= count <= 20
    assert recording.notes == (f"the video breaks off after frame {count} of 30, and is used up to there",)
    assert len(crops(recording)) == count


def test_a_video_without_one_frame_to_decode_is_an_error(tmp_path: Path) -> None:
    for share in (0.6, 0.0):  # the index of this MP4 is at its end
        film = cut(write_film(tmp_path / "a.mp4", noise(10)), share)
        with pytest.raises(ContentError, match=r"cannot read the video .*a\.mp4"):
            opened(film)
    with pytest.raises(ContentError, match=r"nothing in .*b\.mp4 can be decoded: the video breaks off after"):
        opened(overwrite(write_film(tmp_path / "b.mp4", noise(10)), from_packet=0))
    (tmp_path / "c.mp4").write_bytes(b"no video" * 100)
    with pytest.raises(ContentError, match=r"cannot read the video .*c\.mp4"):
        opened(tmp_path / "c.mp4")


def test_damaged_images_of_a_folder_are_left_out_at_their_times(tmp_path: Path) -> None:
    write_jpegs(tmp_path / "clip", noise(6))
    for number in (2, 3):
        cut(tmp_path / "clip" / f"000{number}.jpg", 0.5)
    recording = opened(tmp_path / "clip", fps=10)
    assert recording.times == pytest.approx([0.0, 0.3, 0.4, 0.5])
    assert len(crops(recording)) == 4
    assert [note.split(" cannot")[0] for note in recording.notes] == ["0002.jpg", "0003.jpg"]
    for number in (1, 4, 5):
        cut(tmp_path / "clip" / f"000{number}.jpg", 0.5)
    assert opened(tmp_path / "clip").notes[-1] == "3 more frames cannot be decoded"
    cut(tmp_path / "clip" / "0006.jpg", 0.5)
    with pytest.raises(ContentError, match=r"nothing in .*clip can be decoded"):
        opened(tmp_path / "clip")


def test_what_is_no_clip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.jpg").write_bytes(b"no image")
    for name, said in {
        "gone.mp4": "no such video, image or folder of frames",
        "notes.txt": "expected a video, an image or a folder of frames",
        "empty": "no frames in the clip",
        "a.jpg": "nothing in .* can be decoded",
    }.items():
        with pytest.raises(ContentError, match=said):
            opened(tmp_path / name)


def test_a_file_that_changes_between_looking_and_reading_is_an_error(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", greys(5))
    recording = opened(film)
    write_film(film, greys(3))
    with pytest.raises(ContentError, match=r"a\.mp4 has changed while it was read"):
        crops(recording)


@pytest.mark.parametrize("name", ["a.mp4", "frames"])
def test_of_a_clip_only_the_frames_wanted_are_given(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_film(path, noise(12)) if name == "a.mp4" else write_jpegs(path, noise(12))
    recording, wanted = opened(path), [0, 3, 4, 9]
    some = list(recording.crops(size=32, fit="stretch", wanted=wanted))
    assert np.array_equal(some, crops(recording)[wanted])


def test_behind_the_last_frame_wanted_nothing_is_read(tmp_path: Path) -> None:
    write_jpegs(tmp_path / "clip", greys(3))
    recording = opened(tmp_path / "clip")
    (tmp_path / "clip" / "0003.jpg").write_bytes(b"")
    (second,) = recording.crops(size=32, fit="stretch", wanted=[1])
    assert round(float(second.mean())) == 120


def test_crops_come_one_at_a_time(tmp_path: Path) -> None:
    """The second frame is not even decoded before it is asked for: it is lost after the first has come."""
    write_jpegs(tmp_path / "clip", greys(3))
    recording = opened(tmp_path / "clip")
    stream = recording.crops(size=32, fit="stretch")
    next(stream)
    (tmp_path / "clip" / "0002.jpg").write_bytes(b"")
    with pytest.raises(ContentError, match="has changed"):
        list(stream)
