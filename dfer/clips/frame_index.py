"""Which frames each clip has, listed once and kept in a file, so that no folder is listed at every reading.

The file lies in the cache folder (`DFER_CACHE_DIR`, else `$XDG_CACHE_HOME/dfer`, else `~/.cache/dfer`), never
among the clips: data sets are often read-only and shared. It may be deleted at any time. A folder to which
frames were added, from which some were taken, or which was put in another's place is listed again: its times
or its number on the disk are others.
"""

import contextlib
import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dfer.clips.frame_files import frame_files
from dfer.clips.frames import is_video_file
from dfer.clips.video_file import count_video_frames

_FORMAT = "dfer-frame-index-2"
_THREADS = 16  # listing waits for the disk, often a network's
_SETTLED_NS = 2_000_000_000
"""A folder changed so recently may change again within the same tick of the file system's clock."""

_NUMBERED = re.compile(r"(.*?)([0-9]+)(\D*)")


@dataclass(frozen=True, slots=True)
class NumberedNames(Sequence[str]):
    """Names that count up, without writing each out: a million strings would fill every loader's memory."""

    prefix: str
    first: int
    digits: int
    """To how many digits numbers are padded; 0 for none."""
    suffix: str
    length: int

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(self.length))]
        if not -self.length <= place < self.length:
            raise IndexError(place)
        return f"{self.prefix}{self.first + place % self.length:0{self.digits}d}{self.suffix}"


@dataclass(frozen=True, slots=True)
class ClipEntry:
    """`names` are a folder's frames in playing order; None for a video."""

    state: tuple[int, ...]
    """Modification and change time in ns, size and number of the folder or file on its disk."""
    count: int
    names: Sequence[str] | None


class FrameIndex:
    """Clips by path. Built by `index_clips`; reading from it asks the disk nothing."""

    def __init__(self, entries: dict[str, ClipEntry]) -> None:
        self._entries = entries

    def __contains__(self, path: Path) -> bool:
        return str(path) in self._entries

    def __getitem__(self, path: Path) -> ClipEntry:
        return self._entries[str(path)]


def index_clips(
    paths: Iterable[Path], *, on_clip: Callable[[int, int], None] = lambda done, total: None
) -> FrameIndex:
    """The frames of every clip, from the index file where it still holds, else from disk.

    Raises:
        ContentError: a clip is missing, unreadable, or without frames.
    """
    wanted = sorted({str(path) for path in paths})
    file = _index_file(wanted)
    known = _load(file)
    settled = time.time_ns() - _SETTLED_NS  # before anything is listed
    found: dict[str, ClipEntry] = {}
    with ThreadPoolExecutor(_THREADS) as pool:
        for done, (path, entry) in enumerate(
            zip(wanted, pool.map(lambda path: _entry(Path(path), known.get(path)), wanted), strict=True), 1
        ):
            found[path] = entry
            on_clip(done, len(wanted))
    if any(known.get(path) != entry for path, entry in found.items()):
        _save(file, known | found, settled=settled)
    return FrameIndex(found)


def cache_folder() -> Path:
    """Where what can be made again is kept."""
    if own := os.environ.get("DFER_CACHE_DIR"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dfer"


def _entry(path: Path, known: ClipEntry | None) -> ClipEntry:
    state: tuple[int, ...]
    try:
        stat = path.stat()
        state = (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino)
    except OSError:
        state = ()  # the listing below says what is wrong, in words
    if known is not None and known.state == state:
        return known
    if is_video_file(path):
        return ClipEntry(state, count_video_frames(path), None)
    names = frame_files(path)
    return ClipEntry(state, len(names), _compact(names))


def _compact(names: Sequence[str]) -> Sequence[str]:
    if match := _NUMBERED.fullmatch(names[0]):
        prefix, number, suffix = match.groups()
        digits = len(number) if number.startswith("0") or len(names[-1]) == len(names[0]) else 0
        counted = NumberedNames(prefix, int(number), digits, suffix, len(names))
        if all(written == name for written, name in zip(counted, names, strict=True)):
            return counted
    return tuple(names)


def _index_file(paths: Sequence[str]) -> Path:
    try:
        common = os.path.commonpath([str(Path(path).absolute()) for path in paths])
    except ValueError:  # no clips, or clips on several drives
        common = ""
    key = hashlib.sha256(common.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return cache_folder() / "frames" / f"{key}.jsonl"


def _load(file: Path) -> dict[str, ClipEntry]:
    """What the file holds; nothing if it is missing, of another format, or damaged."""
    try:
        with file.open(encoding="utf-8", errors="surrogatepass") as lines:
            if json.loads(next(lines)) != {"format": _FORMAT}:
                return {}
            return {
                path: ClipEntry(tuple(state), count, _read_names(names))
                for path, state, count, names in map(json.loads, lines)
            }
    except (OSError, ValueError, TypeError, StopIteration):
        return {}


def _read_names(written: Any) -> Sequence[str] | None:
    if isinstance(written, dict):
        return NumberedNames(**written)
    return None if written is None else tuple(written)


def _write_names(names: Sequence[str] | None) -> Any:
    if isinstance(names, NumberedNames):
        return asdict(names)
    return names


def _save(file: Path, entries: dict[str, ClipEntry], *, settled: int) -> None:
    rows = [
        [path, entry.state, entry.count, _write_names(entry.names)]
        for path, entry in sorted(entries.items())
        if max(entry.state[:2], default=settled) < settled
    ]
    scratch = file.with_name(f"{file.name}.{os.getpid()}")
    # A cache that cannot be written costs time and nothing else.
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with scratch.open("w", encoding="utf-8", errors="surrogatepass") as stream:
                stream.writelines(json.dumps(row) + "\n" for row in ({"format": _FORMAT}, *rows))
            scratch.replace(file)
        finally:
            scratch.unlink(missing_ok=True)
