"""What a pack will hold and where, known before the first clip is decoded."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from description_store.hashing import tagged_hash
from dfer.clips.clip import Clip
from dfer.clips.fingerprint import fingerprint
from dfer.clips.frame_index import FrameIndex, index_clips
from dfer.clips.packing.pack_file import DATA, frame_bytes
from dfer.clips.resizing import Fit
from dfer.clips.sampling import test_indices
from dfer.clips.settings import BrokenFrames
from dfer.clips.source import DiskFrames


@dataclass(frozen=True, kw_only=True, slots=True)
class Packing:
    """How clips are packed. `max_frames` keeps that many evenly spaced frames of longer clips; None keeps
    all."""

    size: int = 224
    fit: Fit = "stretch"
    max_frames: int | None = None
    broken_frames: BrokenFrames = "error"


@dataclass(frozen=True, kw_only=True, slots=True)
class PackPlan:
    """`clips` are distinct; for each `kept` are its frames to pack, `starts` where they begin in the pack (in
    frames), and a key that is another if the clip's files, or what is made of them, are others. `made_of` is
    the same wherever the same data set is packed in the same way."""

    packing: Packing
    clips: tuple[Clip, ...]
    kept: tuple[Sequence[int], ...]
    starts: tuple[int, ...]
    keys: tuple[str, ...]
    made_of: str
    frames: int
    index: FrameIndex

    def position(self, frame: int) -> int:
        """The byte of the pack at which a frame begins."""
        return DATA + frame * frame_bytes(self.packing.size)


def plan_pack(clips: Sequence[Clip], packing: Packing) -> PackPlan:
    """Raises ContentError, as `index_clips`."""
    distinct = tuple({clip.id: clip for clip in clips}.values())
    index = index_clips(clip.path for clip in distinct)
    kept = tuple(_kept(index[clip.path].count, packing.max_frames) for clip in distinct)
    starts = [0]
    for indices in kept:
        starts.append(starts[-1] + len(indices))
    source = DiskFrames(index)
    return PackPlan(
        packing=packing,
        clips=distinct,
        kept=kept,
        starts=tuple(starts[:-1]),
        keys=tuple(_key(clip, packing, source) for clip in distinct),
        made_of=tagged_hash("pk1", [asdict(packing), fingerprint(clips, source)]),
        frames=starts[-1],
        index=index,
    )


def _kept(count: int, max_frames: int | None) -> Sequence[int]:
    if max_frames is None or count <= max_frames:
        return range(count)
    return test_indices(count, max_frames)


def _key(clip: Clip, packing: Packing, source: DiskFrames) -> str:
    # Not the policy for broken frames: where none was met, any gives the same (see `journal`).
    content = [clip.id, packing.size, packing.fit, packing.max_frames, source.files_of(clip)]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
