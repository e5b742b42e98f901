"""Folders that are the list: `<split>/<label>/<clip>`, or `<label>/<clip>` where nothing is split yet."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dfer.clips.clip import Clip
from dfer.clips.frame_files import is_video
from dfer.clips.readers.data_folder import data_folder, entries_of, holds_images, unpacked_in
from dfer.clips.readers.list_problems import ListProblems, Problem, split_name
from dfer.clips.readers.listing import Listing
from dfer.errors import ContentError


def list_folders(data: Path, *, root: Path | None = None) -> Listing:
    """What a plain tree holds: folders of images and videos, labelled by the folder around them.

    `data` is the top of the tree, or a folder around it that holds no clips of its own and no other tree;
    with `root`, that is read in its place. Folders named train, val, test (or validation, …) are splits; if
    there is one, folders of other names beside it are left out, with a note. An id is the path inside the
    tree.

    Raises:
        UsageError: no folder, or one that cannot be listed.
        ContentError: there is no clip in it.
    """
    top = data_folder(data if root is None else root)
    tree = _read(top)
    if not tree.clips:
        tree = _only_tree_in(top) or tree
    if not tree.clips:
        ListProblems(tree.problems).raise_if_any()
        raise ContentError(
            f"no clips in {top}: expected <split>/<label>/<clip> or <label>/<clip>",
            hint="a clip is a folder of images or a video",
        )
    return Listing(
        clips=tree.clips,
        places=tuple(str(clip.path) for clip in tree.clips),
        root=tree.top,
        problems=tree.problems,
        notes=tree.notes,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tree:
    top: Path
    clips: tuple[Clip, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def _only_tree_in(top: Path) -> _Tree | None:
    """The tree that was unpacked into a folder of its own; None where there are several to choose from."""
    _, *inside = unpacked_in(top)
    trees = [tree for tree in map(_read, inside) if tree.clips]
    outermost = [tree for tree in trees if not any(other.top in tree.top.parents for other in trees)]
    return outermost[0] if len(outermost) == 1 else None


def _read(top: Path) -> _Tree:
    folders = [name for name, is_folder in entries_of(top) if is_folder]
    splits = {name: split for name in folders if (split := split_name(name))}
    problems = ListProblems()
    parts: list[tuple[str, str | None]] = [*splits.items()] or [("", None)]
    clips = tuple(clip for name, split in parts for clip in _split(top, name, split, problems))
    left_out = [name for name in folders if splits and name not in splits]
    return _Tree(
        top=top,
        clips=clips,
        problems=problems.found,
        notes=(f"left out, since {', '.join(splits)} are splits: {', '.join(left_out)}",) if left_out else (),
    )


def _split(top: Path, inside: str, split: str | None, problems: ListProblems) -> Iterator[Clip]:
    for label, is_folder in entries_of(top / inside):
        if not is_folder:
            continue
        folder = top / inside / label
        if holds_images(folder):
            problems.add(
                str(folder),
                "images lie here, where clips are expected: their class is not known",
                hint="put the images of each clip into a folder inside its label's: <label>/<clip>/0001.jpg",
            )
            continue
        for name, is_a_folder in entries_of(folder):
            path = folder / name
            if is_a_folder and not holds_images(path):
                problems.add(str(path), "no images in this folder, so it is no clip", kind="not-a-clip")
            elif is_a_folder or is_video(path):
                yield Clip(id=path.relative_to(top).as_posix(), path=path, label=label, split=split)
