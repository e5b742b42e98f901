"""From what validation clips were taken for to the confusions that cost most."""

from collections.abc import Collection
from dataclasses import dataclass

from dfer.training.metrics import Metrics


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationScores:
    """What a set scores on validation clips: `confusion[i][j]` clips of class i were taken for class j.

    `uar` is a fraction, the mean recall of the classes that have clips.
    """

    classes: tuple[str, ...]
    uar: float
    confusion: tuple[tuple[int, ...], ...]

    @property
    def clips_of(self) -> dict[str, int]:
        return {name: sum(row) for name, row in zip(self.classes, self.confusion, strict=True)}

    @property
    def clips(self) -> int:
        return sum(self.clips_of.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Confusion:
    """`clips` of the `clips_of` a class were taken for another one."""

    class_name: str
    taken_for: str
    clips: int
    clips_of: int

    @property
    def pair(self) -> tuple[str, str]:
        return self.class_name, self.taken_for

    @property
    def recall_lost(self) -> float:
        return self.clips / self.clips_of

    def __str__(self) -> str:
        return f"{self.class_name} taken for {self.taken_for} in {self.clips} of {self.clips_of}"


def scores_of(metrics: Metrics, classes: tuple[str, ...]) -> ValidationScores:
    return ValidationScores(classes=classes, uar=metrics.uar, confusion=metrics.confusion)


def worst_confusions(
    scores: ValidationScores, *, changeable: Collection[str] | None = None
) -> tuple[Confusion, ...]:
    """What costs most recall comes first, so that rare classes count as much as frequent ones do in the UAR.

    Where it is the same, what costs more clips; then in the order of the classes. `changeable` are the
    classes that can be given other words, by default all.
    """
    found = [
        Confusion(class_name=name, taken_for=other, clips=clips, clips_of=sum(row))
        for name, row in zip(scores.classes, scores.confusion, strict=True)
        for other, clips in zip(scores.classes, row, strict=True)
        if clips and other != name and (changeable is None or name in changeable)
    ]
    return tuple(sorted(found, key=lambda one: (-one.recall_lost, -one.clips)))
