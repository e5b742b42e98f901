"""Real video files for tests: any sizes and times, turned by their metadata, cut off."""

import struct
from collections.abc import Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import numpy as np
from PIL import Image

from dfer.clips.image_file import Pixels

TURNS = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
"""Clockwise, as the matrix of an MP4's track header."""


def write_film(
    file: Path,
    pictures: Sequence[Pixels],
    *,
    codec: str = "libx264",
    ticks: Sequence[int] | None = None,
    front: bool = False,
) -> Path:
    """`ticks` are the frames' times in 1/25 s; `front` puts an MP4's index before its pictures. Pictures may
    differ in size where `codec` is mjpeg."""
    timed = list(zip(ticks or range(len(pictures)), pictures, strict=True))
    options = {"movflags": "faststart"} if front else {}
    with av.open(str(file), "w", options=options) as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = {"libx264": "yuv444p", "mjpeg": "yuvj444p"}.get(codec, "yuv420p")
        if codec == "libx264":
            stream.options = {"crf": "4", "preset": "veryfast", "bf": "2", "g": "12"}
        if codec == "mjpeg":
            _mux_jpegs(container, stream, timed)
            return file
        for tick, picture in timed:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = tick, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file


def _mux_jpegs(container, stream, timed) -> None:  # type: ignore[no-untyped-def]
    """Each picture a JPEG of its own size, as a camera sends them."""
    container.start_encoding()
    for tick, picture in timed:
        written = BytesIO()
        Image.fromarray(picture).save(written, "JPEG", quality=98, subsampling=0)
        packet = av.Packet(written.getvalue())
        packet.stream, packet.time_base = stream, Fraction(1, 25)
        packet.pts = packet.dts = tick
        packet.is_keyframe = True
        container.mux(packet)


def turn(film: Path, degrees: int) -> None:
    """Notes in an MP4 that a player is to turn it clockwise."""
    a, b, c, d = (part << 16 for part in TURNS[degrees])
    content = bytearray(film.read_bytes())
    matrix = content.index(b"tkhd") + 44  # in version 0 of the track header
    content[matrix : matrix + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    film.write_bytes(bytes(content))


def cut(film: Path, share: float) -> Path:
    """Keeps the first part of the file."""
    content = film.read_bytes()
    film.write_bytes(content[: int(len(content) * share)])
    return film


def overwrite(film: Path, *, from_packet: int) -> Path:
    """Zeroes the packets from this one on, in the order of the file."""
    with av.open(str(film)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    content = bytearray(film.read_bytes())
    for position, size in places[from_packet:]:
        content[position : position + size] = b"\x00" * size
    film.write_bytes(bytes(content))
    return film


def grey(level: int, height: int = 48, width: int = 64) -> Pixels:
    return np.full((height, width, 3), level, dtype=np.uint8)


def greys(count: int, height: int = 48, width: int = 64) -> list[Pixels]:
    """`count` pictures, from dark to bright."""
    return [grey(20 + round(200 * i / max(1, count - 1)), height, width) for i in range(count)]


def noise(count: int, height: int = 48, width: int = 64) -> list[Pixels]:
    """Pictures that take some bytes, so that a file has something to be cut."""
    picture = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return [np.roll(picture, 3 * i, axis=1) for i in range(count)]
