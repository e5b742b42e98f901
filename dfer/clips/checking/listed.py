"""The clips of a listing as the checks take them: each clip of the disk once, and every fold's sides."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

from dfer.clips.clip import Clip

Sides = dict[str, tuple[Clip, ...]]
"""train, val and test of one fold."""

SPLITS = ("train", "val", "test")
PAIRS_OF_SPLITS = tuple(combinations(SPLITS, 2))


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A clip where it is listed first; five folds list it five times."""

    clip: Clip
    place: str


def distinct(clips: Sequence[Clip], places: Sequence[str]) -> dict[Path, Listed]:
    """By path, in the order of the lists."""
    found: dict[Path, Listed] = {}
    for clip, place in zip(clips, places, strict=True):
        if clip.path not in found:
            found[clip.path] = Listed(clip=clip, place=place)
    return found


def with_plain_paths(clips: Sequence[Clip]) -> tuple[Clip, ...]:
    """So that `a/../b` and `b`, by which a clip is told from others, are equal."""
    plain: dict[Path, Path] = {}
    for clip in clips:
        if clip.path not in plain:
            plain[clip.path] = Path(os.path.normpath(clip.path))
    return tuple(replace(clip, path=plain[clip.path]) for clip in clips)


def sides_of_folds(clips: Sequence[Clip]) -> dict[int, Sides]:
    """As `folds.select_fold` deals them out, without raising; none without folds or splits."""
    kinds = {(clip.fold is not None, clip.split is not None) for clip in clips}
    if len(kinds) != 1 or kinds == {(False, False)}:
        return {}
    has_fold, has_split = kinds.pop()
    if not has_fold:
        return {1: _by_split(clips)}
    folds = sorted({clip.fold for clip in clips if clip.fold is not None})
    if has_split:
        return {fold: _by_split([clip for clip in clips if clip.fold == fold]) for fold in folds}
    return {
        fold: {
            "train": tuple(clip for clip in clips if clip.fold != fold),
            "val": (),
            "test": tuple(clip for clip in clips if clip.fold == fold),
        }
        for fold in folds
    }


def _by_split(clips: Sequence[Clip]) -> Sides:
    return {name: tuple(clip for clip in clips if clip.split == name) for name in SPLITS}
