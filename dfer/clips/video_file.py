"""Frames of a video file through PyAV: counted without decoding, read in one pass, or played one by one."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, cast

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
        count = _packets(str(path), stat.st_mtime_ns, stat.st_size).shown
    except OSError as error:  # PyAV's own errors are OSErrors or ValueErrors
        raise _unreadable(path, error) from error
    except (av.error.FFmpegError, ValueError) as error:
        raise _unreadable(path, error) from error
    if count == 0:
        raise _without_pictures(path)
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
    place = next(places)
    try:
        for index, (_, frame) in enumerate(play_video(path)):
            if index < place:
                continue
            yield upright(frame)
            try:
                place = next(places)
            except StopIteration:
                return
    except BrokenFramesError as broken:
        yield broken
        for _ in places:
            yield broken


def play_video(path: Path) -> Iterator[tuple[float, av.VideoFrame]]:
    """Every frame with its time in seconds from the first, one at a time; `upright` gives its pixels.

    Times are the video's own and always rise: a frame without a timestamp, or with one that goes back, comes
    one frame's duration after the frame before.

    Raises:
        BrokenFramesError: after the last frame that can be decoded, where more were announced.
        ContentError: it cannot be opened.
    """
    decoded, start, time = 0, 0.0, 0.0
    failure: Exception | None = None
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise _without_pictures(path)
            stream = container.streams.video[0]
            step = 1 / float(stream.average_rate or 25)
            # An AVI stores no time of showing; what FFmpeg guesses is wrong where there are B-frames.
            without_times = stream.container.format.name == "avi"
            for frame in container.decode(stream):
                ticks = frame.dts if without_times else frame.pts
                base = frame.time_base
                stamp = None if ticks is None or base is None else float(ticks * base)
                if decoded == 0:
                    start = stamp or 0.0
                else:
                    time = stamp - start if stamp is not None and stamp - start > time else time + step
                decoded += 1
                yield time, frame
    except (OSError, ValueError, av.error.FFmpegError) as error:
        failure = error
    announced = _announced(path)
    if decoded >= announced and failure is None and decoded > 0:
        return
    if announced == 0 and decoded == 0:
        raise _without_pictures(path) if failure is None else _unreadable(path, failure)
    why = "" if failure is None else f" ({_said(failure)})"
    raise BrokenFramesError(
        f"the video {path} announces {announced} frames, but only {decoded} could be decoded{why}",
        indices=tuple(range(decoded, announced)),
        hint="its end is damaged: convert or download it again, drop it from the list, "
        "or see --broken-frames",
    )


def upright(frame: av.VideoFrame) -> Pixels:
    """uint8 (height, width, 3), RGB, turned as a player shows it."""
    picture = cast("Pixels", frame.to_ndarray(format="rgb24"))  # (height, width, 3)
    turns = quarter_turns(frame)
    # OpenCV takes no view that runs backwards.
    return np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture


def quarter_turns(frame: av.VideoFrame) -> int:
    """Counter-clockwise, 0 to 3. Phones store pictures lying and note the turns; a player obeys."""
    return round(frame.rotation / 90) % 4


def _announced(path: Path) -> int:
    """Frames that the container shows, with those that its header counts but that are cut off; 0: unknown."""
    try:
        stat = path.stat()
        packets = _packets(str(path), stat.st_mtime_ns, stat.st_size)
    except (OSError, ValueError, av.error.FFmpegError):
        return 0
    return packets.shown + packets.missing


class _Packets(NamedTuple):
    shown: int
    missing: int


@lru_cache(maxsize=65536)
def _packets(path: str, modified: int, size: int) -> _Packets:
    with av.open(path) as container:
        if not container.streams.video:
            return _Packets(0, 0)
        stream = container.streams.video[0]
        shown, found = 0, 0
        for packet in container.demux(stream):
            # Empty packets end the stream or repeat a picture; discarded ones lie before an edit list's
            # start.
            shown += packet.size > 0 and not packet.is_discard
            found += packet.size > 0 or packet.dts is not None
        return _Packets(shown, max(0, stream.frames - found))


def _without_pictures(path: Path) -> ContentError:
    return ContentError(f"no frames in the video {path}", hint="convert it again, or drop it from the list")


def _unreadable(path: Path, error: Exception) -> ContentError:
    return ContentError(
        f"cannot read the video {path}: {_said(error)}",
        hint="convert or download it again, or drop it from the list",
    )


def _said(error: Exception) -> str:
    """FFmpeg's words, without its number and the path once more."""
    return getattr(error, "strerror", None) or str(error)
