"""Features on the disk: a row for every frame there is, written in any order, each with its checksum.

```
index.json        what this is: the key, the width, and each clip's first row and number of rows
rows.f32          float32 (rows, width), little-endian; a hole in the file where nothing was computed
checksums.u32     uint32 (rows,): CRC-32 of the row's bytes, 0 for none
broken.jsonl      frames that cannot be decoded, so that they are not tried again
lock              held by the process that is filling
```

A row counts from the moment its checksum is written, after the row itself, and only as long as the checksum
holds. So a process killed at any time, and a machine that crashed with half of it in memory, leave nothing
that could be mistaken for a feature. It all may be deleted at any time.
"""

import json
import logging
import os
import time
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout

Features = npt.NDArray[np.float32]

_log = logging.getLogger("dfer.clips")

_INDEX, _ROWS, _CHECKSUMS, _BROKEN = "index.json", "rows.f32", "checksums.u32", "broken.jsonl"
_ROW_TYPE, _CHECKSUM_TYPE = np.dtype("<f4"), np.dtype("<u4")
_PATIENCE = 8.0
"""Seconds: a killed process's loader workers notice within five that they are alone, and let go of it."""
_A_MOMENT = 0.1


class Misshapen(Exception):
    """What lies there is not what should."""


class FeatureFile:
    """The rows of one folder, mapped into memory. Reading asks for no lock; writers hold `lock`.

    Raises:
        OSError: the files cannot be read.
        Misshapen: they have another size.
    """

    def __init__(self, folder: Path, *, rows: int, width: int) -> None:
        self.folder = folder
        self._shape = (rows, width)
        self._map()

    def _map(self) -> None:
        rows, width = self._shape
        sizes = {_ROWS: rows * width * _ROW_TYPE.itemsize, _CHECKSUMS: rows * _CHECKSUM_TYPE.itemsize}
        stats = {name: (self.folder / name).stat() for name in sizes}
        if {name: stat.st_size for name, stat in stats.items()} != sizes:
            raise Misshapen
        self._inodes = {name: stat.st_ino for name, stat in stats.items()}
        self._rows = np.asarray(np.memmap(self.folder / _ROWS, dtype=_ROW_TYPE, mode="r", shape=self._shape))
        self._checksums = np.asarray(
            np.memmap(self.folder / _CHECKSUMS, dtype=_CHECKSUM_TYPE, mode="r", shape=(rows,))
        )
        self._whole = np.zeros(rows, dtype=np.bool_)  # rows that were compared with their checksum
        self._complained = False

    def __getstate__(self) -> dict[str, Any]:
        # Each process maps the files for itself: a copy of the map would be a copy of the features.
        return {"folder": self.folder, "_shape": self._shape}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._map()

    def lock(self) -> FileLock:
        return FileLock(self.folder / "lock")

    def holds(self, row: int) -> bool:
        """Whether the row is there and whole."""
        if self._whole[row]:
            return True
        expected = int(self._checksums[row])
        if expected == 0:
            return False
        if _checksum(self._rows[row]) != expected:
            if not self._complained:
                _log.warning("%s is damaged; what is damaged is computed again", self.folder)
            self._complained = True
            return False
        self._whole[row] = True
        return True

    def read(self, rows: Sequence[int]) -> Features:
        """float32 (len(rows), width), a copy."""
        found: Features = self._rows[np.asarray(rows)]
        return found.astype(np.float32, copy=False)

    def write(self, rows: Sequence[int], features: Features) -> None:
        """Raises OSError; rows then are there or not, but none is half there."""
        # Not through the map: a full disk would kill the process instead of raising an error.
        features = np.ascontiguousarray(features, dtype=_ROW_TYPE)
        checksums = np.array([_checksum(feature) for feature in features], dtype=_CHECKSUM_TYPE)
        for name, values in ((_ROWS, features), (_CHECKSUMS, checksums)):
            with (self.folder / name).open("r+b") as file:
                if os.fstat(file.fileno()).st_ino != self._inodes[name]:
                    raise OSError(f"{file.name} was replaced by another process")
                for row, value in zip(rows, values, strict=True):
                    file.seek(row * value.nbytes)
                    file.write(value.tobytes())

    def read_broken(self) -> list[dict[str, Any]]:
        """What `write_broken` wrote; lines that a kill cut off are left out."""
        try:
            lines = (self.folder / _BROKEN).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        found = []
        for line in lines:
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found

    def write_broken(self, record: Mapping[str, Any]) -> None:
        """Raises OSError."""
        with (self.folder / _BROKEN).open("a", encoding="utf-8") as file:
            # The line before may have been cut off.
            file.write("\n" + json.dumps(record) + "\n")


def open_feature_file(
    folder: Path, *, key: Mapping[str, Any], width: int, places: Mapping[str, range]
) -> FeatureFile:
    """The file in `folder`, made if there is none. One that is damaged is thrown away.

    `places` are each clip's rows, one clip after another.

    Raises:
        OSError: it can neither be read nor made.
    """
    index: dict[str, Any] = {
        "format": "dfer-features-1",
        "what": "features of single frames, made by dfer; may be deleted at any time",
        "key": dict(key),
        "width": width,
        "rows": sum(map(len, places.values())),
        "clips": {clip: [rows.start, len(rows)] for clip, rows in places.items()},
    }
    if file := _existing(folder, index):
        return file
    folder.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + _PATIENCE
    while True:
        # Another process may make it, and then fill it for hours: what it has made can be used at once.
        if file := _existing(folder, index):
            return file
        try:
            with FileLock(folder / "lock").acquire(timeout=_A_MOMENT):
                return _existing(folder, index) or _made(folder, index)
        except Timeout:
            if time.monotonic() > deadline:
                raise


def _existing(folder: Path, index: Mapping[str, Any]) -> FeatureFile | None:
    try:
        if json.loads((folder / _INDEX).read_bytes()) == index:
            return FeatureFile(folder, rows=index["rows"], width=index["width"])
    except (FileNotFoundError, ValueError, Misshapen):
        pass
    return None


def _made(folder: Path, index: Mapping[str, Any]) -> FeatureFile:
    if any((folder / name).exists() for name in (_INDEX, _ROWS, _CHECKSUMS)):
        _log.warning("%s is damaged; its features are computed again", folder)
    for name in (_INDEX, _ROWS, _CHECKSUMS, _BROKEN):
        (folder / name).unlink(missing_ok=True)  # and not overwritten: another process may read the old ones
    row = index["width"] * _ROW_TYPE.itemsize
    for name, size in ((_ROWS, row), (_CHECKSUMS, _CHECKSUM_TYPE.itemsize)):
        with (folder / name).open("xb") as file:
            file.truncate(index["rows"] * size)
    scratch = folder / f"{_INDEX}.{os.getpid()}"
    scratch.write_text(json.dumps(index, indent=1), encoding="utf-8")
    scratch.replace(folder / _INDEX)  # last: without it, the others count for nothing
    return FeatureFile(folder, rows=index["rows"], width=index["width"])


def _checksum(row: Features) -> int:
    """Never 0, which stands for no row."""
    return zlib.crc32(row.tobytes()) or 1
