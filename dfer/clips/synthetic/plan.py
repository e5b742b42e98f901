"""Who shows which class in which fold: the plan of a world, before anything is drawn."""

from collections import Counter
from dataclasses import dataclass

from dfer.class_sets.class_set import ClassSet
from dfer.clips.synthetic.imbalance import counts_by_share, shares_like_mafw
from dfer.clips.synthetic.variation import Imbalance


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedClip:
    """One clip to be drawn. `number`, from 0, is what its pixels are drawn from, beside the world's seed."""

    number: int
    label: str
    fold: int
    """From 1."""
    subject: int
    """From 0; people of one fold are in no other."""
    compound: tuple[str, ...] = ()
    """All emotions that show, the label's among them, where a data set labels more than one."""


def plan_clips(
    class_set: ClassSet, *, clips: int, folds: int, subjects: int, imbalance: Imbalance | None = None
) -> list[PlannedClip]:
    """Every clip's class, fold and person, such that none of the three gives another away.

    With an `imbalance` classes are as frequent as that says, each as evenly over the folds as its number
    allows; without it all are as frequent, and a longer plan begins with the shorter one.
    """
    if imbalance is not None:
        return _long_tailed(class_set, clips=clips, folds=folds, subjects=subjects)
    return [_in_turns(class_set, number, folds=folds, subjects=subjects) for number in range(clips)]


def _in_turns(class_set: ClassSet, number: int, *, folds: int, subjects: int) -> PlannedClip:
    """Round after round of all classes, each class moves on by one fold.

    The people of a fold take turns; once a class has been in all folds, they begin with the next person, lest
    a class meet the same people again.
    """
    classes = len(class_set.classes)
    turn, class_index = divmod(number, classes)
    fold = (turn + class_index) % folds
    cycle, step = divmod(turn, folds)
    before = sum(len(range((fold - earlier) % folds, classes, folds)) for earlier in range(step))
    in_fold = len(range(fold, subjects, folds))
    person = (cycle + before + class_index // folds) % in_fold
    return PlannedClip(
        number=number, label=class_set.names[class_index], fold=fold + 1, subject=fold + person * folds
    )


def _long_tailed(class_set: ClassSet, *, clips: int, folds: int, subjects: int) -> list[PlannedClip]:
    counts = counts_by_share(shares_like_mafw(class_set), clips=clips, folds=folds)
    seats = []
    dealt = 0
    for class_index, count in enumerate(counts):
        # Dealing goes on where the class before ended, so that folds are of one size as well.
        seats += [((i + 0.5) / count, class_index, (dealt + i) % folds) for i in range(count)]
        dealt += count
    planned = []
    in_fold: Counter[int] = Counter()
    # Classes spread over the whole plan, so that every person meets the frequent ones and some rare ones.
    for number, (_, class_index, fold) in enumerate(sorted(seats)):
        people = len(range(fold, subjects, folds))
        round_, place = divmod(in_fold[fold], people)
        in_fold[fold] += 1
        person = (place + round_) % people
        planned.append(
            PlannedClip(
                number=number,
                label=class_set.names[class_index],
                fold=fold + 1,
                subject=fold + person * folds,
            )
        )
    return planned
