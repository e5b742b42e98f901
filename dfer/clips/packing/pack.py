"""A pack as a source of frames: mapped into memory, shared by all processes that read it."""

import contextlib
import json
import os
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from dfer.clips.clip import Clip
from dfer.clips.image_file import Pixels
from dfer.clips.packing.pack_file import DATA, frame_bytes, read_index
from dfer.errors import ContentError

_AT_ONCE = 1 << 24
"""Bytes that are summed at a time, so that verifying needs no memory to speak of."""


class Pack:
    """Frames of every clip of a pack. Opening maps the file; nothing is read until a clip is.

    Raises:
        UsageError, ContentError: as `read_index`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.index = read_index(path)
        self._map()

    def _map(self) -> None:
        stat = self.path.stat()
        self._file = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
        shape = (self.index.frames, self.index.size, self.index.size, 3)
        self._frames: Pixels = np.memmap(self.path, dtype=np.uint8, mode="r", offset=DATA, shape=shape)

    def __getstate__(self) -> dict[str, Any]:
        # Each process maps the file for itself: a copy of the map would be a copy of the frames.
        return {"path": self.path, "index": self.index, "_file": self._file}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._map()
        if self._file != state["_file"]:
            raise ContentError(f"{self.path} was replaced while it was in use", hint="start again")

    @property
    def clips(self) -> tuple[Clip, ...]:
        return self.index.clips

    def count(self, clip: Clip) -> int:
        return self.index.entries[clip.id].count

    def read(self, clip: Clip, indices: Sequence[int]) -> Pixels:
        """uint8 (len(indices), size, size, 3), RGB: the frames' only copy."""
        entry = self.index.entries[clip.id]
        if min(indices) < 0 or max(indices) >= entry.count:
            raise ContentError(
                f"frames {min(indices)} to {max(indices)} asked of {clip.id}, which has {entry.count}"
            )
        return np.take(self._frames, np.asarray(indices) + entry.start, axis=0)

    def size_of(self, clip: Clip) -> list[int]:
        """Count, size and checksum of the clip's frames."""
        entry = self.index.entries[clip.id]
        return [entry.count, self.index.size, entry.crc]

    def state_of(self, clip: Clip) -> list[int]:
        """As `size_of`: the checksum tells."""
        return self.size_of(clip)


def verify(pack: Pack, *, on_clip: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Every frame against its checksum.

    Raises:
        ContentError: clips whose frames are not what was packed; the first few are named.
    """
    entries = pack.index.entries
    bytes_of_frame = frame_bytes(pack.index.size)
    damaged = []

    def is_whole(name: str) -> bool:
        entry = entries[name]
        begin = DATA + entry.start * bytes_of_frame
        return crc_of(pack.path, begin, entry.count * bytes_of_frame) == entry.crc

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for done, (name, whole) in enumerate(zip(entries, pool.map(is_whole, entries), strict=True), 1):
            if not whole:
                damaged.append(name)
            on_clip(done, len(entries))
    if damaged:
        more = f" and {len(damaged) - 5} more" if len(damaged) > 5 else ""
        raise ContentError(
            f"{pack.path} is damaged: the frames of {', '.join(damaged[:5])}{more} are not what was packed",
            hint="copy it again, or delete it and make it again with `dfer data pack`",
        )


def open_verified(path: Path, *, on_clip: Callable[[int, int], None] = lambda done, total: None) -> Pack:
    """A pack that is whole: checked now, or checked before and not written to since.

    What was checked is remembered in a file beside it, of this very file and not of a copy; where that
    cannot be written, every opening checks again.

    Raises:
        UsageError, ContentError: as `read_index` and `verify`.
    """
    pack = Pack(path)
    stat = path.stat()
    memo = path.with_name(path.name + ".verified")
    # Device, number and change time too: a copy keeps size and modification time, and may be damaged.
    seen = json.dumps([stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_dev, stat.st_ino])
    try:
        if memo.read_text(encoding="utf-8") == seen:
            return pack
    except (OSError, ValueError):
        pass
    verify(pack, on_clip=on_clip)
    with contextlib.suppress(OSError):
        memo.write_text(seen, encoding="utf-8")
    return pack


def crc_of(path: Path, begin: int, length: int) -> int:
    """CRC-32 of a part of a file; -1 if the file ends before it."""
    crc = 0
    with path.open("rb") as file:
        file.seek(begin)
        while length > 0:
            data = file.read(min(_AT_ONCE, length))
            if not data:
                return -1
            crc, length = zlib.crc32(data, crc), length - len(data)
    return crc
