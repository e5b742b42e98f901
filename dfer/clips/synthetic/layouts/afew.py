"""`afew`: a tree of faces whose folders are the lists; fold 1 of the world is its validation set."""

from collections.abc import Sequence
from pathlib import Path

from dfer.clips.synthetic.layouts.layout import Layout, Place, VideoFormat, WrittenWorld
from dfer.clips.synthetic.plan import PlannedClip

_VALIDATION_FOLD = 1
_STEP = 40


def _places(plan: Sequence[PlannedClip], video_format: VideoFormat) -> list[Place]:
    places = []
    for clip in plan:
        split = "validation" if clip.fold == _VALIDATION_FOLD else "train"
        # Nine digits as in the names that others' lists show; that they grow unevenly is our own choice.
        name = f"{(clip.number + 1) * _STEP + clip.number % 7:09d}"
        places.append(Place(path=f"AFEW_Face/{split}/{clip.label.capitalize()}/{name}"))
    return places


def _write_lists(folder: Path, world: WrittenWorld) -> None:
    """None: the folders are the lists."""


AFEW = Layout(
    name="afew",
    class_set="afew7",
    tops=("AFEW_Face",),
    places=_places,
    write_lists=_write_lists,
    video_formats=("jpeg",),  # the field's AFEW_Face is frames
)
