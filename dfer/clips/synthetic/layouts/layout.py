"""What a layout is: where a data set keeps its clips, and which lists it comes with.

What is drawn (class, fold, person, pixels, caption) is none of its business, but for compound labels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dfer.clips.synthetic.plan import PlannedClip

VideoFormat = Literal["jpeg", "mp4"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a clip lies inside the world: a folder of frames, or a video file with its suffix."""

    path: str
    frame_name: str = "{:04d}.jpg"
    """A frame's file by its number, from 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedClip:
    """One clip that has been drawn and written, for the lists."""

    plan: PlannedClip
    place: Place
    caption: str
    chinese: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenWorld:
    """All clips of a world, in the order of their numbers."""

    seed: int
    folds: int
    clips: tuple[PlacedClip, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """One data set's way of lying on a disk."""

    name: str
    """As `--dataset` of the reader that takes it."""
    class_set: str
    """The built-in class set that is drawn if nobody says otherwise."""
    tops: tuple[str, ...]
    """The names of all it writes into the world's folder, beside `world.json`; nothing else is ours there."""
    places: Callable[[Sequence[PlannedClip], VideoFormat], list[Place]]
    """Where each of the clips goes."""
    write_lists: Callable[[Path, WrittenWorld], None]
    """Writes whatever the data set has beside clips into a folder."""
    video_formats: tuple[VideoFormat, ...] = ("jpeg", "mp4")
    any_classes: bool = False
    """Whether other classes than those of `class_set` can be written down."""
    data: str = "."
    """What its reader takes, inside the world's folder."""
    with_compounds: Callable[[Sequence[PlannedClip], int], list[PlannedClip]] | None = None
    """Gives some clips of a plan further emotions, by the world's seed; None for single labels only."""


def ending(video_format: VideoFormat) -> str:
    """What the path of a clip ends in: nothing for a folder of frames."""
    return "" if video_format == "jpeg" else f".{video_format}"


def write_text(file: Path, lines: Sequence[str], *, newline: str = "\n", encoding: str = "utf-8") -> None:
    """The lines, each with its end, in a folder that is made for them."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes("".join(f"{line}{newline}" for line in lines).encode(encoding))
