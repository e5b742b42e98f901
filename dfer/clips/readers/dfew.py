"""DFEW: 11,697 single-labelled clips of film, seven classes, five folds with a train and a test list each.

Lists are CSV, `video_name,label`, with labels **from 1 to 7** in the order of the class set dfew7.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from dfer.class_sets import canonical_label, load_class_set
from dfer.clips.clip import Clip
from dfer.clips.readers.clip_folders import find_clips
from dfer.clips.readers.clip_names import five_digits
from dfer.clips.readers.data_folder import data_folder, unpacked_in
from dfer.clips.readers.dfew_votes import read_votes
from dfer.clips.readers.list_files import ListFile, choose_lists, find_lists, fold_notes
from dfer.clips.readers.list_lines import read_lines
from dfer.clips.readers.list_problems import ListProblems
from dfer.clips.readers.listing import Listing

_LISTS = (
    "EmoLabel_DataSplit/{split}(single-labeled)/set_{fold}.csv",
    "{split}(single-labeled)/set_{fold}.csv",
    "EmoLabel_DataSplit/{split}_set_{fold}.csv",  # S2D's names
    "{split}_set_{fold}.csv",
    "label/single_{split}set_{fold}.csv",  # the authors' README
    "single_{split}set_{fold}.csv",
)

_LIST_FOLDERS = ("EmoLabel_DataSplit", "label", "train(single-labeled)", "test(single-labeled)")

_CLIPS = (
    # Faces come before the whole picture, all frames before sixteen, frames before videos.
    "Clip/clip_224x224",
    "Clip/jpg_256",
    "DFEW_Frame_Face",
    "Clip/clip_224x224_16f",
    "Clip/clip_224x224_avi",
    "data",
    "Clip/original",
)

_NAMES = load_class_set("dfew7").names


def list_dfew(data: Path, *, root: Path | None = None) -> Listing:
    """What DFEW's lists hold.

    `data` is DFEW's folder, or that of its lists. Lists are the data set's own (`EmoLabel_DataSplit`), else
    S2D's (`train_set_1.csv`), else those of the authors' README (`label/single_trainset_1.csv`). Clips are
    looked for as `clip_224x224`, `jpg_256`, `DFEW_Frame_Face`, `clip_224x224_16f`, `clip_224x224_avi`,
    `data`, `original`, in this order, unless `root` names their folder. Votes come from
    `Annotation/annotation.xlsx` or `.csv` if it is there. An id is a clip's number in five digits.

    Raises:
        UsageError: no folder, no lists in it, or an unreadable one.
    """
    home = data_folder(data, list_folders=_LIST_FOLDERS)
    folders = unpacked_in(home)
    lists, notes = choose_lists(find_lists(folders, _LISTS), data=home, data_set="DFEW", templates=_LISTS)
    notes += fold_notes(lists, folds=5)
    problems = ListProblems()
    placed = [item for file in lists.files for item in _clips(file, problems)]
    found = find_clips({clip.id for clip, _ in placed}, home=home, kinds=_CLIPS, root=root)
    votes, about_votes = read_votes(folders, _NAMES)
    clips = found.placed(replace(clip, votes=votes.get(clip.id)) for clip, _ in placed)
    return Listing(
        clips=clips,
        places=tuple(place for _, place in placed),
        root=found.folder,
        problems=problems.found,
        notes=(*notes, *found.notes, *about_votes),
        hint_missing=found.hint_missing,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    place: str
    name: str
    label: str


def _clips(file: ListFile, problems: ListProblems) -> Iterator[tuple[Clip, str]]:
    rows = list(_rows(file.path, problems))
    numbers = {row.label for row in rows}
    if "0" in numbers and str(len(_NAMES)) not in numbers:
        first = next(row for row in rows if row.label == "0")
        problems.add(
            first.place,
            f"label 0, and no {len(_NAMES)} in the list: it seems to count from 0, DFEW counts from 1",
            kind="label-coding",
            hint="add 1 to the labels, or write names; "
            + ", ".join(f"{number} is {name}" for number, name in enumerate(_NAMES, start=1)),
        )
        return  # any clip given from here would have the label of another class
    for row in rows:
        label = _label(row, problems)
        if label is not None:
            identity = five_digits(row.name)
            clip = Clip(id=identity, path=Path(identity), label=label, split=file.split, fold=file.fold)
            yield clip, row.place


def _rows(file: Path, problems: ListProblems) -> Iterator[_Row]:
    name_at, label_at = 0, 1
    for number, (place, line) in enumerate(read_lines(file, problems)):
        fields = [field.strip().strip('"') for field in line.split(",")]
        columns = [field.casefold() for field in fields]
        if number == 0 and "video_name" in columns and "label" in columns:
            name_at, label_at = columns.index("video_name"), columns.index("label")
        elif len(fields) <= max(name_at, label_at) or not (fields[name_at] and fields[label_at]):
            problems.add(place, f"expected `video_name,label`, found {line.strip()!r}")
        else:
            # Spreadsheets with an empty cell in the column write 3 as 3.0.
            name, label = (fields[at].removesuffix(".0") for at in (name_at, label_at))
            yield _Row(place=place, name=name, label=label)


def _label(row: _Row, problems: ListProblems) -> str | None:
    try:
        number = int(row.label)
    except ValueError:
        label = canonical_label(row.label, _NAMES)
    else:
        label = _NAMES[number - 1] if 1 <= number <= len(_NAMES) else None
    if label is None:
        kind = "label-coding" if row.label == "0" else "bad-line"
        message = f"expected a label from 1 to {len(_NAMES)} or its name, found {row.label!r}"
        problems.add(row.place, message, kind=kind)
    return label
