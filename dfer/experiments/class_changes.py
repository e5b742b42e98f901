"""Where two sets differ: recalls class by class, and which confusions moved."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dfer.experiments.paired_difference import Difference, difference_of
from dfer.experiments.pairing import PairedFold
from dfer.experiments.statistics.sample import Floats, Integers


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassChange:
    """Recalls of one class: means over the `folds` that have clips of it, of the means over their seeds.

    `difference` is a − b; all are None where no fold has clips of the class. Its intervals are for each class
    alone: of 11 classes, one in two comparisons has an interval without zero by luck.
    """

    name: str
    recall_a: float | None
    recall_b: float | None
    difference: Difference | None
    folds: int
    pairs: int
    clips: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MovedConfusion:
    """Clips of class `label` taken for `taken_for`, means over seeds: fractions of the class's clips, and how
    many."""

    label: str
    taken_for: str
    share_a: float
    share_b: float
    clips_a: float
    clips_b: float

    @property
    def moved(self) -> float:
        """More (or fewer) such clips with `a`, as a fraction of the class's clips."""
        return self.share_a - self.share_b


def class_changes(folds: Sequence[PairedFold], *, trained: bool) -> tuple[ClassChange, ...]:
    """In the order of the classes."""
    return tuple(
        _change(name, number, folds, trained=trained) for number, name in enumerate(folds[0].classes)
    )


def _change(name: str, number: int, folds: Sequence[PairedFold], *, trained: bool) -> ClassChange:
    having = [fold for fold in folds if (fold.labels == number).any()]
    samples = [sample for fold in having if (sample := fold.recall_sample_of(number)) is not None]
    return ClassChange(
        name=name,
        recall_a=_mean([_recall(fold.taken_a, fold.labels, number) for fold in having]),
        recall_b=_mean([_recall(fold.taken_b, fold.labels, number) for fold in having]),
        difference=difference_of(samples, trained=trained) if samples else None,
        folds=len(having),
        pairs=sum(len(fold.seeds) for fold in having),
        clips=sum(int((fold.labels == number).sum()) for fold in having),
    )


def _recall(taken: Integers, labels: Integers, number: int) -> float:
    """`taken` (seeds, clips)"""
    return float((taken[:, labels == number] == number).mean())


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def moved_confusions(folds: Sequence[PairedFold], *, most: int = 5) -> tuple[MovedConfusion, ...]:
    """The confusions whose share of their class changed most, the most moved first; none that did not."""
    classes = folds[0].classes
    a, b = (confusion_counts(folds, side) for side in ("a", "b"))
    clips = a.sum(axis=1)
    found = [
        MovedConfusion(
            label=classes[i],
            taken_for=classes[j],
            share_a=float(a[i, j] / clips[i]),
            share_b=float(b[i, j] / clips[i]),
            clips_a=float(a[i, j]),
            clips_b=float(b[i, j]),
        )
        for i, j in np.ndindex(a.shape)
        if i != j and a[i, j] != b[i, j]
    ]
    return tuple(sorted(found, key=lambda c: -round(abs(c.moved), 9))[:most])


def confusion_counts(folds: Sequence[PairedFold], side: str) -> Floats:
    """(classes, classes): clips of the row's class taken for the column's, in all folds, means over seeds."""
    classes = len(folds[0].classes)
    counts = np.zeros((classes, classes))
    for fold in folds:
        taken = fold.taken_a if side == "a" else fold.taken_b  # (seeds, clips)
        for seed in taken:
            np.add.at(counts, (fold.labels, seed), 1 / len(taken))
    return counts
