"""What is read of the clips on disk, stage by stage; each stage goes through all clips with many hands."""

from collections.abc import Mapping
from pathlib import Path

from dfer.clips.checking import near_copies, pictures
from dfer.clips.checking.finding import Finding
from dfer.clips.checking.folders import OnDisk, look_at_folders, scan
from dfer.clips.checking.frame_heads import FrameHeads, heads_of, look_at_heads
from dfer.clips.checking.identical import numbered, same_content
from dfer.clips.checking.lengths import look_at_lengths, look_for_short
from dfer.clips.checking.listed import Listed, Sides
from dfer.clips.checking.numbering import look_at_numbering
from dfer.clips.checking.picture_hash import Hash
from dfer.clips.checking.threads import OnProgress, of_each
from dfer.clips.checking.videos import DecodedVideo, VideoFile, decode_video, look_at_videos, probe


class Disk:
    """`there`, `videos`, `counts` and `identical` are what the other checks take.

    Folders are listed once. What looks like a fault or a copy is read again, as are frames that are decoded.
    """

    def __init__(
        self, listed: Mapping[Path, Listed], *, frames: int, decode: bool, on_progress: OnProgress
    ) -> None:
        self._listed, self._sampled, self._decode, self._on_progress = listed, frames, decode, on_progress
        self.there: dict[Path, OnDisk] = of_each(
            scan, listed, stage="listing folders", on_progress=on_progress
        )
        self._folders = [path for path, disk in self.there.items() if disk.frames]
        self._heads: dict[Path, FrameHeads] = of_each(
            lambda path: heads_of(path, self.there[path].frames),
            self._folders,
            stage="reading headers",
            on_progress=on_progress,
        )
        self.videos: dict[Path, VideoFile] = of_each(
            probe,
            [path for path, disk in self.there.items() if disk.kind == "video"],
            stage="reading videos",
            on_progress=on_progress,
        )
        self._decoded: dict[Path, DecodedVideo] = of_each(
            decode_video,
            [path for path, video in self.videos.items() if decode and video.frames],
            stage="decoding videos",
            on_progress=on_progress,
        )
        self._damaged: dict[Path, tuple[tuple[str, str], ...]] = of_each(
            lambda path: pictures.decode_frames(path, self.there[path].frames),
            self._folders if decode else [],
            stage="decoding frames",
            on_progress=on_progress,
        )
        self._pictures = of_each(
            lambda path: pictures.hash_frames(path, self._spread(path)),
            self._folders,
            stage="looking at pictures",
            on_progress=on_progress,
        )
        self.counts = {path: len(self.there[path].frames) for path in self._folders} | {
            path: video.frames for path, video in self.videos.items() if video.frames
        }
        self.identical = same_content(
            {path: head.lengths for path, head in self._heads.items()}
            | {path: (video.bytes,) for path, video in self.videos.items()},
            self._files,
            on_progress=on_progress,
        )

    def findings(self) -> list[Finding]:
        """What is wrong with single clips."""
        known = {path / fault.frame for path, head in self._heads.items() for fault in head.faults}
        damaged = {path: found.damaged for path, found in self._pictures.items()} | self._damaged
        return [
            *look_at_folders(self.there),
            *look_at_heads(self._heads),
            *pictures.look_at_pictures(damaged, known=known),
            *look_at_videos(self.videos, self._decoded),
            *look_at_numbering(self.there),
            *look_at_lengths(self._listed, self.counts),
            *look_for_short(self.counts, frames=self._sampled),
            *self._what_was_not_done(),
        ]

    def near_copies(self, folds: Mapping[int, Sides]) -> tuple[near_copies.Pair, ...]:
        """Copies across the sides of a fold that are not the same bytes."""
        sampled = {path: found.hashes for path, found in self._pictures.items() if found.hashes is not None}
        for path, video in self._decoded.items():
            if video.hashes is not None:
                sampled[path] = video.hashes[list(pictures.spread(len(video.hashes)))]
        pairs = list(near_copies.candidates(folds, sampled, known=numbered(self.identical)))
        suspects = dict.fromkeys(path for pair in pairs for path in (pair.one, pair.other))
        all_hashes: dict[Path, Hash | None] = of_each(
            self._all_hashes, suspects, stage="comparing pictures", on_progress=self._on_progress
        )
        return near_copies.near_copies(pairs, all_hashes.get)

    def _spread(self, path: Path) -> list[str]:
        frames = self.there[path].frames
        return [frames[i] for i in pictures.spread(len(frames))]

    def _all_hashes(self, path: Path) -> Hash | None:
        if path in self._decoded:
            return self._decoded[path].hashes
        return pictures.hash_frames(path, self.there[path].frames).hashes

    def _what_was_not_done(self) -> list[Finding]:
        if self._decode or not self.videos:
            return []
        return [
            Finding(
                kind="not-decoded",
                severity="note",
                message="videos were not decoded, so damage and copies that look the same were not searched",
                count=len(self.videos),
                hint="--decode searches, in the time that one epoch of reading takes",
            )
        ]

    def _files(self, path: Path) -> list[Path]:
        return [path / frame for frame in self.there[path].frames] if path not in self.videos else [path]
