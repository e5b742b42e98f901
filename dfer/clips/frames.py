"""Frames of a clip, whether a folder of images or a video file, as one uint8 array."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dfer.clips.broken_frames import BrokenFramesError
from dfer.clips.frame_files import IMAGE_SUFFIXES, VIDEO_SUFFIXES, frame_files, is_video
from dfer.clips.image_file import Pixels, decode_image
from dfer.clips.video_file import count_video_frames, read_video_frames
from dfer.errors import ContentError


def count_frames(path: Path) -> int:
    """Frames of a clip, always counted on disk: the lists of the field are off by one or stale often enough.

    Raises:
        ContentError: missing, neither folder nor video, unreadable, or without frames.
    """
    return count_video_frames(path) if is_video_file(path) else len(frame_files(path))


def read_frames(path: Path, indices: Sequence[int]) -> Pixels:
    """uint8 (len(indices), height, width, 3), RGB. A repeated index is decoded once.

    Raises:
        BrokenFramesError: a frame is damaged.
        ContentError: as `count_frames`; frames of different sizes; an index out of range.
    """
    if is_video_file(path):
        return read_video_frames(path, indices)
    return read_folder(path, frame_files(path), indices)


def is_video_file(path: Path) -> bool:
    """Whether a clip is a video file; if not, it is a folder.

    Raises:
        ContentError: it is neither.
    """
    if path.is_dir():
        return False
    if not path.exists():
        raise ContentError(f"no such clip: {path}")
    if not is_video(path):
        raise ContentError(
            f"expected a folder of frames or a video, found {path}",
            hint=f"frames are {' '.join(IMAGE_SUFFIXES)}, videos {' '.join(VIDEO_SUFFIXES)}",
        )
    return True


def read_folder(folder: Path, names: Sequence[str], indices: Sequence[int]) -> Pixels:
    """`names` are the folder's frames in playing order; otherwise as `read_frames`."""
    if not indices:
        raise ValueError("expected at least one frame index, found none")
    if min(indices) < 0 or max(indices) >= len(names):
        raise ContentError(
            f"frames {min(indices)} to {max(indices)} asked of {folder}, which has {len(names)}"
        )
    frames: Pixels | None = None
    first_at: dict[int, int] = {}
    for place, index in enumerate(indices):
        if frames is not None and index in first_at:
            frames[place] = frames[first_at[index]]
            continue
        first_at[index] = place
        picture = _decoded(folder / names[index], index, into=None if frames is None else frames[place])
        if frames is None:
            frames = np.empty((len(indices), *picture.shape), dtype=np.uint8)
        if picture.shape != frames.shape[1:]:
            raise ContentError(
                f"the frame {folder / names[index]} is {_size(picture)}, others are {_size(frames[0])}",
                hint="extract the frames of this clip again, all in one size",
            )
        if not np.shares_memory(frames[place], picture):
            frames[place] = picture
    assert frames is not None
    return frames  # (len(indices), height, width, 3)


def _decoded(file: Path, index: int, *, into: Pixels | None) -> Pixels:
    try:
        return decode_image(file, into=into)
    except OSError as error:
        # Not the frame's fault: a disk or network that failed once must not decide what a clip looks like.
        raise ContentError(f"cannot read the frame {file}: {error.strerror or error}") from error
    except ValueError as error:
        raise BrokenFramesError(
            f"the frame {file} cannot be decoded: {str(error).splitlines()[0]}",
            indices=(index,),
            hint="extract the frames of this clip again, drop it from the list, or see --broken-frames",
        ) from error


def _size(picture: Pixels) -> str:
    return f"{picture.shape[1]} x {picture.shape[0]}"
