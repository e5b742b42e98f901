"""DFER-CLIP's lists: one clip a line, `DIR FRAMES LABEL`, one file for each fold and split.

Source: DFER-CLIP code, annotation/ and video_dataloader. Their paths are absolute on the authors' machine, so
`root` says where the clips lie here. FRAMES is not believed: frames are counted on disk.
"""

import glob
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from dfer.clips.clip import Clip
from dfer.clips.labels import DFER_CLIP_LABELS
from dfer.clips.readers.list_problems import ListProblems, clip_is_there, split_name
from dfer.clips.readers.listing import Listing
from dfer.errors import ContentError, UsageError

_IN_A_FOLDER = re.compile(
    r"(?P<name>.+?)(?P<set>_set_(?P<fold>[0-9]+))?_(?P<split>train|test|val|valid|validation)\.txt",
    re.IGNORECASE,
)
_PLACEHOLDERS = {
    "fold": "[0-9]+",
    "split": "train|test|val|valid|validation",
}


def read_lists(pattern_or_dir: str | Path, *, root: Path | None = None) -> list[Clip]:
    """The clips of every fold and split, as `list_lists` finds them.

    Raises:
        UsageError: no such lists, or lists of several data sets in the folder.
        ContentError: lines that are no clips, clips that are not there; each problem names file and line.
    """
    return list_lists(pattern_or_dir, root=root).checked()


def list_lists(pattern_or_dir: str | Path, *, root: Path | None = None) -> Listing:
    """What DFER-CLIP's lists hold: the clips of every fold and split that a folder or a path pattern has lists for.

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
    placed = [
        (clip, place)
        for file, fold, split in _lists(pattern_or_dir)
        for clip, place in _read(file, fold, split, problems)
    ]
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


def _lists(pattern_or_dir: str | Path) -> list[tuple[Path, int | None, str | None]]:
    """The list files with their fold and split, in that order."""
    pattern = str(pattern_or_dir)
    if "{fold}" in pattern or "{split}" in pattern:
        found = list(_matching(pattern))
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
    return sorted(found, key=lambda item: (item[1] or 0, item[2] or "", item[0]))


def _matching(pattern: str) -> Iterator[tuple[Path, int | None, str | None]]:
    parts = Path(pattern).parts
    fixed = next(i for i, part in enumerate(parts) if "{fold}" in part or "{split}" in part)
    expression = "/".join(re.escape(part) for part in parts[fixed:])
    for name, values in _PLACEHOLDERS.items():
        # A second {fold} must be the same fold: `set_{fold}/{split}_{fold}.txt`.
        placeholder = re.escape(f"{{{name}}}")
        expression = expression.replace(placeholder, f"(?P<{name}>{values})", 1)
        expression = expression.replace(placeholder, f"(?P={name})")
    stars = "/".join(
        glob.escape(part).replace("{fold}", "*").replace("{split}", "*") for part in parts[fixed:]
    )
    base = Path(*parts[:fixed])
    for file in base.glob(stars):
        if match := re.fullmatch(expression, file.relative_to(base).as_posix(), re.IGNORECASE):
            groups = match.groupdict()
            split = split_name(groups["split"]) if "split" in groups else None
            # One train and one test list are the data set's only fold; FERV39k has no other.
            yield file, int(groups["fold"]) if "fold" in groups else 1, split


def _in_folder(folder: Path) -> list[tuple[Path, int | None, str | None]]:
    by_pattern: dict[str, list[tuple[Path, int | None, str | None]]] = {}
    for file in sorted(folder.iterdir()):
        if match := _IN_A_FOLDER.fullmatch(file.name):
            pattern = f"{match['name']}{'_set_{fold}' if match['set'] else ''}_{{split}}.txt"
            item = (file, int(match["fold"] or 1), split_name(match["split"]))
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


def _read(
    file: Path, fold: int | None, split: str | None, problems: ListProblems
) -> Iterator[tuple[Clip, str]]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise UsageError(f"cannot read the list {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ContentError(f"{file}: not UTF-8", hint="save the list as UTF-8 text") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        place = f"{file}:{number}"
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
                path=file.parent / identity,  # an absolute identity stands alone
                label=DFER_CLIP_LABELS[int(label)],
                split=split,
                fold=fold,
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
