"""`csv`: one table, `clips.csv`, and clips by number; the only layout for class sets of one's own."""

import csv
from collections.abc import Sequence
from pathlib import Path

from dfer.clips.synthetic.layouts.layout import Layout, Place, VideoFormat, WrittenWorld, ending
from dfer.clips.synthetic.plan import PlannedClip


def _places(plan: Sequence[PlannedClip], video_format: VideoFormat) -> list[Place]:
    return [Place(path=f"clips/{clip.number + 1:05d}{ending(video_format)}") for clip in plan]


def _write_lists(folder: Path, world: WrittenWorld) -> None:
    with (folder / "clips.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["path", "label", "fold", "caption", "subject"])
        for clip in world.clips:
            plan = clip.plan
            writer.writerow([clip.place.path, plan.label, plan.fold, clip.caption, f"s{plan.subject:03d}"])


CSV = Layout(
    name="csv",
    class_set="mafw11",
    tops=("clips", "clips.csv"),
    places=_places,
    write_lists=_write_lists,
    any_classes=True,
    data="clips.csv",
)
