"""Frames of a clip, whether a folder of images or a video file, as one uint8 tensor."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torchvision.io import ImageReadMode, decode_image
from torchvision.transforms.v2 import functional

from dfer.clips.frame_files import IMAGE_SUFFIXES, VIDEO_SUFFIXES, frame_files, is_video
from dfer.clips.video_file import count_video_frames, read_video_frames
from dfer.errors import ContentError


def count_frames(path: Path) -> int:
    """Frames of a clip, always counted on disk: the lists of the field are off by one or stale often enough.

    Raises:
        ContentError: missing, neither folder nor video, unreadable, or without frames.
    """
    return count_video_frames(path) if _is_video_file(path) else len(frame_files(path))


def read_frames(path: Path, indices: Sequence[int]) -> torch.Tensor:
    """uint8 (len(indices), 3, height, width), RGB. A repeated index is decoded once.

    Raises:
        ContentError: as `count_frames`; a damaged frame; frames of different sizes; an index out of range.
    """
    if not indices:
        raise ValueError("expected at least one frame index, found none")
    return read_video_frames(path, indices) if _is_video_file(path) else _read_folder(path, indices)


def _is_video_file(path: Path) -> bool:
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


def _read_folder(folder: Path, indices: Sequence[int]) -> torch.Tensor:
    names = frame_files(folder)
    if min(indices) < 0 or max(indices) >= len(names):
        raise ContentError(
            f"frames {min(indices)} to {max(indices)} asked of {folder}, which has {len(names)}"
        )
    pictures: dict[int, torch.Tensor] = {}
    first: torch.Tensor | None = None
    for index in indices:
        if index in pictures:
            continue
        picture = pictures[index] = _read_image(folder / names[index])
        first = picture if first is None else first
        if picture.shape != first.shape:
            raise ContentError(
                f"the frame {folder / names[index]} is {_size(picture)}, others are {_size(first)}",
                hint="extract the frames of this clip again, all in one size",
            )
    return torch.stack([pictures[index] for index in indices])  # (len(indices), 3, height, width)


def _read_image(file: Path) -> torch.Tensor:
    try:
        picture: torch.Tensor = decode_image(str(file), mode=ImageReadMode.RGB)
    except (RuntimeError, OSError) as error:
        raise ContentError(
            f"the frame {file} cannot be decoded: {str(error).splitlines()[0]}",
            hint="extract the frames of this clip again, or drop it from the list",
        ) from error
    if picture.dtype != torch.uint8:  # 16-bit PNG
        picture = functional.to_dtype(picture, torch.uint8, scale=True)
    return picture


def _size(picture: torch.Tensor) -> str:
    return f"{picture.shape[2]} x {picture.shape[1]}"
