"""Where a run's clips come from: a data set as it lies on disk, or a pack."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dfer.clips.clip import Clip
from dfer.clips.frame_index import index_clips
from dfer.clips.labels import with_known_labels
from dfer.clips.packing.pack import open_verified
from dfer.clips.packing.pack_file import SUFFIX as PACK
from dfer.clips.readers.reading import read_clips
from dfer.clips.source import DiskFrames, FrameSource
from dfer.errors import UsageError

_DEFAULT = "csv"
"""What --dataset is where nobody says anything."""


def _unheard(done: int, total: int) -> None:
    """Unlike a lambda it can be sent to another process, and with it the source."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSource:
    """Where clips come from: what `--dataset`, `--data`, `--root` and `--allow-missing-classes` say."""

    dataset: str
    data: Path
    root: Path | None = None
    allow_missing_classes: bool = False
    on_clip: Callable[[int, int], None] = _unheard
    """Hears (done, total) while clips are listed or a pack is verified."""

    def read(self, class_names: Sequence[str]) -> "ReadClips":
        """The clips with their frames listed, their labels as the class set spells them.

        Raises:
            UsageError, ContentError: as the readers, `with_known_labels`, `index_clips` and packs do.
        """
        if self.data.suffix == PACK:
            return self._read_pack(class_names)
        known = self._labelled(read_clips(self.dataset, self.data, root=self.root), class_names)
        frames = DiskFrames(index_clips((clip.path for clip in known), on_clip=self.on_clip))
        return ReadClips(clips=known, dataset=self.dataset, frames=frames)

    def _read_pack(self, class_names: Sequence[str]) -> "ReadClips":
        if self.root is not None:
            raise UsageError("--root does not go with a pack, which holds its clips", hint="leave it out")
        pack = open_verified(self.data, on_clip=self.on_clip)
        index = pack.index
        if self.dataset not in (_DEFAULT, index.dataset):
            raise UsageError(
                f"{self.data} was packed from {index.dataset}, not from {self.dataset}",
                hint="leave out --dataset",
            )
        packing = {
            "size": index.size,
            "fit": index.fit,
            "max_frames": index.max_frames,
            "broken_frames": index.broken_frames,
        }
        known = self._labelled(pack.clips, class_names)
        return ReadClips(clips=known, dataset=index.dataset, frames=pack, packing=packing)

    def _labelled(self, clips: Sequence[Clip], class_names: Sequence[str]) -> tuple[Clip, ...]:
        return tuple(with_known_labels(clips, class_names, allow_missing=self.allow_missing_classes))


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadClips:
    """All clips of a data set, its name, and where their frames are read from.

    `packing` is how they were packed, if they were.
    """

    clips: tuple[Clip, ...]
    dataset: str
    frames: FrameSource
    packing: dict[str, Any] | None = None
