"""What is compared: for every test clip, seed and fold, whether one set was right and the other wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldSample:
    """One fold: `values` (seeds, clips); a seed's figure is their sum weighted by `weights` (clips,).

    `strata` (clips,): clips of one stratum can stand for each other when clips are drawn anew. The figure of
    the fold is the mean of its seeds', that of all folds the mean of theirs.
    """

    values: Floats
    weights: Floats
    strata: Integers

    @property
    def of_seeds(self) -> Floats:
        """(seeds,)"""
        return self.values @ self.weights

    @property
    def figure(self) -> float:
        return float(self.of_seeds.mean())


def recall_sample(values: Floats, labels: Integers) -> FoldSample:
    """Weighted so that the sum is the mean over the classes that have clips: UAR, if values are 1 and 0.

    `values` (seeds, clips), `labels` (clips,). Clips are drawn anew class by class: a fold keeps its classes.
    """
    classes, place, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return FoldSample(values=values, weights=1.0 / (len(classes) * counts[place]), strata=labels)


def accuracy_sample(values: Floats) -> FoldSample:
    """Every clip weighs the same: WAR, if values are 1 and 0."""
    clips = values.shape[1]
    return FoldSample(
        values=values, weights=np.full(clips, 1.0 / clips), strata=np.zeros(clips, dtype=np.int64)
    )


def mean_over_folds(folds: Sequence[FoldSample]) -> float:
    return float(np.mean([fold.figure for fold in folds]))
