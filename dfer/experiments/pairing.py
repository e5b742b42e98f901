"""The runs of two sets side by side: fold by fold, seed by seed, clip by clip."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from description_store.records import Outcome, Run
from dfer.errors import ContentError
from dfer.experiments.statistics.sample import Floats, FoldSample, Integers, accuracy_sample, recall_sample

OutcomesOf = Callable[[Run], Sequence[Outcome]]


@dataclass(frozen=True, kw_only=True, slots=True)
class PairedFold:
    """The runs of one fold that both sets have: `labels` (clips,), and what each set took them for,
    `taken_a` and `taken_b` (seeds, clips). Classes are numbers in the order of `classes`."""

    fold: int
    seeds: tuple[int, ...]
    classes: tuple[str, ...]
    clips: tuple[str, ...]
    labels: Integers
    taken_a: Integers
    taken_b: Integers

    @property
    def gain(self) -> Floats:
        """(seeds, clips): 1 where only `a` was right, −1 where only `b` was."""
        right_a, right_b = self.taken_a == self.labels, self.taken_b == self.labels
        gain: Floats = right_a.astype(float) - right_b.astype(float)
        return gain

    def uar_sample(self) -> FoldSample:
        return recall_sample(self.gain, self.labels)

    def war_sample(self) -> FoldSample:
        return accuracy_sample(self.gain)

    def recall_sample_of(self, number: int) -> FoldSample | None:
        """Of one class alone; None where the fold has no clips of it."""
        own = self.labels == number
        return accuracy_sample(self.gain[:, own]) if own.any() else None


def pair_runs(
    runs_a: Sequence[Run], runs_b: Sequence[Run], outcomes_of: OutcomesOf
) -> tuple[PairedFold, ...]:
    """Runs of the same fold and seed, fold by fold; no fold and seed is there twice in either.

    Raises:
        ContentError: two runs of a fold were not tested on the same clips, or have no stored predictions.
    """
    first = {(run.fold, run.seed): run for run in runs_a}
    second = {(run.fold, run.seed): run for run in runs_b}
    both = sorted(first.keys() & second.keys())
    folds = groupby(both, key=lambda key: key[0])
    return tuple(
        _fold([(first[key], second[key]) for key in keys], outcomes_of, fold=fold) for fold, keys in folds
    )


def _fold(pairs: Sequence[tuple[Run, Run]], outcomes_of: OutcomesOf, *, fold: int) -> PairedFold:
    example = pairs[0][0]
    classes = tuple(example.specification["classes"])
    number = {name: place for place, name in enumerate(classes)}
    clips = tuple(outcome.clip for outcome in outcomes_of(example))

    def taken(run: Run) -> list[int]:
        outcomes = outcomes_of(run)
        if tuple(outcome.clip for outcome in outcomes) != clips or not clips:
            raise ContentError(
                f"{example.name} and {run.name} were not tested on the same clips",
                hint="repeat the later one: dfer train … --again",
            )
        return [number[outcome.predicted] for outcome in outcomes]

    return PairedFold(
        fold=fold,
        seeds=tuple(a.seed for a, _ in pairs),
        classes=classes,
        clips=clips,
        labels=np.array([number[outcome.label] for outcome in outcomes_of(example)]),
        taken_a=np.array([taken(a) for a, _ in pairs]),
        taken_b=np.array([taken(b) for _, b in pairs]),
    )
