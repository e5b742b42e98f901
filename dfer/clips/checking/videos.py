"""Video files: whether they open, hold pictures, and are whole; with decoding, whether every frame is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from dfer.clips.checking.finding import Finding, grouped
from dfer.clips.checking.picture_hash import Hash, picture_hash

_WHOLE = 0.9
"""Of the length that the file announces; what is written at the very end may be rounded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoFile:
    """`frames` are those that training counts; `missing` says how a file shows that frames are not there,
    `silent_end` that none are shown towards its announced end."""

    bytes: int = 0
    frames: int = 0
    trouble: str = ""
    missing: str = ""
    silent_end: str = ""


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
            packets = shown = 0
            end = 0.0
            for packet in container.demux(stream):
                # Empty packets end the stream; discarded ones lie before an edit list's start.
                packets += packet.size > 0
                shown += packet.size > 0 and not packet.is_discard
                if packet.pts is not None and packet.time_base is not None:
                    end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
            missing = silent_end = ""
            if packets < stream.frames:
                missing = f"{packets} of {stream.frames} frames are there"
            elif packets and len(container.streams) == 1 and container.duration:
                announced = container.duration / av.time_base
                if end < _WHOLE * announced:
                    silent_end = f"{end:.1f} of {announced:.1f} seconds have pictures"
            return VideoFile(bytes=size, frames=shown, missing=missing, silent_end=silent_end)
    except (OSError, ValueError, av.error.FFmpegError) as error:
        return VideoFile(bytes=size, trouble=_in_a_line(error))


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
        trouble = _in_a_line(error)
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


def _in_a_line(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return str(text).splitlines()[0] if text else type(error).__name__
