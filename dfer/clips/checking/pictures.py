"""The pictures of frame folders: all of them decoded if asked for, else the few that copies are found by."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dfer.clips.checking.finding import Finding, grouped
from dfer.clips.checking.picture_hash import Hash, decode_small, picture_hash
from dfer.clips.checking.trouble import in_a_line
from dfer.clips.image_file import decode_image


@dataclass(frozen=True, kw_only=True, slots=True)
class Pictures:
    """`hashes` of frames with content, in playing order; `damaged` frames with what the decoder said."""

    hashes: Hash | None
    damaged: tuple[tuple[str, str], ...] = ()


def spread(number: int) -> tuple[int, ...]:
    """Three of a clip's frames, off its ends, where a copy may have been trimmed; fewer of a shorter clip."""
    return tuple(dict.fromkeys((number // 6, number // 2, 5 * number // 6))) if number else ()


def hash_frames(folder: Path, frames: Sequence[str]) -> Pictures:
    """The frames decoded small."""
    hashes, damaged = [], []
    for frame in frames:
        try:
            found = picture_hash(decode_small((folder / frame).read_bytes()))
        except (ValueError, OSError) as error:
            damaged.append((frame, in_a_line(error)))
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
            damaged.append((frame, in_a_line(error)))
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
