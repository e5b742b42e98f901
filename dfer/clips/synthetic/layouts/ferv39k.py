"""`ferv39k`: clips by scene and emotion, and one fixed split: fold 1 of the world is its test set."""

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from dfer.clips.synthetic.layouts.layout import (
    Layout,
    Place,
    VideoFormat,
    WrittenWorld,
    ending,
    write_text,
)
from dfer.clips.synthetic.plan import PlannedClip

SCENES = (
    *("Action", "Argue", "Business", "Conflict", "Contest", "Crime", "Crisis", "DailyLife", "ElegantArt"),
    *("Experiment", "History", "Interview", "Liveshow", "Medicine", "OfficialEvent", "ScholarReport"),
    *("School", "Social", "Speech", "Talkshow", "Terror", "War"),
)
_FOLDERS = {
    "happiness": "Happy",
    "sadness": "Sad",
    "neutral": "Neutral",
    "anger": "Angry",
    "surprise": "Surprise",
    "disgust": "Disgust",
    "fear": "Fear",
}
_CLIPS = "2_ClipsforFaceCrop"
_TEST_FOLD = 1


def _places(plan: Sequence[PlannedClip], video_format: VideoFormat) -> list[Place]:
    places = []
    counted: Counter[str] = Counter()
    for clip in plan:
        # The clip's number alone: a larger world has the same scenes, and no scene gives a class away.
        scene = random.Random(f"scene/{clip.number}").choice(SCENES)
        folder = f"{_CLIPS}/{scene}/{_FOLDERS[clip.label]}"
        counted[folder] += 1
        places.append(Place(path=f"{folder}/{counted[folder]:04d}{ending(video_format)}"))
    return places


def _write_lists(folder: Path, world: WrittenWorld) -> None:
    for split in ("train", "test"):
        lines = []
        for clip in world.clips:
            if (clip.plan.fold == _TEST_FOLD) == (split == "test"):
                path = PurePosixPath(clip.place.path).relative_to(_CLIPS).with_suffix("")
                lines.append(f"{path} {_FOLDERS[clip.plan.label]}")
        write_text(folder / "4_setups" / "All_scenes" / f"{split}_All.csv", sorted(lines))


FERV39K = Layout(
    name="ferv39k",
    class_set="ferv39k7",
    tops=(_CLIPS, "4_setups"),
    places=_places,
    write_lists=_write_lists,
)
