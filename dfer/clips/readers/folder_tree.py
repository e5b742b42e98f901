"""Folders that are the list: `<split>/<label>/<clip>`, or `<label>/<clip>` where nothing is split yet."""

from collections.abc import Iterator
from pathlib import Path

from dfer.clips.clip import Clip
from dfer.clips.frame_files import IMAGE_SUFFIXES, is_video
from dfer.clips.readers.data_folder import data_folder, entries_of
from dfer.clips.readers.list_problems import ListProblems, split_name
from dfer.clips.readers.listing import Listing
from dfer.errors import ContentError


def list_folders(data: Path, *, root: Path | None = None) -> Listing:
    """What a plain tree holds: folders of images and videos, labelled by the folder around them.

    `data` is the top of the tree; with `root`, that tree is read in its place. Folders named train, val, test
    (or validation, …) are splits; if there is one, folders of other names beside it are left out, with a
    note. An id is the path inside the tree.

    Raises:
        UsageError: no folder, or one that cannot be listed.
        ContentError: there is no clip in it.
    """
    top = data_folder(data if root is None else root)
    folders = [name for name, is_folder in entries_of(top) if is_folder]
    splits = {name: split for name in folders if (split := split_name(name))}
    problems = ListProblems()
    clips: list[Clip] = []
    for name, split in splits.items():
        clips += _split(top, name, split, problems)
    if not splits:
        clips = list(_split(top, "", None, problems))
    if not clips:
        problems.raise_if_any()
        raise ContentError(
            f"no clips in {top}: expected <split>/<label>/<clip> or <label>/<clip>",
            hint="a clip is a folder of images or a video",
        )
    left_out = [name for name in folders if splits and name not in splits]
    return Listing(
        clips=tuple(clips),
        places=tuple(str(clip.path) for clip in clips),
        root=top,
        problems=problems.found,
        notes=(f"left out, since {', '.join(splits)} are splits: {', '.join(left_out)}",) if left_out else (),
    )


def _split(top: Path, inside: str, split: str | None, problems: ListProblems) -> Iterator[Clip]:
    for label, is_folder in entries_of(top / inside):
        if not is_folder:
            continue
        folder = top / inside / label
        entries = entries_of(folder)
        if any(_is_image(name) for name, is_a_folder in entries if not is_a_folder):
            problems.add(
                str(folder),
                "images lie here, where clips are expected: their class is not known",
                hint="put the images of each clip into a folder inside its label's: <label>/<clip>/0001.jpg",
            )
            continue
        for name, is_a_folder in entries:
            path = folder / name
            if is_a_folder and not any(_is_image(frame) for frame, _ in entries_of(path)):
                problems.add(str(path), "no images in this folder, so it is no clip", kind="not-a-clip")
            elif is_a_folder or is_video(path):
                yield Clip(id=path.relative_to(top).as_posix(), path=path, label=label, split=split)


def _is_image(name: str) -> bool:
    return name.lower().endswith(IMAGE_SUFFIXES)
