"""DFER-CLIP's lists: one clip a line, `DIR FRAMES LABEL`, one file for each fold and split.

Source: DFER-CLIP code, annotation/ and video_dataloader. Their paths are absolute on the authors' machine, so
`root` says where the clips lie here. FRAMES is not believed: frames are counted on disk.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from dfer.clips.clip import Clip
from dfer.clips.labels import DFER_CLIP_LABELS
from dfer.clips.readers.list_files import ListFile, matching
from dfer.clips.readers.list_lines import read_lines
from dfer.clips.readers.list_problems import ListProblems, clip_is_there, split_name
from dfer.clips.readers.listing import Listing
from dfer.errors import ContentError, UsageError

_IN_A_FOLDER = re.compile(
    r"(?P<name>.+?)(?P<set>_set_(?P<fold>[0-9]+))?_(?P<split>train|test|val|valid|validation)\.txt",
    re.IGNORECASE,
)


def read_lists(pattern_or_dir: str | Path, *, root: Path | None = None) -> list[Clip]:
    """The clips of every fold and split, as `list_lists` finds them.

    Raises:
        UsageError: no such lists, or lists of several data sets in the folder.
        ContentError: lines that are no clips, clips that are not there; each problem names file and line.
    """
    return list_lists(pattern_or_dir, root=root).checked()


def list_lists(pattern_or_dir: str | Path, *, root: Path | None = None) -> Listing:
    """The clips of every fold and split that a folder or a path pattern has DFER-CLIP lists for.

    `pattern_or_dir` is a pattern with `{fold}` and `{split}`, such as
    `annotation/DFEW_set_{fold}_{split}.txt`, or a folder with files named so. Lists
    without a fold are fold 1.

    With `root`, the longest tail of a line's DIR that exists under `root` is the clip; what is in front of it
    is settled by the first clip found and is the same for all. Without, DIR is taken as written, a relative
    one from the folder of its list.

    Raises:
        UsageError: no such lists, or lists of several data sets in the folder.
        ContentError: the lists hold no clips, or none of them is under `root`.
    """
    problems = ListProblems()
    placed = [(clip, place) for file in _lists(pattern_or_dir) for clip, place in _read(file, problems)]
    if not placed:
        problems.raise_if_any()
        raise ContentError(f"the lists of {pattern_or_dir} hold no clips")
    if root is not None:
        placed = _under(root, placed, problems)
    return Listing(
        clips=tuple(clip for clip, _ in placed),
        places=tuple(place for _, place in placed),
        root=root or Path(),
        problems=problems.found,
        hint_missing="the lists hold their authors' paths; name the folder that holds the clips here as root"
        if root is None
        else f"clips are looked for under {root}",
    )


def _lists(pattern_or_dir: str | Path) -> list[ListFile]:
    """The list files, sorted by fold and split."""
    pattern = str(pattern_or_dir)
    if "{fold}" in pattern or "{split}" in pattern:
        found = _matching(pattern)
        if not found:
            raise UsageError(
                f"no list matches {pattern}",
                hint="{fold} stands for a number, {split} for train, test or val",
            )
    elif Path(pattern).is_dir():
        found = _in_folder(Path(pattern))
    else:
        raise UsageError(
            f"expected a folder of DFER-CLIP lists or a pattern, found {pattern}",
            hint="such as annotation/DFEW_set_{fold}_{split}.txt",
        )
    return sorted(found, key=lambda file: (file.fold, file.split or "", file.path))


def _matching(pattern: str) -> list[ListFile]:
    parts = Path(pattern).parts
    fixed = next(i for i, part in enumerate(parts) if "{fold}" in part or "{split}" in part)
    return list(matching(Path(*parts[:fixed]), "/".join(parts[fixed:])))


def _in_folder(folder: Path) -> list[ListFile]:
    by_pattern: dict[str, list[ListFile]] = {}
    for file in sorted(folder.iterdir()):
        if not file.name.startswith(".") and (match := _IN_A_FOLDER.fullmatch(file.name)):
            pattern = f"{match['name']}{'_set_{fold}' if match['set'] else ''}_{{split}}.txt"
            item = ListFile(path=file, fold=int(match["fold"] or 1), split=split_name(match["split"]))
            by_pattern.setdefault(pattern, []).append(item)
    if not by_pattern:
        raise UsageError(
            f"no lists in {folder}: expected names such as DFEW_set_1_train.txt or FERV39K_train.txt",
            hint="give a pattern with {fold} and {split} for other names",
        )
    if len(by_pattern) > 1:
        raise UsageError(
            f"{folder} holds the lists of several data sets: {', '.join(by_pattern)}",
            hint=f"choose one by its pattern, such as {folder / next(iter(by_pattern))}",
        )
    return next(iter(by_pattern.values()))


def _read(file: ListFile, problems: ListProblems) -> Iterator[tuple[Clip, str]]:
    for place, line in read_lines(file.path, problems):
        fields = line.strip().rsplit(maxsplit=2)  # from the right: folders may have spaces in their names
        if len(fields) != 3 or not (fields[1].isascii() and fields[1].isdigit()):
            problems.add(place, f"expected `DIR FRAMES LABEL`, found {line.strip()!r}")
            continue
        directory, frames, label = fields
        if not (label.isascii() and label.isdigit() and int(label) < len(DFER_CLIP_LABELS)):
            problems.add(
                place,
                f"expected a label from 0 to {len(DFER_CLIP_LABELS) - 1}, found {label!r}",
                hint="in these lists "
                + ", ".join(f"{i} is {name}" for i, name in enumerate(DFER_CLIP_LABELS)),
            )
            continue
        identity = PurePosixPath(directory).as_posix()
        yield (
            Clip(
                id=identity,
                path=file.path.parent / identity,  # an absolute identity stands alone
                label=DFER_CLIP_LABELS[int(label)],
                split=file.split,
                fold=file.fold,
                listed_frames=int(frames),
            ),
            place,
        )


def _under(root: Path, placed: list[tuple[Clip, str]], problems: ListProblems) -> list[tuple[Clip, str]]:
    """The clips with the authors' prefix taken off and `root` put in its place."""
    prefix = _prefix(root, [clip for clip, _ in placed])
    moved = []
    for clip, place in placed:
        parts = _parts(clip.id)
        if parts[: len(prefix)] != prefix:
            problems.add(
                place,
                f"expected a path in {'/'.join(prefix)}, as of the clips before, found {clip.id}",
                hint=f"{root} takes the place of one folder for all clips; name a root that holds them all",
            )
            continue
        path = root.joinpath(*parts[len(prefix) :])
        moved.append((replace(clip, path=path), place))
    return moved


def _prefix(root: Path, clips: list[Clip]) -> tuple[str, ...]:
    for clip in clips:
        parts = _parts(clip.id)
        for cut in range(len(parts)):  # the longest tail first
            if clip_is_there(root.joinpath(*parts[cut:])):
                return parts[:cut]
    parts = _parts(clips[0].id)
    tried = ", ".join(str(root.joinpath(*parts[cut:])) for cut in range(len(parts)))
    raise ContentError(
        f"none of the {len(clips)} clips of the lists is under {root}; "
        f"tried for the first, {clips[0].id}: {tried}",
        hint="name the folder that holds the clips, or one above it, as root",
    )


def _parts(identity: str) -> tuple[str, ...]:
    return tuple(part for part in PurePosixPath(identity).parts if part != "/")
