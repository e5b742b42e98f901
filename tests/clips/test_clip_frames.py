"""Frames from folders and videos, counted on disk; damage is named, never passed on."""

import os
import random
import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dfer.clips import video_file
from dfer.clips.frame_files import natural_order
from dfer.clips.frames import count_frames, read_frames
from dfer.clips.image_file import Pixels
from dfer.errors import ContentError

SIZE = (32, 48)  # height, width


def grey(level: int, size: tuple[int, int] = SIZE) -> np.ndarray:  # type: ignore[type-arg]
    return np.full((*size, 3), level, dtype=np.uint8)


def folder_of(folder: Path, names: dict[str, int]) -> Path:
    folder.mkdir()
    for name, level in names.items():
        Image.fromarray(grey(level)).save(folder / name)
    return folder


def levels(frames: Pixels) -> list[int]:
    """The grey of each frame."""
    return [round(float(frame.mean())) for frame in frames]


def video_of(
    file: Path, count: int, *, codec: str = "libx264", pictures: list[np.ndarray] | None = None
) -> Path:  # type: ignore[type-arg]
    """A real video of `count` greys 8 apart, with B-frames where the codec has them."""
    pictures = pictures or [grey(8 * i) for i in range(count)]
    with av.open(str(file), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        if codec == "libx264":
            stream.options = {"crf": "10", "bf": "2", "g": "12"}
        for i, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file


def test_frames_play_in_natural_order_and_other_files_are_no_frames(tmp_path: Path) -> None:
    clip = folder_of(tmp_path / "c", {"10.png": 100, "2.png": 20, "1.PNG": 10, "9.png": 90})
    for stray in ("._3.png", ".DS_Store", "Thumbs.db", "list.txt"):
        (clip / stray).write_bytes(b"no image")
    (clip / "5.png").mkdir()
    assert count_frames(clip) == 4
    assert levels(read_frames(clip, [0, 1, 2, 3])) == [10, 20, 90, 100]


@given(st.lists(st.integers(0, 10**6), unique=True, min_size=1), st.text(alphabet="ab-_² ", max_size=4))
def test_natural_order_is_the_order_of_the_numbers(numbers: list[int], prefix: str) -> None:
    names = [f"{prefix}{number}.jpg" for number in numbers]
    assert sorted(names, key=natural_order) == [f"{prefix}{number}.jpg" for number in sorted(numbers)]


@given(st.lists(st.text(max_size=8)), st.randoms(use_true_random=False))
def test_any_names_can_be_ordered_and_always_the_same_way(names: list[str], rng: random.Random) -> None:
    shuffled = rng.sample(names, len(names))
    assert sorted(shuffled, key=natural_order) == sorted(names, key=natural_order)


def test_every_image_kind_becomes_rgb_uint8(tmp_path: Path) -> None:
    clip = tmp_path / "c"
    clip.mkdir()
    picture = Image.fromarray(grey(120))
    picture.convert("L").save(clip / "1.jpg")
    picture.convert("RGBA").save(clip / "2.png")
    picture.convert("P").save(clip / "3.png")
    picture.save(clip / "4.webp", lossless=True)
    picture.save(clip / "5.jpeg")
    Image.fromarray(np.full(SIZE, 120 * 257, dtype=np.uint16)).save(clip / "6.png")
    frames = read_frames(clip, range(6))
    assert frames.shape == (6, *SIZE, 3)
    assert frames.dtype == np.uint8
    assert levels(frames) == [120] * 6


def test_colours_keep_their_channels(tmp_path: Path) -> None:
    red = grey(0)
    red[..., 0] = 200
    (tmp_path / "c").mkdir()
    Image.fromarray(red).save(tmp_path / "c" / "1.png")
    video = video_of(tmp_path / "v.mp4", 0, pictures=[red] * 3)
    for clip in (tmp_path / "c", video):
        means = read_frames(clip, [0])[0].mean(axis=(0, 1))
        assert means[0] > 180
        assert means[1:].max() < 20


def test_repeated_indices_are_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dfer.clips import frames as room

    clip = folder_of(tmp_path / "c", {"1.png": 10, "2.png": 20})
    decoded = []
    decode = room.decode_image
    monkeypatch.setattr(
        room, "decode_image", lambda file, **options: decoded.append(file) or decode(file, **options)
    )
    assert levels(read_frames(clip, [1, 0, 1, 1])) == [20, 10, 20, 20]
    assert len(decoded) == 2


def test_a_frame_of_another_size_is_named(tmp_path: Path) -> None:
    clip = folder_of(tmp_path / "c", {"1.png": 10, "2.png": 20})
    Image.fromarray(grey(30, (16, 16))).save(clip / "3.png")
    with pytest.raises(ContentError, match=r"3\.png is 16 x 16, others are 48 x 32"):
        read_frames(clip, [0, 1, 2])


@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
@pytest.mark.parametrize("damage", ["truncated", "garbage", "empty"])
def test_a_damaged_frame_is_named(tmp_path: Path, kind: str, damage: str) -> None:
    clip = tmp_path / "c"
    clip.mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (*SIZE, 3), dtype=np.uint8)
    file = clip / f"7.{kind}"
    Image.fromarray(noise).save(file)
    whole = file.read_bytes()
    file.write_bytes({"truncated": whole[: len(whole) // 2], "garbage": b"\x00" * 500, "empty": b""}[damage])
    with pytest.raises(ContentError, match=rf"7\.{kind} cannot be decoded"):
        read_frames(clip, [0])


def test_frames_added_later_are_counted(tmp_path: Path) -> None:
    clip = folder_of(tmp_path / "c", {"1.png": 10})
    os.utime(clip, ns=(1, 1))
    assert count_frames(clip) == 1
    Image.fromarray(grey(20)).save(clip / "2.png")
    assert count_frames(clip) == 2


def test_an_index_outside_the_clip_is_refused(tmp_path: Path) -> None:
    clip = folder_of(tmp_path / "c", {"1.png": 10})
    video = video_of(tmp_path / "v.mp4", 5)
    for path, index in ((clip, 1), (clip, -1), (video, 5), (video, -1)):
        with pytest.raises(ContentError, match="asked of"):
            read_frames(path, [index])


def test_what_is_no_clip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "no.mp4").write_bytes(b"no video at all")
    for name, said in {
        "empty": "no frames",
        "notes.txt": "expected a folder of frames or a video",
        "gone": "no such clip",
        "gone.mp4": "no such clip",
        "no.mp4": "cannot read the video",
    }.items():
        with pytest.raises(ContentError, match=said):
            count_frames(tmp_path / name)
        with pytest.raises(ContentError, match=said):
            read_frames(tmp_path / name, [0])


@pytest.mark.parametrize(("suffix", "codec"), [("mp4", "libx264"), ("avi", "mpeg4"), ("mkv", "libx264")])
def test_video_frames_are_counted_and_found_in_playing_order(tmp_path: Path, suffix: str, codec: str) -> None:
    video = video_of(tmp_path / f"v.{suffix}", 30, codec=codec)
    assert count_frames(video) == 30
    wanted = [0, 3, 3, 11, 12, 29, 5]
    frames = read_frames(video, wanted)
    assert frames.shape == (7, *SIZE, 3)
    assert frames.dtype == np.uint8
    for level, index in zip(levels(frames), wanted, strict=True):
        assert abs(level - 8 * index) <= 4


def test_a_video_is_counted_without_decoding_and_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = video_of(tmp_path / "v.mp4", 6)
    opened = []
    real = av.open
    monkeypatch.setattr(video_file.av, "open", lambda *a, **k: opened.append(a) or real(*a, **k))
    assert [count_frames(video), count_frames(video)] == [6, 6]
    assert len(opened) == 1
    video_of(video, 9)
    assert count_frames(video) == 9


def test_decoding_stops_at_the_last_frame_needed_and_damage_behind_it_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = video_of(tmp_path / "v.avi", 30, codec="mpeg4")
    damage(video, from_packet=20)
    assert count_frames(video) == 30
    decoded = []
    real = av.open

    class Watched:
        def __init__(self, file: str) -> None:
            self.container = real(file)
            self.streams = self.container.streams

        def __enter__(self) -> "Watched":
            return self

        def __exit__(self, *_: object) -> None:
            self.container.close()

        def decode(self, stream: object) -> Iterator[object]:
            for frame in self.container.decode(stream):
                decoded.append(frame)
                yield frame

    monkeypatch.setattr(video_file.av, "open", Watched)
    assert abs(levels(read_frames(video, [4]))[0] - 32) <= 4
    assert len(decoded) == 5


@pytest.mark.parametrize(("suffix", "codec"), [("mp4", "libx264"), ("avi", "mpeg4")])
def test_a_damaged_end_is_told_with_both_numbers(tmp_path: Path, suffix: str, codec: str) -> None:
    video = video_of(tmp_path / f"v.{suffix}", 30, codec=codec)
    damage(video, from_packet=20)
    with pytest.raises(ContentError, match=r"announces 30 frames, but only (1\d|20) could be decoded"):
        read_frames(video, [0, 29])


def test_a_film_turned_by_its_metadata_is_read_upright(tmp_path: Path) -> None:
    top = grey(0)
    top[: SIZE[0] // 2] = 200  # bright above, dark below
    video = video_of(tmp_path / "v.mp4", 0, pictures=[top] * 4)
    turn_a_quarter_clockwise(video)
    frame = read_frames(video, [2])[0]
    height, width = SIZE
    assert frame.shape == (width, height, 3)
    assert frame[:, height // 2 + 4 :].mean() > 180  # what was above is now on the right
    assert frame[:, : height // 2 - 4].mean() < 20


def damage(video: Path, *, from_packet: int) -> None:
    """Overwrites the packets from this one on, in the order of the file, leaving its index whole."""
    with av.open(str(video)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    content = bytearray(video.read_bytes())
    for position, size in places[from_packet:]:
        content[position : position + size] = b"\x00" * size
    video.write_bytes(bytes(content))


def turn_a_quarter_clockwise(video: Path) -> None:
    content = bytearray(video.read_bytes())
    matrix = content.index(b"tkhd") + 44  # in version 0 of the track header
    one, unit = 1 << 16, 1 << 30
    content[matrix : matrix + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, unit)
    video.write_bytes(bytes(content))


def test_opencv_starts_no_threads_that_a_forked_worker_would_wait_for() -> None:
    assert cv2.getNumThreads() == 1
