"""Clips decoded once into a pack: in parallel, and going on where an interrupted packing stopped.

Every clip's place in the file is known before the first is decoded, so workers write each to its own place in
any order, and the same clips give the same bytes however often the packing was interrupted. A journal beside
the unfinished file names the clips that are done, with their checksums; on resuming these are checked, so
that not even a crash of the whole machine leaves a clip that is not what it should be. A clip that was mended
or dropped since costs only itself.
"""

import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from torch.utils.data import DataLoader, Dataset

from dfer.clips.clip import Clip
from dfer.clips.frame_index import FrameIndex, index_clips
from dfer.clips.packing.frame_stream import stream_frames
from dfer.clips.packing.journal import WHOLE, Done, Journal
from dfer.clips.packing.pack_file import DATA, Entry, PackIndex, closing, frame_bytes, header
from dfer.clips.packing.resuming import resume
from dfer.clips.resizing import Fit
from dfer.clips.sampling import test_indices
from dfer.clips.settings import BrokenFrames
from dfer.clips.source import DiskFrames
from dfer.errors import ConfigurationError, DferError, UsageError

_PATIENCE = 8.0
"""Seconds: a killed packing's workers notice within five that they are alone, and let go of its lock."""

OnClip = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Packing:
    """How clips are packed. `max_frames` keeps that many evenly spaced frames of longer clips; None keeps
    all."""

    size: int = 224
    fit: Fit = "stretch"
    max_frames: int | None = None
    broken_frames: BrokenFrames = "error"


@dataclass(frozen=True, kw_only=True, slots=True)
class Packed:
    """What came out: `resumed` clips were there already."""

    path: Path
    clips: int
    frames: int
    bytes: int
    resumed: int


