"""MAFW: clips of film in eleven single classes, or in 43 with the compound ones; five folds for each.

Two kinds of lists come with it: `no_caption`, blank-separated, and `with_caption`, TAB-separated and in GBK,
which leave out the neutral clips. Separators are told by the line, since copies of either kind are around in
the other's format.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from dfer.clips.clip import Clip
from dfer.clips.readers.clip_folders import find_clips
from dfer.clips.readers.clip_names import five_digits
from dfer.clips.readers.data_folder import data_folder, unpacked_in
from dfer.clips.readers.list_files import ListFile, choose_lists, find_lists, fold_notes
from dfer.clips.readers.list_lines import read_lines
from dfer.clips.readers.list_problems import ListProblems
from dfer.clips.readers.listing import Listing
from dfer.clips.readers.mafw_labels import mafw_label

_LIST_FOLDERS = ("Train & Test Set", "Train_Test_Set")

_CLIPS = (
    "data/faces",
    "data/frames",
    "frames/frames_crop_align_224",
    "data/clips",
    "clips",
)

_BLOCK = 50


def list_mafw(data: Path, *, root: Path | None = None) -> Listing:
    """What MAFW's lists of eleven single classes hold; see `list_mafw_compound`.

    Raises:
        UsageError: no folder, no lists in it, or an unreadable one.
    """
    return _list(data, root=root, protocol="single")


def list_mafw_compound(data: Path, *, root: Path | None = None) -> Listing:
    """What MAFW's lists of 43 classes hold, which are other folds than those of the single classes.

    `data` is MAFW's folder, or that of its lists (`Train & Test Set`). The lists without captions say which
    clips there are, and captions (the English ones) are joined from the others by id; where only lists with
    captions are there, they are used. Clips are looked for in `data/faces`, `data/frames`,
    `frames/frames_crop_align_224`, `data/clips`, `clips`, in this order, unless `root` names their folder. An
    id is a clip's number in five digits.

    A clip's `source` is its block of 50 numbers. MAFW does not say from which film a clip is, but its folds
    are runs of numbers and differ much, so neighbours are taken to share theirs (an inference).

    Raises:
        UsageError: no folder, no lists in it, or an unreadable one.
    """
    return _list(data, root=root, protocol="compound")


def _list(data: Path, *, root: Path | None, protocol: str) -> Listing:
    home = data_folder(data, list_folders=(*_LIST_FOLDERS, "single", "compound"))
    folders = unpacked_in(home)
    bare, captioned = (_templates(protocol, kind) for kind in ("no_caption", "with_caption"))
    without, with_captions = find_lists(folders, bare), find_lists(folders, captioned)
    found_lists = [*without, *with_captions]
    lists, notes = choose_lists(
        without or found_lists, data=home, data_set=f"MAFW ({protocol})", templates=(*bare, *captioned)
    )
    notes += fold_notes(lists, folds=5)
    if not without:
        notes.append(f"only lists with captions are there ({lists.pattern}): they leave out neutral clips")
    problems = ListProblems()
    placed = [item for file in lists.files for item in _clips(file, problems)]
    if without and with_captions:
        captions = {
            clip.id: clip.caption
            for file in with_captions[0].files
            for clip, _ in _clips(file, problems)
            if clip.caption
        }
        placed = [(replace(clip, caption=clip.caption or captions.get(clip.id)), at) for clip, at in placed]
    found = find_clips({clip.id for clip, _ in placed}, home=home, kinds=_CLIPS, root=root)
    return Listing(
        clips=found.placed(clip for clip, _ in placed),
        places=tuple(place for _, place in placed),
        root=found.folder,
        problems=problems.found,
        notes=(*notes, *found.notes),
        hint_missing=found.hint_missing,
    )


def _templates(protocol: str, kind: str) -> tuple[str, ...]:
    return tuple(
        f"{prefix}{protocol}/{kind}{copy}/set_{{fold}}/{{split}}.txt"
        for copy in ("", "_new")  # EmoCLIP's names for its own copies
        for prefix in (*(f"{folder}/" for folder in _LIST_FOLDERS), "")
    )


def _clips(file: ListFile, problems: ListProblems) -> Iterator[tuple[Clip, str]]:
    for place, line in read_lines(file.path, problems, chinese=True):
        fields = [field.strip() for field in (line.split("\t") if "\t" in line else line.split())]
        if len(fields) not in (2, 4) or not (fields[0] and fields[1]):
            problems.add(place, f"expected `clip label` and perhaps two captions, found {line.strip()!r}")
            continue
        if fields[1].isascii() and fields[1].isdigit():
            problems.add(
                place,
                f"expected the name of an emotion, found the number {fields[1]}",
                kind="label-coding",
                hint="MAFW's classes are numbered in three ways; use the data set's own lists, with names",
            )
            continue
        identity = five_digits(fields[0])
        yield (
            Clip(
                id=identity,
                path=Path(identity),
                label=mafw_label(fields[1]),
                split=file.split,
                fold=file.fold,
                caption=None if len(fields) == 2 or fields[3] in ("", "-") else fields[3],
                source=_source(identity),
            ),
            place,
        )


def _source(identity: str) -> str | None:
    if not (identity.isascii() and identity.isdigit()):
        return None
    return f"{int(identity) // _BLOCK * _BLOCK:05d}"
