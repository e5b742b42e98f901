"""Whether every fold can be trained and tested on, and whether people are on both sides of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from dfer.clips.checking.finding import Finding, grouped
from dfer.clips.checking.listed import Sides
from dfer.clips.clip import Clip

_SIDES = ("train", "test")


def look_at_sides(
    clips: Sequence[Clip], folds: Mapping[int, Sides], class_names: Sequence[str]
) -> Iterator[Finding]:
    """Folds without train or test, classes that are missing from either, subjects that are in both."""
    if clips and not folds:
        some = {(clip.fold is not None, clip.split is not None) for clip in clips} != {(False, False)}
        yield Finding(
            kind="no-split",
            severity="error",
            message="some clips have a fold or a split and others do not"
            if some
            else "the clips have neither folds nor splits, so there is nothing to test on",
            count=1,
            hint="fill the columns `split` (train, val, test) or `fold` (1, 2, …) for every clip",
        )
    yield from grouped(
        "empty-side",
        "error",
        [f"fold {n}: no {name} clips" for n, side in folds.items() for name in _SIDES if not side[name]],
        thing="fold",
        message="without clips to train or to test on",
        hint="are all lists of the data set there?",
    )
    yield from _classes(clips, folds, class_names)
    yield from _subjects(folds)


def _classes(
    clips: Sequence[Clip], folds: Mapping[int, Sides], class_names: Sequence[str]
) -> Iterator[Finding]:
    there = {clip.label for clip in clips}
    if absent := [name for name in class_names if name not in there]:
        yield from grouped(
            "class-without-clips",
            "error",
            absent,
            thing="class",
            things="classes",
            message="without any clip",
            hint="choose the class set of this data with --classes, or train with --allow-missing-classes",
        )
    named = [name for name in class_names if name in there]
    yield from grouped(
        "class-not-trained",
        "error",
        list(_lacking(folds, named, "train")),
        thing="class",
        things="classes",
        message="without training clips in a fold",
        hint="it is never learnt there; are all lines of the lists there?",
    )
    yield from grouped(
        "class-not-tested",
        "warning",
        list(_lacking(folds, named, "test")),
        thing="class",
        things="classes",
        message="without test clips in a fold",
        hint="the fold's UAR is over the other classes, another measure; are all lines of the lists there?",
    )


def _lacking(folds: Mapping[int, Sides], class_names: Sequence[str], side: str) -> Iterator[str]:
    """A line for each class; an empty side is told as such and not once for every class."""
    has = {fold: {clip.label for clip in sides[side]} for fold, sides in folds.items()}
    for label in class_names:
        if lacking := [str(fold) for fold, labels in has.items() if labels and label not in labels]:
            yield f"{label}: fold {', '.join(lacking)}"


def _subjects(folds: Mapping[int, Sides]) -> Iterator[Finding]:
    crossing: dict[str, list[str]] = {}
    for fold, side in folds.items():
        train, test = (Counter(c.subject for c in side[name] if c.subject is not None) for name in _SIDES)
        for subject in sorted(train.keys() & test.keys()):
            said = f"{train[subject]} train and {test[subject]} test clips in fold {fold}"
            crossing.setdefault(subject, []).append(said)
    yield from grouped(
        "subject-on-both-sides",
        "warning",
        [f"{subject}: {said[0]}" + (", …" if len(said) > 1 else "") for subject, said in crossing.items()],
        thing="subject",
        message="with clips both in train and in test of a fold",
        hint="the model may know the person instead of the emotion; split by subject",
    )
