"""Whether every fold can be trained and tested on, and whether people are on both sides of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from dfer.clips.checking.finding import Finding, Severity, grouped
from dfer.clips.checking.listed import PAIRS_OF_SPLITS, Sides
from dfer.clips.clip import Clip

_NEEDED = ("train", "test")

_HAS = {
    (False, False): "neither fold nor split",
    (True, False): "a fold and no split",
    (False, True): "a split and no fold",
    (True, True): "a fold and a split",
}
"""By whether a clip has a fold and whether it has a split."""


def look_at_sides(
    clips: Sequence[Clip],
    folds: Mapping[int, Sides],
    class_names: Sequence[str],
    *,
    places: Sequence[str],
    allow_missing: bool = False,
) -> Iterator[Finding]:
    """Folds without train or test, classes that are missing from either, subjects that are on two sides.

    With `allow_missing` classes that are never trained are only warned of, as training goes on with them.
    """
    if clips and not folds:
        yield from _without_sides(clips, places)
    yield from grouped(
        "empty-side",
        "error",
        [f"fold {n}: no {name} clips" for n, side in folds.items() for name in _NEEDED if not side[name]],
        thing="fold",
        message="without clips to train or to test on",
        hint="are all lists of the data set there?",
    )
    yield from _classes(clips, folds, class_names, severity="warning" if allow_missing else "error")
    yield from _subjects(folds)


def _without_sides(clips: Sequence[Clip], places: Sequence[str]) -> Iterator[Finding]:
    has = [(clip.fold is not None, clip.split is not None) for clip in clips]
    usual = Counter(has).most_common(1)[0][0]
    others = [f"{place}: {_HAS[own]}" for own, place in zip(has, places, strict=True) if own != usual]
    hint = "fill the columns `split` (train, val, test) or `fold` (1, 2, …) for every clip"
    if not others:
        message = "the clips have neither folds nor splits, so there is nothing to test on"
        yield Finding(kind="no-split", severity="error", message=message, count=1, hint=hint)
    yield from grouped(
        "no-split", "error", others, thing="clip", message=f"where most have {_HAS[usual]}", hint=hint
    )


def _classes(
    clips: Sequence[Clip], folds: Mapping[int, Sides], class_names: Sequence[str], *, severity: Severity
) -> Iterator[Finding]:
    there = {clip.label for clip in clips}
    if absent := [name for name in class_names if name not in there]:
        yield from grouped(
            "class-without-clips",
            severity,
            absent,
            thing="class",
            things="classes",
            message="without any clip",
            hint="choose the class set of this data with --classes, or --allow-missing-classes",
        )
    named = [name for name in class_names if name in there]
    yield from grouped(
        "class-not-trained",
        severity,
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
        of = {
            name: Counter(c.subject for c in clips if c.subject is not None) for name, clips in side.items()
        }
        for one, other in PAIRS_OF_SPLITS:
            for subject in sorted(of[one].keys() & of[other].keys()):
                said = f"{of[one][subject]} {one} and {of[other][subject]} {other} clips in fold {fold}"
                crossing.setdefault(subject, []).append(said)
    yield from grouped(
        "subject-on-both-sides",
        "warning",
        [f"{subject}: {said[0]}" + (", …" if len(said) > 1 else "") for subject, said in crossing.items()],
        thing="subject",
        message="with clips on two sides of a fold",
        hint="the model may know the person instead of the emotion; split by subject",
    )
