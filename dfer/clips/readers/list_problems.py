"""Everything wrong with a list of clips, told at once: one error a run is cruel with 11,000 rows."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dfer.clips.clip import Clip
from dfer.clips.frame_files import is_video
from dfer.errors import ContentError

_TOLD = 5

_SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Something wrong with a list or with a clip that it names; `place` is "file:line"."""

    kind: str
    place: str
    message: str
    hint: str = ""


class ListProblems:
    """Collects problems by place ("file:line") and raises the first few with the count of all."""

    def __init__(self, found: Iterable[Problem] = ()) -> None:
        self._found = list(found)

    @property
    def found(self) -> tuple[Problem, ...]:
        return tuple(self._found)

    def add(self, place: str, problem: str, *, kind: str = "bad-line", hint: str = "") -> None:
        self._found.append(Problem(kind=kind, place=place, message=problem, hint=hint))

    def raise_if_any(self) -> None:
        """Raises ContentError with the first problems, one a line, and how many there are in all."""
        if not self._found:
            return
        count = len(self._found)
        message = "\n".join(f"{problem.place}: {problem.message}" for problem in self._found[:_TOLD])
        if count > _TOLD:
            message += f"\n… and {count - _TOLD} more ({count} problems in all; `dfer data check` sorts them)"
        hints = dict.fromkeys(problem.hint for problem in self._found if problem.hint)
        raise ContentError(message, hint="; ".join(hints))


def split_name(written: str) -> str | None:
    """train, val or test for what lists write; None for anything else."""
    return _SPLITS.get(written.strip().casefold())


def clip_is_there(path: Path) -> bool:
    """Whether something lies at `path`; a name the file system cannot even hold is not there."""
    try:
        return path.exists()
    except OSError:
        return False


def check_clips(placed: Iterable[tuple[Clip, str]], problems: ListProblems, *, hint_missing: str) -> None:
    """Checks on disk and against each other the clips of one data set, each with its place ("file:line")."""
    rows = list(placed)
    check_on_disk(rows, problems, hint_missing=hint_missing)
    check_against_each_other(rows, problems)


def check_on_disk(placed: Iterable[tuple[Clip, str]], problems: ListProblems, *, hint_missing: str) -> None:
    """Paths where nothing lies, or something that is no clip. Every path is looked at once."""
    kinds: dict[Path, str] = {}
    for clip, place in placed:
        if (kind := kinds.get(clip.path)) is None:
            kind = kinds[clip.path] = _kind(clip.path)
        if kind == "missing":
            problems.add(place, f"no such clip: {clip.path}", kind="missing-clip", hint=hint_missing)
        elif kind == "other":
            problems.add(
                place,
                f"neither a folder of frames nor a video: {clip.path}",
                kind="not-a-clip",
                hint="a clip is a folder of images or an .mp4, .avi, .mkv, .mov or .webm file",
            )


def check_against_each_other(placed: Iterable[tuple[Clip, str]], problems: ListProblems) -> None:
    """The same clip twice in one list; the same clip in two splits of a fold, or, where folds have no splits,
    in two folds: either way a test clip would have been trained on. The disk is not asked."""
    seen: dict[tuple[str, int | None], tuple[str | None, int | None, str]] = {}
    for clip, place in placed:
        # Where a fold is all there is, another fold is the training set: one row a clip, whatever its fold.
        scope = clip.fold if clip.split is not None else None
        # normpath, so that `a/../b` and `b` are found to be one clip.
        key = (os.path.normpath(clip.path), scope)
        if key not in seen:
            seen[key] = (clip.split, clip.fold, place)
            continue
        split, fold, first = seen[key]
        if split == clip.split and fold == clip.fold:
            problems.add(
                place,
                f"{clip.id} is listed twice (first at {first})",
                kind="listed-twice",
                hint="drop one of the two rows",
            )
        elif split != clip.split:
            problems.add(
                place,
                f"{clip.id} is in {clip.split or 'no split'} and, at {first}, in {split or 'no split'}"
                + ("" if clip.fold is None else f" of fold {clip.fold}"),
                kind="in-two-splits",
                hint="a clip may be in one split of a fold only",
            )
        else:
            problems.add(
                place,
                f"{clip.id} is in fold {clip.fold} and, at {first}, in fold {fold}",
                kind="in-two-splits",
                hint="without splits each fold trains on the others, so a clip may be in one fold only",
            )


def _kind(path: Path) -> str:
    if not clip_is_there(path):
        return "missing"
    return "clip" if is_video(path) or path.is_dir() else "other"
