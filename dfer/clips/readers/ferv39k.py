"""FERV39k: 38,935 clips of 22 scenes, seven classes, one fixed split.

Lists have no header and a blank between: `Crime/Angry/0063 Angry`. The class stands in the path as well, so
whatever coding a list uses can be checked against it.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from dfer.class_sets import DFER_CLIP_LABELS, canonical_label, load_class_set
from dfer.clips.clip import Clip
from dfer.clips.readers.clip_folders import find_clips
from dfer.clips.readers.clip_names import without_video_suffix
from dfer.clips.readers.data_folder import data_folder, unpacked_in
from dfer.clips.readers.list_files import ListFile, choose_lists, find_lists, fold_notes
from dfer.clips.readers.list_lines import read_lines
from dfer.clips.readers.list_problems import ListProblems
from dfer.clips.readers.listing import Listing

_LISTS = (
    "4_setups/All_scenes/{split}_All.csv",
    "All_scenes/{split}_All.csv",
    "{split}_All.csv",
    "{split}_image.txt",  # EmoCLIP's names
    "{split}.csv",  # a plain name that people may choose for S2D's `path,id`; seen nowhere
)

_FACES = "2_ClipsforFaceCrop*"
_SCENES = "3_ClipsforScenImages*"

_NAMES = load_class_set("ferv39k7").names
_ALPHABETICAL = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")


def list_ferv39k(data: Path, *, root: Path | None = None) -> Listing:
    """What FERV39k's lists hold; all of it is fold 1.

    `data` is FERV39k's folder, or that of its lists. Lists are `4_setups/All_scenes/train_All.csv` and
    `test_All.csv`, else EmoCLIP's `train_image.txt` and `test_image.txt`, else `train.csv` and `test.csv`.
    Labels may be numbers: alphabetical ones under S2D's header `path,id`, else as in DFER-CLIP's lists. Clips
    are those of `2_ClipsforFaceCrop`, else of `3_ClipsforScenImages`, unless `root` names their folder. An id
    is `scene/emotion/number`.

    Raises:
        UsageError: no folder, no lists in it, or an unreadable one.
    """
    home = data_folder(data, list_folders=("4_setups", "All_scenes"))
    folders = unpacked_in(home)
    lists, notes = choose_lists(find_lists(folders, _LISTS), data=home, data_set="FERV39k", templates=_LISTS)
    notes += fold_notes(lists, folds=1)
    problems = ListProblems()
    placed = [item for file in lists.files for item in _clips(file, problems)]
    found = find_clips({clip.id for clip, _ in placed}, home=home, kinds=(_FACES, _SCENES), root=root)
    if found.kind == _SCENES:
        notes.append(f"no face crops found: clips are the whole frames of {found.folder}")
    return Listing(
        clips=found.placed(clip for clip, _ in placed),
        places=tuple(place for _, place in placed),
        root=found.folder,
        problems=problems.found,
        notes=(*notes, *found.notes),
        hint_missing=found.hint_missing,
    )


def _clips(file: ListFile, problems: ListProblems) -> Iterator[tuple[Clip, str]]:
    coding = DFER_CLIP_LABELS[: len(_NAMES)]
    before = 0  # columns in front of the path: pandas writes an index
    for number, (place, line) in enumerate(read_lines(file.path, problems)):
        written = line.split(",") if "," in line else line.split()
        columns = [field.strip().strip('"').casefold() for field in written]
        if number == 0 and columns[-2:] in (["path", "id"], ["path", "label"]):
            # Only this header says that somebody sorted the classes by name before numbering them.
            coding = _ALPHABETICAL if columns[-1] == "id" else coding
            before = len(columns) - 2
            continue
        fields = [field.strip('"') for field in line.replace(",", " ").split()][before:]
        frames = fields.pop(1) if len(fields) == 3 and fields[1].isdecimal() else None
        parts = PurePosixPath(fields[0].replace("\\", "/")).parts if fields else ()
        if len(fields) != 2 or len(parts) < 3:
            problems.add(place, f"expected `scene/emotion/clip label`, found {line.strip()!r}")
            continue
        scene, emotion, name = parts[-3:]
        identity = f"{scene}/{emotion}/{without_video_suffix(name)}"
        label = _label(emotion, fields[1], coding, place, problems)
        if label is not None:
            yield (
                Clip(
                    id=identity,
                    path=Path(identity),
                    label=label,
                    split=file.split,
                    fold=file.fold,
                    scene=scene,
                    listed_frames=int(frames) if frames else None,
                ),
                place,
            )


def _label(
    emotion: str, written: str, coding: tuple[str, ...], place: str, problems: ListProblems
) -> str | None:
    """The class by its folder, once the list says the same."""
    by_folder = canonical_label(emotion, _NAMES) or emotion
    listed = written
    if written.isascii() and written.isdigit():
        if int(written) >= len(coding):
            problems.add(place, f"expected a label from 0 to {len(coding) - 1}, found {written}")
            return None
        listed = coding[int(written)]
    if (canonical_label(listed, _NAMES) or listed) == by_folder:
        return by_folder
    meant = f"{written}, which is {listed}," if listed != written else repr(written)
    problems.add(
        place,
        f"the list says {meant} and the folder {emotion!r}",
        kind="label-coding",
        hint="numbers are " + ", ".join(f"{i} {name}" for i, name in enumerate(coding)) + " in this list",
    )
    return None
