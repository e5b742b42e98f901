"""The format of a pack: one file of uint8 frames with its own index (docs/file-formats.md).

```
"dfer-pack-1\\n", zeros up to byte 4096
frames            uint8, (size, size, 3) each, those of one clip after another
index             JSON: what each clip is, where its frames are, their CRC-32
footer            where the index begins and ends, and its SHA-256
```
"""

import hashlib
import json
import struct
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dfer.clips.clip import Clip
from dfer.errors import ContentError, UsageError

if TYPE_CHECKING:  # torch takes seconds to import, and verifying needs none
    from dfer.clips.resizing import Fit
    from dfer.clips.settings import BrokenFrames

SUFFIX = ".pack"
MAGIC = b"dfer-pack-1\n"
DATA = 4096
"""Where frames begin: the size of a memory page."""

_FOOTER = struct.Struct("<QQ32s12s")  # begin and length of the index, its SHA-256, MAGIC


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """The frames of one clip: `start` and `count` in frames, `crc` of their bytes."""

    start: int
    count: int
    crc: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PackIndex:
    """What a pack holds. `clips` are as their reader gave them, one for each fold and split they are in;
    `entries` are by clip id. `frames` is how many there is room for, `max_frames` how many of a clip were
    kept at most, `broken_frames` the policy for those that could not be decoded, `made_of` a hash of all that
    went in."""

    dataset: str
    size: int
    fit: "Fit"
    max_frames: int | None
    broken_frames: "BrokenFrames"
    made_of: str
    frames: int
    entries: dict[str, Entry]
    clips: tuple[Clip, ...]


def header() -> bytes:
    return MAGIC.ljust(DATA, b"\0")


def closing(index: PackIndex) -> bytes:
    """Index and footer, as they follow the frames."""
    begin = DATA + index.frames * frame_bytes(index.size)
    content = json.dumps(
        {
            "dataset": index.dataset,
            "size": index.size,
            "fit": index.fit,
            "max_frames": index.max_frames,
            "broken_frames": index.broken_frames,
            "made_of": index.made_of,
            "frames": index.frames,
            "entries": {name: [e.start, e.count, e.crc] for name, e in index.entries.items()},
            "clips": [_written(clip) for clip in index.clips],
        },
        ensure_ascii=True,
        separators=(",", ":"),
    ).encode()
    return content + _FOOTER.pack(begin, len(content), hashlib.sha256(content).digest(), MAGIC)


def read_index(path: Path) -> PackIndex:
    """The index of a pack, checked against its SHA-256.

    Raises:
        UsageError: the file cannot be read.
        ContentError: it is no pack, or it is cut off or damaged.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise ContentError(f"{path} is no pack of dfer", hint="make one with `dfer data pack`")
            length = path.stat().st_size
            file.seek(max(0, length - _FOOTER.size))
            footer = file.read()
            damaged = ContentError(
                f"{path} is cut off or damaged", hint="make it again with `dfer data pack`"
            )
            if len(footer) != _FOOTER.size:
                raise damaged
            begin, size, digest, magic = _FOOTER.unpack(footer)
            if magic != MAGIC or begin + size + _FOOTER.size != length:
                raise damaged
            file.seek(begin)
            content = file.read(size)
            if hashlib.sha256(content).digest() != digest:
                raise damaged
    except OSError as error:
        raise UsageError(f"cannot read the pack {path}: {error.strerror}") from error
    try:
        return _parsed(json.loads(content), path)
    except (KeyError, TypeError, ValueError) as error:  # whole, but not as this version writes it
        raise ContentError(
            f"{path} was made by another version of dfer", hint="make it again with `dfer data pack`"
        ) from error


def _parsed(found: dict[str, Any], path: Path) -> PackIndex:
    return PackIndex(
        dataset=found["dataset"],
        size=found["size"],
        fit=found["fit"],
        max_frames=found["max_frames"],
        broken_frames=found["broken_frames"],
        made_of=found["made_of"],
        frames=found["frames"],
        entries={
            name: Entry(start=start, count=count, crc=crc)
            for name, (start, count, crc) in found["entries"].items()
        },
        clips=tuple(_read(clip, path) for clip in found["clips"]),
    )


def frame_bytes(size: int) -> int:
    return size * size * 3


def _written(clip: Clip) -> dict[str, Any]:
    """Without the path: a pack is carried to other machines."""
    return {name: value for name, value in asdict(clip).items() if name != "path" and value is not None}


def _read(clip: dict[str, Any], pack: Path) -> Clip:
    votes = clip.pop("votes", None)
    return Clip(
        **clip,
        # No such file; but two clips are one exactly if their paths are equal.
        path=pack / clip["id"].lstrip("/"),
        votes=None if votes is None else tuple((name, count) for name, count in votes),
    )
