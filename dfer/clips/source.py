"""Where frames come from: the disk as the data set lies there, or a pack. All else is the same for both."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from dfer.clips.clip import Clip
from dfer.clips.frame_files import frame_files, is_video
from dfer.clips.frame_index import FrameIndex
from dfer.clips.frames import count_frames, read_folder, read_frames
from dfer.clips.image_file import Pixels
from dfer.clips.video_file import read_video_frames
from dfer.errors import ContentError


class FrameSource(Protocol):
    """Read by many processes at once; copies of it are cheap."""

    def count(self, clip: Clip) -> int:
        """How many frames the clip has."""

    def read(self, clip: Clip, indices: Sequence[int]) -> Pixels:
        """uint8 (len(indices), height, width, 3), RGB. Raises as `frames.read_frames`."""

    def size_of(self, clip: Clip) -> list[int]:
        """Numbers that change when the clip's content does (see `fingerprint`)."""

    def state_of(self, clip: Clip) -> list[int]:
        """Numbers that change whenever a frame is written or moved, for what is kept only on this machine."""


class DiskFrames:
    """Frame folders and video files. With an index no folder is listed again."""

    def __init__(self, index: FrameIndex | None = None) -> None:
        self._index = index

    def count(self, clip: Clip) -> int:
        if self._index is not None and clip.path in self._index:
            return self._index[clip.path].count
        return count_frames(clip.path)

    def read(self, clip: Clip, indices: Sequence[int]) -> Pixels:
        if self._index is None or clip.path not in self._index:
            return read_frames(clip.path, indices)
        names = self._index[clip.path].names
        if names is None:
            return read_video_frames(clip.path, indices)
        return read_folder(clip.path, names, indices)

    def size_of(self, clip: Clip) -> list[int]:
        """A folder's number of frames and of their bytes, or a video's bytes. Pixels are not read, but frames
        cropped or encoded anew hardly keep their number of bytes."""
        sizes = [size for size, _ in self.files_of(clip)]
        return sizes if self._is_video(clip.path) else [len(sizes), sum(sizes)]

    def state_of(self, clip: Clip) -> list[int]:
        """Bytes and modification times of the frames in playing order. Raises as `files_of`."""
        return [number for pair in self.files_of(clip) for number in pair]

    def files_of(self, clip: Clip) -> list[tuple[int, int]]:
        """Bytes and modification time (ns) of a clip's frames in playing order, or of its video."""
        path = clip.path
        try:
            files = [path] if self._is_video(path) else [path / name for name in self._names(path)]
            stats = [file.stat() for file in files]
        except OSError as error:
            raise ContentError(f"cannot read the clip {path}: {error.strerror}") from error
        return [(stat.st_size, stat.st_mtime_ns) for stat in stats]

    def _names(self, path: Path) -> Sequence[str]:
        names = self._index[path].names if self._index is not None and path in self._index else None
        return frame_files(path) if names is None else names

    @staticmethod
    def _is_video(path: Path) -> bool:
        return is_video(path) and not path.is_dir()
