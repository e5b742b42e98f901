"""One labelled clip, as every reader makes it and everything after the readers takes it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Clip:
    """A folder of frames or a video file, with the name of its class.

    `id` is the path as the list writes it, with forward slashes, so that it means the same on every machine;
    it is unique together with `fold` and `split`. `path` is where the clip lies on this disk. Integers for
    labels exist only beside a class set, never here.
    """

    id: str
    path: Path
    label: str
    split: str | None = None
    fold: int | None = None
    caption: str | None = None
    subject: str | None = None
    votes: tuple[tuple[str, float], ...] | None = None
    """How many annotators chose which class, where the data set says: (class name, votes), zeros left out."""
    scene: str | None = None
    """The situation a clip was filmed in, where the data set has such a thing (FERV39k's 22)."""
    source: str | None = None
    """Clips of one source may share film, people or light: a validation split keeps them together."""
    listed_frames: int | None = None
    """How many frames the list says there are. Never believed; the disk is compared with it."""