def pack_clips(
    clips: Sequence[Clip],
    path: Path,
    *,
    dataset: str,
    packing: Packing,
    workers: int,
    on_clip: OnClip = lambda done, total: None,
) -> Packed:
    """Decode `clips` into `path`. Of a clip in several folds there is one copy.

    `on_clip(done, total)` is called after each clip, those already there included.

    Raises:
        UsageError: `path` is there already, an interrupted packing of other clips is in the way, or another
            process is packing to it.
        ConfigurationError: the disk has no room, or fills up.
        ContentError: a clip cannot be read, and the policy for broken frames is "error"; what was packed
            until then is kept, and packing goes on once the clip is mended or dropped.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(path.name + ".lock"))
    try:
        with lock.acquire(timeout=_PATIENCE):
            if path.exists():
                raise UsageError(f"{path} is there already", hint="choose another name, or delete it")
            packed = _pack(clips, path, dataset, packing, workers, on_clip)
            Path(lock.lock_file).unlink(missing_ok=True)
            return packed
    except Timeout as error:
        raise UsageError(f"another process is packing to {path}", hint="wait for it") from error


def _pack(
    clips: Sequence[Clip], path: Path, dataset: str, packing: Packing, workers: int, on_clip: OnClip
) -> Packed:
    distinct = list({clip.id: clip for clip in clips}.values())
    index = index_clips(clip.path for clip in distinct)
    kept = [_kept(index[clip.path].count, packing.max_frames) for clip in distinct]
    starts = [0]
    for indices in kept:
        starts.append(starts[-1] + len(indices))
    frames = starts[-1]
    partial = path.with_name(path.name + ".partial")
    journal = Journal(path.with_name(path.name + ".journal"))
    source = DiskFrames(index)
    keys = [_key(clip, len(indices), packing, source) for clip, indices in zip(distinct, kept, strict=True)]
    done = resume(partial, journal, keys=keys, starts=starts, size=packing.size, policy=packing.broken_frames)
    _make_room(partial, DATA + frames * frame_bytes(packing.size))
    resumed = len(done)
    todo = [place for place in range(len(distinct)) if place not in done]
    on_clip(len(done), len(distinct))
    writer = _Writer(clips=distinct, kept=kept, starts=starts, index=index, packing=packing, partial=partial)
    loader = DataLoader(writer, sampler=todo, batch_size=None, num_workers=workers)
    try:
        with journal.appending() as append:
            for place, result in loader:
                if isinstance(result, DferError):
                    raise result
                done[place] = result
                append(keys[place], result)
                on_clip(len(done), len(distinct))
        return _finish(partial, path, journal, clips, distinct, done, starts, dataset, packing, resumed)
    except OSError as error:
        raise ConfigurationError(
            f"cannot write {partial}: {error.strerror}",
            hint="make room and run the same command again; what is packed is kept",
        ) from error


def _finish(
    partial: Path,
    path: Path,
    journal: Journal,
    clips: Sequence[Clip],
    distinct: Sequence[Clip],
    done: dict[int, Done],
    starts: Sequence[int],
    dataset: str,
    packing: Packing,
    resumed: int,
) -> Packed:
    index = PackIndex(
        dataset=dataset,
        size=packing.size,
        fit=packing.fit,
        frames=starts[-1],
        entries={
            clip.id: Entry(start=starts[place], count=done[place].count, crc=done[place].crc)
            for place, clip in enumerate(distinct)
        },
        clips=tuple(clips),
    )
    with partial.open("r+b") as file:
        file.write(header())
        file.seek(DATA + starts[-1] * frame_bytes(packing.size))
        file.write(closing(index))
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    journal.file.unlink()
    return Packed(
        path=path,
        clips=len(distinct),
        frames=sum(entry.count for entry in done.values()),
        bytes=path.stat().st_size,
        resumed=resumed,
    )


class _Writer(Dataset[Any]):
    """Item by item the clips of a plan, decoded and written to their places; runs in loader workers, which
    end when the packing process does."""

    def __init__(
        self,
        *,
        clips: Sequence[Clip],
        kept: Sequence[Sequence[int]],
        starts: Sequence[int],
        index: FrameIndex,
        packing: Packing,
        partial: Path,
    ) -> None:
        self._clips = clips
        self._kept = kept
        self._starts = starts
        self._index = index
        self._packing = packing
        self._partial = partial

    def __len__(self) -> int:
        return len(self._clips)

    def __getitem__(self, place: int) -> tuple[int, Done | DferError]:
        packing = self._packing
        count, crc, damaged = 0, 0, WHOLE
        position = DATA + self._starts[place] * frame_bytes(packing.size)
        frames = stream_frames(
            self._clips[place],
            self._kept[place],
            index=self._index,
            size=packing.size,
            fit=packing.fit,
            broken_frames=packing.broken_frames,
        )
        try:
            with self._partial.open("r+b", buffering=0) as file:
                file.seek(position)
                for frame in frames:
                    if frame is None:
                        damaged = packing.broken_frames
                        continue
                    data = frame.tobytes()
                    file.write(data)
                    count, crc = count + 1, zlib.crc32(data, crc)
        except DferError as error:
            return place, error
        except OSError as error:
            # Other exceptions lose their number on the way between processes.
            return place, ConfigurationError(
                f"cannot write {self._partial}: {error.strerror}",
                hint="make room and run the same command again; what is packed is kept",
            )
        return place, Done(self._starts[place], count, crc, damaged)


def _kept(count: int, max_frames: int | None) -> Sequence[int]:
    if max_frames is None or count <= max_frames:
        return range(count)
    return test_indices(count, max_frames)


def _key(clip: Clip, kept: int, packing: Packing, source: DiskFrames) -> str:
    """Equal exactly if the same frames of the same clip, in the same state, are packed in the same way."""
    content = [clip.id, kept, packing.size, packing.fit, packing.max_frames, *source.size_of(clip)]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


def _make_room(partial: Path, length: int) -> None:
    have = partial.stat().st_blocks * 512 if partial.exists() else 0
    free = shutil.disk_usage(partial.parent).free
    if length - have > free:
        raise ConfigurationError(
            f"the pack takes {length / 1e9:.1f} GB, but {partial.parent} has {free / 1e9:.1f} GB left",
            hint="choose a smaller --size, --max-frames 64, or another disk",
        )
    with partial.open("ab"):
        pass
    if partial.stat().st_size < length:
        os.truncate(partial, length)
