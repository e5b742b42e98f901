"""Frames of a video file through PyAV: counted without decoding, read in one pass."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import cast

import av
import numpy as np

from dfer.clips.broken_frames import BrokenFramesError
from dfer.clips.image_file import Pixels
from dfer.errors import ContentError


def count_video_frames(path: Path) -> int:
    """Frames that the container announces; no picture is decoded, and a file is asked once.

    Raises:
        ContentError: not a readable video, or one without pictures.
    """
    try:
        stat = path.stat()
        count = _packets(str(path), stat.st_mtime_ns, stat.st_size)
    except OSError as error:  # PyAV's own errors are OSErrors or ValueErrors
        raise _unreadable(path, error) from error
    except (av.error.FFmpegError, ValueError) as error:
        raise _unreadable(path, error) from error
    if count == 0:
        raise ContentError(
            f"no frames in the video {path}", hint="convert it again, or drop it from the list"
        )
    return count


def read_video_frames(path: Path, indices: Sequence[int]) -> Pixels:
    """uint8 (len(indices), height, width, 3), RGB, upright as a player would show it.

    One decoding pass up to the last index, converting only the frames asked for, each once: on short clips
    seeking to each frame is 2 to 8 times slower.

    Raises:
        BrokenFramesError: it breaks off before the last frame asked for.
        ContentError: unreadable, frames of different sizes, or an index out of range.
    """
    if not indices:
        raise ValueError("expected at least one frame index, found none")
    pictures: dict[int, Pixels] = {}
    wanted = sorted(set(indices))
    for index, picture in zip(wanted, video_frames(path, wanted), strict=True):
        if isinstance(picture, BrokenFramesError):
            raise picture
        pictures[index] = picture
    sizes = {picture.shape for picture in pictures.values()}
    if len(sizes) > 1:
        raise ContentError(f"the frames of the video {path} differ in size: {sorted(s[:2] for s in sizes)}")
    return np.stack([pictures[index] for index in indices])  # (len(indices), height, width, 3)


def video_frames(path: Path, wanted: Sequence[int]) -> Iterator[Pixels | BrokenFramesError]:
    """For each of the ascending indices `wanted` uint8 (height, width, 3), or why it cannot be had.

    One decoding pass, up to the last of them.

    Raises:
        ContentError: unreadable, or an index out of range.
    """
    announced = count_video_frames(path)
    if wanted[0] < 0 or wanted[-1] >= announced:
        raise ContentError(f"frames {wanted[0]} to {wanted[-1]} asked of {path}, which has {announced}")
    places = iter(wanted)
    place, decoded, failure = next(places), 0, ""
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(container.streams.video[0]):
                decoded += 1
                if decoded <= place:
                    continue
                yield _upright(frame)
                try:
                    place = next(places)
                except StopIteration:
                    return
    except (OSError, ValueError, av.error.FFmpegError) as error:
        failure = f" ({error})"
    broken = BrokenFramesError(
        f"the video {path} announces {announced} frames, but only {decoded} could be decoded{failure}",
        indices=tuple(range(decoded, announced)),
        hint="its end is damaged: convert or download it again, drop it from the list, "
        "or see --broken-frames",
    )
    yield broken
    for _ in places:
        yield broken


def _upright(frame: av.VideoFrame) -> Pixels:
    picture = cast("Pixels", frame.to_ndarray(format="rgb24"))  # (height, width, 3)
    # Phones store pictures lying and note the quarter turns, counter-clockwise; a player obeys.
    turns = round(frame.rotation / 90) % 4
    return np.rot90(picture, turns) if turns else picture


@lru_cache(maxsize=65536)
def _packets(path: str, modified: int, size: int) -> int:
    with av.open(path) as container:
        if not container.streams.video:
            return 0
        stream = container.streams.video[0]
        # Empty packets end the stream or repeat a picture; discarded ones lie before an edit list's start.
        return sum(1 for packet in container.demux(stream) if packet.size > 0 and not packet.is_discard)


def _unreadable(path: Path, error: Exception) -> ContentError:
    return ContentError(
        f"cannot read the video {path}: {error}",
        hint="convert or download it again, or drop it from the list",
    )
