"""The synthetic world as a data set on disk: `clips.csv`, the clips, and `world.json` that says what it is.

Everything is drawn from the seed alone, clip by clip and person by person, so the same call writes the same
bytes, and a larger world begins with the clips of a smaller one of equal folds and subjects.
"""

import csv
import json
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dfer.action_units import EMOTIONS, compound
from dfer.class_sets.class_set import ClassSet, EmotionClass
from dfer.clips.labels import canonical_label
from dfer.clips.synthetic.caption import describe_clip
from dfer.clips.synthetic.clip_writer import write_jpegs, write_mp4
from dfer.clips.synthetic.face import draw_face
from dfer.clips.synthetic.identity import Identity, draw_identity
from dfer.clips.synthetic.lighting import Light, Pixels, draw_lighting
from dfer.clips.synthetic.motion import Motion, draw_motion
from dfer.errors import ContentError, UsageError

VideoFormat = Literal["jpeg", "mp4"]

ABOUT = (
    "Drawn faces, moved by action units according to a table. They exercise the code; results on them are no "
    "evidence about real faces or real emotions."
)

_SCRATCH = ".drawing-"


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
    overwrite: bool = False,
    on_clip: Callable[[int, int], None] | None = None,
) -> Path:
    """Draws a data set into `folder` and returns the path of its `clips.csv`, for `csv_list.read_csv`.

    Classes take turns; each class visits every fold; the people of one fold are in no other. Clips are about
    `frames` long, from half of it to a third more. `subjects` people in all, by default four a fold.
    `on_clip(done, clips)` is called after each clip. An existing synthetic world in `folder` is replaced, but
    only once the new one is complete; files beside it are left alone.

    Raises:
        UsageError: impossible numbers, or `folder` holds something else and `overwrite` is not set, or holds
            clips that are not ours.
        ContentError: a class with no known action units.
    """
    units = {c.name: _units(c) for c in class_set.classes}
    if subjects is None:
        subjects = 4 * folds
    _check_numbers(len(units), clips, size, frames, video_format, folds, subjects)
    _check_folder(folder, overwrite)
    people = [draw_identity(random.Random(f"{seed}/subject/{s}")) for s in range(subjects)]
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    # Inside the folder, so that moving into place is a rename on one file system, linked as it may be.
    scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=folder))
    try:
        rows = []
        for number in range(clips):
            seat = _seat(number, classes=len(units), folds=folds, subjects=subjects)
            drawn = _draw_clip(
                scratch,
                number,
                units=units[class_set.names[seat.class_index]],
                identity=people[seat.subject],
                rng=random.Random(f"{seed}/clip/{number}"),
                size=size,
                frames=frames,
                video_format=video_format,
            )
            label = class_set.names[seat.class_index]
            rows.append([drawn.path, label, seat.fold, drawn.caption, f"s{seat.subject:03d}"])
            if on_clip:
                on_clip(number + 1, clips)
        _write_csv(scratch / "clips.csv", rows)
        world = {
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
        }
        text = json.dumps(world, indent=2, ensure_ascii=False) + "\n"
        (scratch / "world.json").write_text(text, encoding="utf-8")
        _put_in_place(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if is_new and not any(folder.iterdir()):
            folder.rmdir()
    return folder / "clips.csv"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seat:
    class_index: int
    fold: int
    subject: int


def _seat(number: int, *, classes: int, folds: int, subjects: int) -> _Seat:
    """Class, fold and person of a clip, such that none of the three gives another away.

    Round after round of all classes, each class moves on by one fold. The people of a fold take turns; once a
    class has been in all folds, they begin with the next person, lest a class meet the same people again.
    """
    turn, class_index = divmod(number, classes)
    fold = (turn + class_index) % folds
    cycle, step = divmod(turn, folds)
    before = sum(len(range((fold - earlier) % folds, classes, folds)) for earlier in range(step))
    in_fold = len(range(fold, subjects, folds))
    person = (cycle + before + class_index // folds) % in_fold
    return _Seat(class_index=class_index, fold=fold + 1, subject=fold + person * folds)


@dataclass(frozen=True, kw_only=True, slots=True)
class _DrawnClip:
    path: str
    caption: str


def _draw_clip(
    folder: Path,
    number: int,
    *,
    units: dict[int, float],
    identity: Identity,
    rng: random.Random,
    size: int,
    frames: int,
    video_format: VideoFormat,
) -> _DrawnClip:
    length = rng.randint(max(1, round(frames * 0.5)), round(frames * 1.34))
    motion = draw_motion(units, frames=length, rng=rng)
    light = Light(draw_lighting(rng), size=size, seed=rng.getrandbits(64))
    caption = describe_clip(motion.peaks, identity, rng)
    pictures = _pictures(identity, motion, light, size)
    path = f"clips/{number + 1:05d}"
    if video_format == "jpeg":
        write_jpegs(folder / path, pictures)
    else:
        path += ".mp4"
        write_mp4(folder / path, pictures, size=size)
    return _DrawnClip(path=path, caption=caption)


def _pictures(identity: Identity, motion: Motion, light: Light, size: int) -> Iterator[Pixels]:
    for pose in motion.poses:
        yield light.shine_on(draw_face(identity, pose, size=size))


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


def _check_folder(folder: Path, overwrite: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"expected a folder to draw into, found a file: {folder}")
    if not folder.is_dir() or not _contents(folder) or _is_world(folder):
        return
    if not overwrite:
        raise UsageError(
            f"{folder} is not empty and no synthetic world",
            hint="choose a new folder, or ask to overwrite, which leaves files of other names alone",
        )
    if (folder / "clips").exists() or (folder / "clips.csv").exists():
        # Somebody's data set, perhaps the only copy; no flag is worth deleting that.
        raise UsageError(f"{folder} holds clips that dfer did not draw", hint="choose a new folder")


def _contents(folder: Path) -> list[Path]:
    """What lies in the folder, but for what a killed drawing left behind."""
    return [path for path in folder.iterdir() if not path.name.startswith(_SCRATCH)]


def _is_world(folder: Path) -> bool:
    try:
        world: Any = json.loads((folder / "world.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(world, dict) and world.get("synthetic") is True


def _write_csv(file: Path, rows: list[list[Any]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["path", "label", "fold", "caption", "subject"])
        writer.writerows(rows)


def _put_in_place(scratch: Path, folder: Path) -> None:
    # world.json is what makes the folder ours: it comes first, so that after a crash in between the folder
    # can be drawn into again.
    (scratch / "world.json").replace(folder / "world.json")
    if (folder / "clips").is_dir():
        (folder / "clips").rename(scratch / "old-clips")
    for name in ("clips", "clips.csv"):
        (scratch / name).replace(folder / name)
