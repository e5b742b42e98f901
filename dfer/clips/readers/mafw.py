"""MAFW: clips of film in eleven single classes, or in 43 with the compound ones; five folds for each.

Two kinds of lists come with it: `no_caption`, blank-separated, and `with_caption`, TAB-separated and in GBK,
which leave out the neutral clips.
"""

from dataclasses import replace
from pathlib import Path

from dfer.clips.readers.clip_folders import find_clips
from dfer.clips.readers.data_folder import data_folder, unpacked_in
from dfer.clips.readers.list_files import choose_lists, find_lists, fold_notes
from dfer.clips.readers.list_problems import ListProblems
from dfer.clips.readers.listing import Listing
from dfer.clips.readers.mafw_captions import read_captions
from dfer.clips.readers.mafw_lines import mafw_clips

_LIST_FOLDERS = ("Train & Test Set", "Train_Test_Set")
_IN_LIST_FOLDERS = (
    *("single", "compound"),
    *("no_caption", "with_caption", "no_caption_new", "with_caption_new"),
)

_CLIPS = (
    "data/faces",
    "data/frames",
    "frames/frames_crop_align_224",
    "data/clips",
    "clips",
)


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
    home = data_folder(data, list_folders=(*_LIST_FOLDERS, *_IN_LIST_FOLDERS))
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
    placed = [item for file in lists.files for item in mafw_clips(file, problems)]
    if without and with_captions:
        captions, about_captions = read_captions(with_captions[0], [clip for clip, _ in placed])
        placed = [(replace(clip, caption=clip.caption or captions.get(clip.id)), at) for clip, at in placed]
        notes += about_captions
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
