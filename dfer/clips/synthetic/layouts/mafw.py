"""`mafw`: clips by number, lists for two protocols with and without captions in two languages."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from dfer.class_sets import load_class_set
from dfer.clips.synthetic.layouts.compounds import compound_fold, compound_label, with_compounds
from dfer.clips.synthetic.layouts.layout import (
    Layout,
    Place,
    PlacedClip,
    VideoFormat,
    WrittenWorld,
    write_text,
)
from dfer.clips.synthetic.plan import PlannedClip

_NAMES = load_class_set("mafw11").names
_SETS = "Train & Test Set"


def _places(plan: Sequence[PlannedClip], video_format: VideoFormat) -> list[Place]:
    """Ids run fold by fold and class by class: of each class, a fold is one block of them."""
    blocks = sorted(plan, key=lambda clip: (clip.fold, _NAMES.index(clip.label), clip.number))
    ids = {clip.number: f"{place:05d}" for place, clip in enumerate(blocks, start=1)}
    if video_format == "mp4":
        return [Place(path=f"data/clips/{ids[clip.number]}.mp4") for clip in plan]
    return [Place(path=f"data/faces/{ids[clip.number]}") for clip in plan]


def _write_lists(folder: Path, world: WrittenWorld) -> None:
    clips = sorted(world.clips, key=lambda clip: clip.place.path)
    for protocol in ("single", "compound"):
        for fold in range(1, world.folds + 1):
            for split in ("train", "test"):
                chosen = [
                    clip
                    for clip in clips
                    if (_fold(clip, protocol, folds=world.folds) == fold) == (split == "test")
                ]
                inside = f"set_{fold}/{split}.txt"
                _write(
                    folder / _SETS / protocol / "no_caption" / inside, [_bare(c, protocol) for c in chosen]
                )
                # MAFW's lists with captions leave out neutral clips.
                moving = [c for c in chosen if c.plan.label != "neutral"]
                _write(
                    folder / _SETS / protocol / "with_caption" / inside,
                    [_captioned(c, protocol) for c in moving],
                )


def _write(file: Path, lines: Sequence[str]) -> None:
    write_text(file, lines, newline="\r\n", encoding="gbk")


def _bare(clip: PlacedClip, protocol: str) -> str:
    return f"{_video(clip)} {_label(clip, protocol)}"


def _captioned(clip: PlacedClip, protocol: str) -> str:
    return "\t".join((_video(clip), _label(clip, protocol), clip.chinese, clip.caption))


def _video(clip: PlacedClip) -> str:
    """The lists name videos, whatever lies on the disk."""
    return f"{PurePosixPath(clip.place.path).stem}.mp4"


def _label(clip: PlacedClip, protocol: str) -> str:
    return clip.plan.label if protocol == "single" else compound_label(clip.plan)


def _fold(clip: PlacedClip, protocol: str, *, folds: int) -> int:
    return clip.plan.fold if protocol == "single" else compound_fold(clip.plan, folds=folds)


MAFW = Layout(
    name="mafw",
    class_set="mafw11",
    tops=("data", _SETS),
    places=_places,
    write_lists=_write_lists,
    with_compounds=with_compounds,
)
