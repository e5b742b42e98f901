"""`dfew`: clips by number, a train and a test table for each fold, and the annotators' votes."""

from collections.abc import Sequence
from pathlib import Path

from dfer.class_sets import load_class_set
from dfer.clips.synthetic.layouts.layout import Layout, Place, VideoFormat, WrittenWorld, write_text
from dfer.clips.synthetic.layouts.spreadsheet import write_spreadsheet
from dfer.clips.synthetic.layouts.voting import draw_votes
from dfer.clips.synthetic.plan import PlannedClip

_NAMES = load_class_set("dfew7").names
_VOTE_COLUMNS = ("1happy", "2sad", "3neutral", "4angry", "5surprise", "6disgust", "7fear")


def _places(plan: Sequence[PlannedClip], video_format: VideoFormat) -> list[Place]:
    if video_format == "mp4":
        return [Place(path=f"Clip/original/{clip.number + 1}.mp4") for clip in plan]
    names = [f"{clip.number + 1:05d}" for clip in plan]
    return [Place(path=f"Clip/clip_224x224/{name}", frame_name=f"{name}_{{:05d}}.jpg") for name in names]


def _write_lists(folder: Path, world: WrittenWorld) -> None:
    # Labels count from 1 in DFEW, and in DFEW only.
    lines = [(f"{c.plan.number + 1},{_NAMES.index(c.plan.label) + 1}", c.plan.fold) for c in world.clips]
    for fold in range(1, world.folds + 1):
        for split in ("train", "test"):
            chosen = [line for line, home in lines if (home == fold) == (split == "test")]
            file = folder / "EmoLabel_DataSplit" / f"{split}(single-labeled)" / f"set_{fold}.csv"
            write_text(file, ["video_name,label", *chosen])
    rows: list[list[str | int]] = [["order", *_VOTE_COLUMNS]]
    for clip in world.clips:
        votes = draw_votes(clip.plan.label, _NAMES, seed=f"{world.seed}/votes/{clip.plan.number}")
        rows.append([clip.plan.number + 1, *votes])
    write_spreadsheet(folder / "Annotation" / "annotation.xlsx", rows)


DFEW = Layout(
    name="dfew",
    class_set="dfew7",
    tops=("Clip", "EmoLabel_DataSplit", "Annotation"),
    places=_places,
    write_lists=_write_lists,
)
