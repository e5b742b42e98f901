"""Clips decoded once into a pack: in parallel, and going on where an interrupted packing stopped.

Every clip's place in the file is known before the first is decoded, so workers write each to its own place in
any order, and the same clips give the same bytes however often the packing was interrupted. A journal beside
the unfinished file names the clips that are done, with their checksums; on resuming these are checked, so
that not even a crash of the whole machine leaves a clip that is not what it should be. A clip that was mended
or dropped since costs only itself.
"""

import os
import shutil
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from torch.utils.data import DataLoader, Dataset

from dfer.clips.broken_frames import BrokenFramesError, Damage
from dfer.clips.clip import Clip
from dfer.clips.packing.frame_stream import stream_frames
from dfer.clips.packing.journal import WHOLE, Done, Journal
from dfer.clips.packing.pack_file import (
    SUFFIX,
    Entry,
    PackIndex,
    closing,
    frame_bytes,
    header,
    read_index,
)
from dfer.clips.packing.plan import Packing, PackPlan, plan_pack
from dfer.clips.packing.resuming import resume
from dfer.errors import ConfigurationError, ContentError, DferError, UsageError

_PATIENCE = 8.0
"""Seconds: a killed packing's workers notice within five that they are alone, and let go of its lock."""

OnClip = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Packed:
    """What came out: `resumed` clips were there already; not `created`: the whole pack was."""

    path: Path
    created: bool
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
        UsageError: `path` does not end in .pack or is something else than a pack of just these clips, an
            interrupted packing of others is in the way, or another process is packing to it.
        ConfigurationError: the disk has no room, or fills up.
        ContentError: there are no clips, or one cannot be read and the policy for broken frames is "error";
            what was packed until then is kept, and packing goes on once the clip is mended or dropped.
    """
    if path.suffix != SUFFIX:
        raise UsageError(f"{path}: the name of a pack ends in {SUFFIX}", hint=f"such as {path.stem}{SUFFIX}")
    if not clips:
        raise ContentError("no clips to pack")
    lock = FileLock(path.with_name(path.name + ".lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with lock.acquire(timeout=_PATIENCE):
            try:
                plan = plan_pack(clips, packing)
                if path.exists():
                    return _already(path, plan)
                return _pack(clips, path, plan, dataset=dataset, workers=workers, on_clip=on_clip)
            finally:
                Path(lock.lock_file).unlink(missing_ok=True)
    except Timeout as error:
        raise UsageError(f"another process is packing to {path}", hint="wait for it") from error
    except OSError as error:
        raise _cannot_write(path, error) from error


def _already(path: Path, plan: PackPlan) -> Packed:
    """The pack that is there, if it is of just these clips: a script may be run again."""
    try:
        index = read_index(path)
    except ContentError:
        index = None
    if index is None or index.made_of != plan.made_of:
        raise UsageError(
            f"{path} is there already, and of something else", hint="choose another name, or delete it"
        )
    return Packed(
        path=path,
        created=False,
        clips=len(index.entries),
        frames=sum(entry.count for entry in index.entries.values()),
        bytes=path.stat().st_size,
        resumed=len(index.entries),
    )


def _pack(
    clips: Sequence[Clip], path: Path, plan: PackPlan, *, dataset: str, workers: int, on_clip: OnClip
) -> Packed:
    packing = plan.packing
    partial = path.with_name(path.name + ".partial")
    journal = Journal(path.with_name(path.name + ".journal"))
    done = resume(
        partial,
        journal,
        keys=plan.keys,
        starts=plan.starts,
        size=packing.size,
        policy=packing.broken_frames,
        make_room=lambda: _make_room(partial, plan.position(plan.frames)),
    )
    resumed = len(done)
    on_clip(resumed, len(plan.clips))
    todo = [place for place in range(len(plan.clips)) if place not in done]
    damage = Damage(packing.broken_frames)
    with journal.appending() as append:
        # A loader, because its workers end when this process does, however it does.
        for place, result, damages in DataLoader(
            _Writer(plan, partial), sampler=todo, batch_size=None, num_workers=workers
        ):
            if isinstance(result, DferError):
                raise result
            damage.name(damages)
            done[place] = result
            append(plan.keys[place], result)
            on_clip(len(done), len(plan.clips))
    _close(partial, plan, done, clips=tuple(clips), dataset=dataset)
    partial.replace(path)
    journal.file.unlink()
    return Packed(
        path=path,
        created=True,
        clips=len(plan.clips),
        frames=sum(clip.count for clip in done.values()),
        bytes=path.stat().st_size,
        resumed=resumed,
    )


def _close(
    partial: Path, plan: PackPlan, done: Mapping[int, Done], *, clips: tuple[Clip, ...], dataset: str
) -> None:
    """What comes before and after the frames; then all of it is on the disk."""
    entries = {
        clip.id: Entry(start=plan.starts[place], count=done[place].count, crc=done[place].crc)
        for place, clip in enumerate(plan.clips)
    }
    index = PackIndex(
        dataset=dataset,
        size=plan.packing.size,
        fit=plan.packing.fit,
        max_frames=plan.packing.max_frames,
        broken_frames=plan.packing.broken_frames,
        made_of=plan.made_of,
        frames=plan.frames,
        entries=entries,
        clips=clips,
    )
    with partial.open("r+b") as file:
        file.write(header())
        file.seek(plan.position(plan.frames))
        file.write(closing(index))
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


class _Writer(Dataset[Any]):
    """Item by item the clips of a plan, decoded and written to their places."""

    def __init__(self, plan: PackPlan, partial: Path) -> None:
        self._plan = plan
        self._partial = partial

    def __len__(self) -> int:
        return len(self._plan.clips)

    def __getitem__(self, place: int) -> tuple[int, Done | DferError, list[str]]:
        try:
            return place, *self._write(place)
        except DferError as error:  # an item too, so that it travels between processes whole
            return place, error, []
        except OSError as error:
            return place, _cannot_write(self._partial, error), []

    def _write(self, place: int) -> tuple[Done, list[str]]:
        """How the clip was written, and a sentence for each of its frames that could not be decoded."""
        plan, packing = self._plan, self._plan.packing
        count, crc = 0, 0
        damages: list[str] = []
        frames = stream_frames(
            plan.clips[place],
            plan.kept[place],
            index=plan.index,
            size=packing.size,
            fit=packing.fit,
            broken_frames=packing.broken_frames,
        )
        with self._partial.open("r+b") as file:
            file.seek(plan.position(plan.starts[place]))
            for frame in frames:
                if isinstance(frame, BrokenFramesError):
                    damages.append(frame.message)
                    continue
                data = frame.tobytes()
                file.write(data)
                count, crc = count + 1, zlib.crc32(data, crc)
            # Frames that are left out leave room, in which an earlier attempt may have written.
            file.write(bytes((len(plan.kept[place]) - count) * frame_bytes(packing.size)))
        policy = packing.broken_frames if damages else WHOLE
        return Done(plan.starts[place], count, crc, policy), damages


def _make_room(partial: Path, length: int) -> None:
    have = 0
    if partial.exists():
        stat = partial.stat()
        have = getattr(stat, "st_blocks", 0) * 512  # not its length: most of it may be a hole
    free = shutil.disk_usage(partial.parent).free
    if length - have > free:
        raise ConfigurationError(
            f"the pack takes {length / 1e9:.1f} GB, but {partial.parent} has {free / 1e9:.1f} GB left",
            hint="choose a smaller --size, --max-frames 64, or another disk",
        )
    partial.touch()
    if partial.stat().st_size < length:
        os.truncate(partial, length)


def _cannot_write(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"cannot write {path}: {error.strerror or error}",
        hint="make room and run the same command again; what is packed is kept",
    )
