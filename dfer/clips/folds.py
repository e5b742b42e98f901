"""From a list of clips to what is trained on, selected on and tested on."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dfer.clips.clip import Clip
from dfer.errors import ContentError


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldSplit:
    """One fold: no clip is in two of the three. `val` is empty unless the list has a validation split."""

    train: tuple[Clip, ...]
    val: tuple[Clip, ...]
    test: tuple[Clip, ...]


def select_fold(clips: Sequence[Clip], fold: int) -> FoldSplit:
    """The clips of one fold.

    Clips with fold and split: the fold's own lists. With a fold only: cross-validation, the clips of this
    fold are the test set and all others train. With a split only: the one fold there is, number 1.

    Raises:
        ContentError: neither folds nor splits, some clips with and some without, no such fold, no clips to
            train or to test on, or one clip in two of the splits.
    """
    kinds = {(clip.fold is not None, clip.split is not None) for clip in clips}
    if len(kinds) > 1:
        raise ContentError(
            "some clips have a fold or a split and others do not",
            hint="fill the columns fold and split for every clip, or leave one of them out",
        )
    has_fold, has_split = next(iter(kinds), (False, False))
    if not (has_fold or has_split):
        raise ContentError(
            "the clips have neither folds nor splits, so there is nothing to test on",
            hint="add a column `split` (train, val, test) for one fixed split, or a column `fold` (1, 2, …) "
            "for cross-validation: each fold is tested once, with the others for training; in a folder tree, "
            "sort the clips into train/ and test/",
        )
    if has_fold and has_split:
        own = [clip for clip in clips if clip.fold == fold]
        parts = {name: tuple(c for c in own if c.split == name) for name in ("train", "val", "test")}
    elif has_fold:
        parts = {
            "train": tuple(c for c in clips if c.fold != fold),
            "val": (),
            "test": tuple(c for c in clips if c.fold == fold),
        }
    else:
        if fold != 1:
            raise ContentError(f"no fold {fold}: the clips have one fixed split", hint="choose fold 1")
        parts = {name: tuple(c for c in clips if c.split == name) for name in ("train", "val", "test")}
    for name in ("train", "test"):
        if not parts[name]:
            there = ", ".join(map(str, sorted({c.fold for c in clips if c.fold is not None}))) or "1"
            raise ContentError(f"fold {fold} has no {name} clips", hint=f"the folds there are: {there}")
    _no_clip_twice(parts)
    return FoldSplit(train=parts["train"], val=parts["val"], test=parts["test"])


def carve_validation(
    train: Sequence[Clip], *, fraction: float = 0.1, seed: int
) -> tuple[tuple[Clip, ...], tuple[Clip, ...]]:
    """(train, val): about `fraction` of every class set aside, the clips of a subject or source together.

    The same clips and seed give the same halves, in whatever order the clips come; both keep that order. No
    class loses its last training clip. With many clips a subject or source the fraction is met only roughly.

    Raises:
        ContentError: nothing can be set aside: one clip, subject or source, or each holds all of a class.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"expected a fraction between 0 and 1, found {fraction}")
    group_of = _groups(train)
    groups: dict[tuple[str, str], list[Clip]] = {}
    for clip in train:
        groups.setdefault(group_of[clip.id], []).append(clip)
    left = Counter(clip.label for clip in train)
    # The neediest class gets at least one clip, or the best epoch would be chosen without ever seeing it.
    missing = Counter({label: max(1, round(fraction * count)) for label, count in left.items()})
    chosen: set[tuple[str, str]] = set()

    def spared(classes: Counter[str]) -> bool:
        return all(left[label] > count for label, count in classes.items())

    def gain(classes: Counter[str]) -> int:
        """By how much the squared distance to the wanted numbers would shrink."""
        return sum(missing[c] ** 2 - (missing[c] - count) ** 2 for c, count in classes.items())

    shuffled = sorted(groups, key=lambda key: hashlib.sha256(json.dumps([seed, *key]).encode()).digest())
    contents = {key: Counter(clip.label for clip in groups[key]) for key in shuffled}
    for key in shuffled:
        if gain(contents[key]) > 0 and spared(contents[key]):
            chosen.add(key)
            left -= contents[key]
            missing.subtract(contents[key])
    if not chosen:  # every subject has more clips than are wanted: take the one that overshoots least
        possible = [key for key in shuffled if spared(contents[key])]
        if not possible:
            raise ContentError(
                f"no validation clips can be set aside from {len(train)} training clips: "
                "any choice would leave a class without training clips",
                hint="give more clips or a list with its own val split",
            )
        chosen.add(max(possible, key=lambda key: gain(contents[key])))
    kept: list[Clip] = []
    val: list[Clip] = []
    for clip in train:
        (val if group_of[clip.id] in chosen else kept).append(clip)
    return tuple(kept), tuple(val)


def _groups(clips: Sequence[Clip]) -> dict[str, tuple[str, str]]:
    """By clip id what must stay together: clips that a person or a source links, directly or not."""
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(key: tuple[str, str]) -> tuple[str, str]:
        while (above := parent.setdefault(key, key)) != key:
            key = above
        return key

    own = {}
    for clip in clips:
        links = [(k, v) for k, v in (("subject", clip.subject), ("source", clip.source)) if v is not None]
        first, *others = links or [("clip", clip.id)]
        own[clip.id] = first
        for other in others:
            parent[root(other)] = root(first)
        root(first)
    return {name: root(key) for name, key in own.items()}


def _no_clip_twice(parts: dict[str, tuple[Clip, ...]]) -> None:
    owner: dict[object, str] = {}
    for name, clips in parts.items():
        for clip in clips:
            if (other := owner.setdefault(clip.path, name)) != name:
                raise ContentError(
                    f"{clip.id} would be in both {other} and {name}", hint="a clip may be in one of them only"
                )
