"""Where frames come from: the disk as the data set lies there, or a pack. All else is the same for both."""

from collections.abc import Sequence
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
        path = clip.path
        try:
            if is_video(path) and not path.is_dir():
                return [path.stat().st_size]
            names: Sequence[str] | None = None
            if self._index is not None and path in self._index:
                names = self._index[path].names
            if names is None:
                names = frame_files(path)
            return [len(names), sum((path / name).stat().st_size for name in names)]
        except OSError as error:
            raise ContentError(f"cannot read the clip {path}: {error.strerror}") from error
