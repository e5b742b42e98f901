"""AFEW: a tree of faces, `AFEW_Face/{train,validation}/<emotion>/<clip>`; the folders are the lists.

The field tests on the validation set; a `test` folder, if there is one, is left out.
"""

from pathlib import Path

from dfer.class_sets import canonical_label, load_class_set
from dfer.clips.clip import Clip
from dfer.clips.frame_files import is_video
from dfer.clips.readers.clip_names import without_video_suffix
from dfer.clips.readers.data_folder import data_folder, entries_of, holds_images, unpacked_in
from dfer.clips.readers.list_problems import ListProblems, split_name
from dfer.clips.readers.listing import Listing
from dfer.errors import UsageError

_SPLITS = {"train": "train", "val": "test"}
_NAMES = load_class_set("afew7").names


def list_afew(data: Path, *, root: Path | None = None) -> Listing:
    """What AFEW's folders hold: fold 1, its test split being `validation`.

    `data` is `AFEW_Face` or the folder around it; with `root`, that tree is read in its place. Clips are
    folders of frames or videos; where both are there the frames. An id is `split/emotion/clip` as the folders
    are named.

    Raises:
        UsageError: no folder, no `train` or `validation` with emotions in it, or one that cannot be listed.
    """
    top = data_folder(data if root is None else root)
    tree = next((folder for folder in unpacked_in(top) if _is_afew(folder)), None)
    if tree is None:
        raise UsageError(
            f"no AFEW in {top}, nor in a folder of it: looked for train/Anger, validation/Anger, …",
            hint="name AFEW_Face, or the folder that holds it",
        )
    problems = ListProblems()
    clips: list[Clip] = []
    stray: list[str] = []
    splits = _split_folders(tree)
    missing = [name for name, split in (("train", "train"), ("validation", "test")) if split not in splits]
    notes = [f"{tree} has no folder {name}" for name in missing]
    for split, name in splits.items():
        for label, folder in _folders(tree / name):
            meant = canonical_label(label, _NAMES)
            if meant is None and not _holds_clips(folder):
                stray.append(f"{name}/{label}")
                continue
            if meant is None:
                problems.add(
                    str(folder), f"{label!r} is no emotion of AFEW", hint=f"emotions are {', '.join(_NAMES)}"
                )
                continue
            clips += [
                Clip(id=f"{name}/{label}/{stem}", path=folder / entry, label=meant, split=split, fold=1)
                for stem, entry in _clips(folder).items()
            ]
    if stray:
        notes.append(f"left out, since they are no emotions and hold no clips: {', '.join(stray)}")
    if any(split_name(entry) == "test" for entry, is_folder in entries_of(tree) if is_folder):
        notes.append(f"the test folder of {tree} is left out: the field tests on validation")
    return Listing(
        clips=tuple(clips),
        places=tuple(str(clip.path) for clip in clips),
        root=tree,
        problems=problems.found,
        notes=tuple(notes),
    )


def _split_folders(folder: Path) -> dict[str, str]:
    """The folders' names by the split that they are for the field."""
    found: dict[str, str] = {}
    for name, _ in _folders(folder):
        if split := _SPLITS.get(split_name(name) or ""):
            found.setdefault(split, name)
    return found


def _is_afew(folder: Path) -> bool:
    labels = [label for name in _split_folders(folder).values() for label, _ in _folders(folder / name)]
    return any(canonical_label(label, _NAMES) for label in labels)


def _folders(folder: Path) -> list[tuple[str, Path]]:
    return [(name, folder / name) for name, is_folder in entries_of(folder) if is_folder]


def _holds_clips(folder: Path) -> bool:
    """Whether frames of clips, or videos, lie where an emotion's would; landmarks are no loss."""
    return any(
        holds_images(folder / name) if is_folder else is_video(Path(name))
        for name, is_folder in entries_of(folder)
    )


def _clips(folder: Path) -> dict[str, str]:
    """What is in an emotion's folder, by the name of the clip; frames before the video they are from."""
    found = {}
    for name, is_folder in entries_of(folder):
        if is_folder:
            found[name] = name
        elif is_video(Path(name)):
            found.setdefault(without_video_suffix(name), name)
    return found
