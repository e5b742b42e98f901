"""Video files: whether they open, hold pictures, and are whole; with decoding, whether every frame is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer

from dfer.clips.checking.finding import Finding, grouped
from dfer.clips.checking.picture_hash import Hash, picture_hash
from dfer.clips.checking.trouble import in_a_line
from dfer.clips.video_file import count_video_frames
from dfer.errors import ContentError

_WHOLE = 0.9
"""Of the length that the file announces; what is written at the very end may be rounded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoFile:
    """`frames` are those that training counts; `missing` says how a file shows that its end is not there,
    `silent_end` that nothing is shown towards its announced end, `dropped` that frames within it are none."""

    bytes: int = 0
    frames: int = 0
    trouble: str = ""
    missing: str = ""
    silent_end: str = ""
    dropped: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DecodedVideo:
    """How many frames there really were, how far it got, and what they look like."""

    frames: int
    trouble: str
    hashes: Hash | None


def probe(path: Path) -> VideoFile:
    """Reads every packet and decodes none."""
    size = 0
    try:
        size = path.stat().st_size
        with av.open(str(path)) as container:
            if not container.streams.video:
                return VideoFile(bytes=size)
            stream = container.streams.video[0]
            packets, end = 0, 0.0
            for packet in container.demux(stream):
                packets += packet.size > 0
                if packet.pts is not None and packet.time_base is not None:
                    end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
            missing = silent_end = dropped = ""
            if packets < stream.frames:
                said = f"{packets} of {stream.frames} frames are there"
                if _reaches_its_end(stream, container, end):
                    dropped = said
                else:
                    missing = said
            elif packets and len(container.streams) == 1 and container.duration:
                announced = container.duration / av.time_base
                if end < _WHOLE * announced:
                    silent_end = f"{end:.1f} of {announced:.1f} seconds have pictures"
    except (OSError, ValueError, av.error.FFmpegError) as error:
        return VideoFile(bytes=size, trouble=in_a_line(error))
    return VideoFile(
        bytes=size, frames=_counted(path), missing=missing, silent_end=silent_end, dropped=dropped
    )


def decode_video(path: Path) -> DecodedVideo:
    """Every frame, as training would at worst."""
    frames, trouble = 0, ""
    hashes: list[Hash] = []
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(container.streams.video[0]):
                frames += 1
                grey: npt.NDArray[Any] = frame.to_ndarray(format="gray")
                found = picture_hash(grey)
                if found is not None:
                    hashes.append(found)
    except (OSError, ValueError, av.error.FFmpegError) as error:
        trouble = in_a_line(error)
    return DecodedVideo(frames=frames, trouble=trouble, hashes=np.stack(hashes) if hashes else None)


def look_at_videos(
    videos: Mapping[Path, VideoFile], decoded: Mapping[Path, DecodedVideo]
) -> Iterator[Finding]:
    """`decoded` is empty unless decoding was asked for."""
    again = "download or convert them again, or drop them from the lists"
    yield from grouped(
        "unreadable-video",
        "error",
        [f"{path}: {video.trouble}" for path, video in videos.items() if video.trouble],
        thing="video",
        message="that cannot be opened",
        hint=again,
    )
    yield from grouped(
        "video-without-pictures",
        "error",
        [str(path) for path, video in videos.items() if not video.trouble and not video.frames],
        thing="video",
        message="without a single picture",
        hint="is it sound only? " + again,
    )
    truncated = {path: video.missing for path, video in videos.items() if video.frames and video.missing}
    yield from grouped(
        "truncated-video",
        "error",
        [f"{path}: {missing}" for path, missing in truncated.items()],
        thing="video",
        message="whose end is missing",
        hint=again,
    )
    yield from grouped(
        "dropped-frames",
        "note",
        [f"{path}: {video.dropped}" for path, video in videos.items() if video.frames and video.dropped],
        thing="video",
        message="with frames left out on the way",
        hint="a recorder that could not keep up leaves them out; training reads the others",
    )
    yield from grouped(
        "short-video",
        "warning",
        [
            f"{path}: {video.silent_end}"
            for path, video in videos.items()
            if video.frames and video.silent_end
        ],
        thing="video",
        message="with pictures for less time than announced",
        hint="the end may be missing: play it, and " + again,
    )
    yield from grouped(
        "damaged-video",
        "error",
        [
            f"{path}: {found.frames} of {videos[path].frames} frames can be decoded"
            + (f" ({found.trouble})" if found.trouble else "")
            for path, found in decoded.items()
            if videos[path].frames and path not in truncated and found.frames < videos[path].frames
        ],
        thing="video",
        message="that cannot be decoded to the end",
        hint=again + ", or see --broken-frames of dfer train",
    )


def _counted(path: Path) -> int:
    """As training counts; it opens the file again, which is in memory by now."""
    try:
        return count_video_frames(path)
    except ContentError:
        return 0


def _reaches_its_end(stream: av.VideoStream, container: InputContainer, end: float) -> bool:
    """Whether the last packet ends where the stream is said to, to half a frame."""
    if stream.duration is not None and stream.time_base is not None:
        begin = float((stream.start_time or 0) * stream.time_base)
        announced = float(stream.duration * stream.time_base)
    elif container.duration:
        begin, announced = (container.start_time or 0) / av.time_base, container.duration / av.time_base
    else:
        return False
    return end - begin > announced - 0.5 * announced / stream.frames
