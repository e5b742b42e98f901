"""All kept frames of one clip, one after another, so that a long video never has to fit into memory."""

from collections.abc import Iterator, Sequence

from dfer.clips.broken_frames import BrokenFramesError
from dfer.clips.clip import Clip
from dfer.clips.frame_index import FrameIndex
from dfer.clips.frames import read_folder
from dfer.clips.image_file import Pixels
from dfer.clips.resizing import Fit, fit_to
from dfer.clips.settings import BrokenFrames
from dfer.clips.video_file import video_frames
from dfer.errors import ContentError


def stream_frames(
    clip: Clip,
    kept: Sequence[int],
    *,
    index: FrameIndex,
    size: int,
    fit: Fit,
    broken_frames: BrokenFrames,
) -> Iterator[Pixels | BrokenFramesError]:
    """uint8 (size, size, 3) for each of the ascending indices `kept`, with "skip" fewer; and each damage met.

    Raises:
        BrokenFramesError: a frame cannot be decoded and the policy is "error".
        ContentError: no frame of the clip can be decoded, or they differ in size.
    """
    before: Pixels | None = None
    shape: tuple[int, ...] = ()
    waiting = 0  # broken frames at the very beginning, for which the first whole one will stand
    for picture in _pictures(clip, kept, index):
        if isinstance(picture, BrokenFramesError):
            if broken_frames == "error":
                raise picture
            yield picture
            if broken_frames == "skip":
                continue
            if before is None:
                waiting += 1
            else:
                yield before
            continue
        shape = shape or picture.shape
        if picture.shape != shape:
            # Training refuses such a clip; packed, it would go unnoticed for ever.
            raise ContentError(
                f"the frames of {clip.path} differ in size: {shape[:2]}, {picture.shape[:2]}",
                hint="extract the frames of this clip again, all in one size",
            )
        before = fit_to(picture[None], fit, size=size)[0]
        for _ in range(waiting):
            yield before
        waiting = 0
        yield before
    if before is None:
        raise ContentError(f"no frame of {clip.path} can be decoded", hint="drop it from the list")


def _pictures(clip: Clip, kept: Sequence[int], index: FrameIndex) -> Iterator[Pixels | BrokenFramesError]:
    names = index[clip.path].names
    if names is None:
        yield from video_frames(clip.path, kept)
        return
    for place in kept:
        try:
            yield read_folder(clip.path, names, [place])[0]
        except BrokenFramesError as error:
            yield error
