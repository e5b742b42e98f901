"""A drawn clip onto the disk: a folder of JPEGs or a video file, the same bytes for the same pixels."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
from PIL import Image

from dfer.clips.synthetic.lighting import Pixels

if TYPE_CHECKING:
    from av.video.stream import VideoStream

FRAMES_PER_SECOND = 25


def write_jpegs(folder: Path, pictures: Iterable[Pixels], *, name: str = "{:04d}.jpg") -> None:
    """0001.jpg, 0002.jpg, … or what `name` makes of 1, 2, …; pictures are uint8 (size, size, 3)."""
    folder.mkdir(parents=True)
    for number, picture in enumerate(pictures, start=1):
        Image.fromarray(picture).save(folder / name.format(number), quality=90)


def write_mp4(file: Path, pictures: Iterable[Pixels], *, size: int) -> None:
    """H.264, or MPEG-4 where this FFmpeg has no libx264; 25 frames a second; `size` must be even."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(file), "w") as container:
        stream = cast("VideoStream", container.add_stream(_codec(), rate=FRAMES_PER_SECOND))
        stream.width = stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1  # slices, and with them the bytes, depend on it
        if stream.codec_context.name == "libx264":
            # Without the last, x264's fast code for the macroblock tree reads beside its data in pictures of
            # few blocks, so that the same pixels gave other bytes at times.
            stream.options = {"crf": "18", "preset": "veryfast", "x264-params": "cpu-independent=1"}
        else:
            stream.bit_rate = 2_000_000
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _codec() -> str:
    return "libx264" if "libx264" in av.codecs_available else "mpeg4"
