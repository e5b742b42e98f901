"""The synthetic world as a data set on disk: clips, their lists, and `world.json` that says what it is.

Everything is drawn from the seed alone, clip by clip and person by person, so the same call writes the same
bytes. Where all classes are as frequent, a larger world begins with the clips of a smaller one of equal folds
and subjects.
"""

import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from dfer.action_units import EMOTIONS, compound
from dfer.class_sets.class_set import ClassSet, EmotionClass
from dfer.clips.labels import canonical_label
from dfer.clips.synthetic.clip_drawing import draw_clip
from dfer.clips.synthetic.clip_writer import write_jpegs, write_mp4
from dfer.clips.synthetic.identity import draw_identity
from dfer.clips.synthetic.layouts.choosing import check_layout, load_layout
from dfer.clips.synthetic.layouts.layout import PlacedClip, VideoFormat, WrittenWorld
from dfer.clips.synthetic.plan import PlannedClip, plan_clips
from dfer.clips.synthetic.variation import MILD, Imbalance, Variation
from dfer.clips.synthetic.world_folder import SCRATCH, check_folder, put_in_place
from dfer.errors import ContentError, UsageError

ABOUT = (
    "Drawn faces, moved by action units according to a table. They exercise the code; results on them are no "
    "evidence about real faces or real emotions."
)

_BESIDE = 0.75
"""How strong the other emotions of a compound are: the clip's single label stays the first among them."""


def draw_world(
    folder: Path,
    *,
    class_set: ClassSet,
    clips: int,
    seed: int,
    size: int = 112,
    frames: int = 24,
    video_format: VideoFormat = "jpeg",
    folds: int = 5,
    subjects: int | None = None,
    layout: str = "csv",
    variation: Variation = MILD,
    imbalance: Imbalance | None = None,
    overwrite: bool = False,
    on_clip: Callable[[int, int], None] | None = None,
) -> Path:
    """Draws a data set into `folder` and returns what the reader of its `layout` takes: a table or a folder.

    Classes take turns; each class visits every fold; the people of one fold are in no other. Clips are about
    `frames` long, from half of it to a third more. `subjects` people in all, by default four a fold.
    `imbalance` is instead of the variation's own. `on_clip(done, clips)` is called after each clip.

    The same world in `folder` is drawn again, another one, of whatever layout, only with `overwrite`. It is
    replaced once the new one is complete; files beside it are left alone.

    Raises:
        UsageError: impossible numbers, classes or clips that the layout cannot hold, or `folder` holds
            something else or another world and `overwrite` is not set, or holds clips that are not ours.
        ContentError: a class with no known action units.
    """
    if imbalance is not None:
        variation = replace(variation, imbalance=imbalance)
    if subjects is None:
        subjects = 4 * folds
    chosen = load_layout(layout)
    units = {c.name: _units(c) for c in class_set.classes}
    _check_numbers(len(units), clips, size, frames, video_format, folds, subjects)
    check_layout(chosen, class_set=class_set, video_format=video_format)
    world: dict[str, Any] = {
        "synthetic": True,
        "about": ABOUT,
        "class_set": class_set.name,
        "classes": list(class_set.names),
        "clips": clips,
        "seed": seed,
        "size": size,
        "frames": frames,
        "video_format": video_format,
        "folds": folds,
        "subjects": subjects,
        **_unusual(layout, variation),
    }
    check_folder(folder, chosen, world, overwrite=overwrite)
    plan = plan_clips(class_set, clips=clips, folds=folds, subjects=subjects, imbalance=variation.imbalance)
    if chosen.with_compounds:
        plan = chosen.with_compounds(plan, seed)
    people = [draw_identity(random.Random(f"{seed}/subject/{s}")) for s in range(subjects)]
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    # Inside the folder, so that moving into place is a rename on one file system, linked as it may be.
    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=folder))
    try:
        placed = []
        for clip, place in zip(plan, chosen.places(plan, video_format), strict=True):
            drawing = draw_clip(
                _mixed(clip, units[clip.label]),
                people[clip.subject],
                seed=f"{seed}/clip/{clip.number}",
                size=size,
                frames=frames,
                variation=variation,
            )
            if video_format == "jpeg":
                write_jpegs(scratch / place.path, drawing.pictures, name=place.frame_name)
            else:
                write_mp4(scratch / place.path, drawing.pictures, size=size)
            placed.append(
                PlacedClip(plan=clip, place=place, caption=drawing.caption, chinese=drawing.chinese)
            )
            if on_clip:
                on_clip(clip.number + 1, clips)
        chosen.write_lists(scratch, WrittenWorld(seed=seed, folds=folds, clips=tuple(placed)))
        put_in_place(scratch, folder, chosen, world)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if is_new and not any(folder.iterdir()):
            folder.rmdir()
    return folder / chosen.data


def _unusual(layout: str, variation: Variation) -> dict[str, Any]:
    """What a plain world does not say: those that were drawn before there was anything else do not either."""
    said: dict[str, Any] = {}
    if layout != "csv":
        said["layout"] = layout
    if variation != MILD:
        said["variation"] = asdict(variation)
    return said


def _mixed(clip: PlannedClip, units: dict[int, float]) -> dict[int, float]:
    """The units of the clip's class, with weaker ones of the emotions beside it, if there are any."""
    others = compound([emotion for emotion in clip.compound if emotion != clip.label])
    weaker = {unit: _BESIDE * intensity for unit, intensity in others.items()}
    return dict(sorted({**weaker, **{u: max(i, weaker.get(u, 0.0)) for u, i in units.items()}}.items()))


def _units(emotion_class: EmotionClass) -> dict[int, float]:
    """The action units of a class, by its components or its own name."""
    emotions = []
    for part in emotion_class.components or (emotion_class.name,):
        emotion = canonical_label(part, EMOTIONS)
        if emotion is None:
            raise ContentError(
                f"cannot draw the class {emotion_class.name!r}: no action units are known for {part!r}",
                hint=f"known are {', '.join(EMOTIONS)}; a compound class names them as its components",
            )
        emotions.append(emotion)
    return compound(emotions)


def _check_numbers(
    classes: int, clips: int, size: int, frames: int, video_format: str, folds: int, subjects: int
) -> None:
    problems = {
        f"expected at least {classes} clips, one a class, found {clips}": clips < classes,
        f"expected a size of at least 32 pixels, found {size}": size < 32,
        f"expected at least 2 frames a clip, found {frames}": frames < 2,
        f"expected the video format jpeg or mp4, found {video_format!r}": video_format not in ("jpeg", "mp4"),
        f"expected an even size for mp4, found {size}": video_format == "mp4" and size % 2 == 1,
        f"expected at least 2 folds, found {folds}": folds < 2,
        f"expected a person for each of {folds} folds, found {subjects} subjects": subjects < folds,
    }
    for problem, is_so in problems.items():
        if is_so:
            raise UsageError(problem)
