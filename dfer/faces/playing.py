"""A clip's frames one at a time, with their times, whatever kind it is of; damage does not end it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dfer.clips.broken_frames import BrokenFramesError
from dfer.clips.frame_files import frame_files
from dfer.clips.image_file import Pixels, decode_image
from dfer.clips.video_file import play_video, quarter_turns, upright
from dfer.errors import ContentError
from dfer.faces.media import MediaKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """`index` is its place in the clip, `time` in seconds from the first; upright."""

    index: int
    time: float
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class Picture:
    """`pixels()` are uint8 (height, width, 3), RGB."""

    frame: Frame
    pixels: Callable[[], Pixels]


def play(path: Path, kind: MediaKind, *, fps: float) -> Iterator[Picture | ContentError]:
    """The frames that can be decoded, and for those that cannot why.

    Raises:
        ContentError: a file cannot be opened at all.
    """
    if kind == "video":
        yield from _play_video(path)
        return
    files = [path] if kind == "image" else [path / name for name in frame_files(path)]
    for index, file in enumerate(files):
        try:
            picture = decode_image(file)
        except OSError as error:
            raise ContentError(f"cannot read {file}: {error.strerror or error}") from error
        except ValueError as error:
            yield ContentError(f"{file.name} cannot be decoded: {str(error).splitlines()[0]}")
            continue
        height, width = picture.shape[:2]
        yield Picture(
            Frame(index=index, time=index / fps, height=height, width=width), partial(_same, picture)
        )


def _play_video(path: Path) -> Iterator[Picture | ContentError]:
    decoded = 0
    try:
        for index, (time, shown) in enumerate(play_video(path)):
            lying = quarter_turns(shown) % 2 == 1
            height, width = (shown.width, shown.height) if lying else (shown.height, shown.width)
            decoded += 1
            yield Picture(Frame(index=index, time=time, height=height, width=width), partial(upright, shown))
    except BrokenFramesError as error:
        of = f" of {error.indices[-1] + 1}" if error.indices else ""
        yield ContentError(f"the video breaks off after frame {decoded}{of}, and is used up to there")


def _same(picture: Pixels) -> Pixels:
    return picture
