"""The pictures of frame folders: all of them decoded if asked for, else the few that copies are found by."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dfer.clips.checking.finding import Finding, grouped
from dfer.clips.checking.picture_hash import Hash, decode_small, picture_hash
from dfer.clips.image_file import decode_image


@dataclass(frozen=True, kw_only=True, slots=True)
class Pictures:
    """`hashes` of frames with content, in playing order; `damaged` frames with what the decoder said."""

    hashes: Hash | None
    damaged: tuple[tuple[str, str], ...] = ()


def sampled(frames: Sequence[str]) -> tuple[str, ...]:
    """Three frames spread over the clip, off its ends, where a copy may have been trimmed."""
    n = len(frames)
    return tuple(dict.fromkeys(frames[i] for i in (n // 6, n // 2, 5 * n // 6))) if n else ()


def hash_frames(folder: Path, frames: Sequence[str]) -> Pictures:
    """The frames decoded small."""
    hashes, damaged = [], []
    for frame in frames:
        try:
            found = picture_hash(decode_small((folder / frame).read_bytes()))
        except (ValueError, OSError) as error:
            damaged.append((frame, _in_a_line(error)))
            continue
        if found is not None:
            hashes.append(found)
    return Pictures(hashes=np.stack(hashes) if hashes else None, damaged=tuple(damaged))


def decode_frames(folder: Path, frames: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The frames that training could not decode, with what the decoder said."""
    damaged = []
    for frame in frames:
        try:
            decode_image(folder / frame)
        except (ValueError, OSError) as error:
            damaged.append((frame, _in_a_line(error)))
    return tuple(damaged)


def look_at_pictures(
    damaged: Mapping[Path, Sequence[tuple[str, str]]], *, known: set[Path]
) -> Iterator[Finding]:
    """`known` frames were found broken by their heads already."""
    yield from grouped(
        "damaged-image",
        "error",
        [
            f"{folder / frame}: {what}"
            for folder, frames in damaged.items()
            for frame, what in frames
            if folder / frame not in known
        ],
        thing="frame",
        message="that cannot be decoded",
        hint="extract these clips again, or see --broken-frames of dfer train",
    )


def _in_a_line(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return str(text).splitlines()[0] if text else type(error).__name__
