"""UAR, WAR, per-class recall and confusion, from labels and predictions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torchmetrics.functional.classification import multiclass_confusion_matrix


@dataclass(frozen=True, kw_only=True, slots=True)
class Metrics:
    """Fractions. `uar` is the mean recall of the classes that have test clips; `war` is accuracy.

    `recalls` has None for a class without test clips: such a class is left out of the UAR, as the published
    code does implicitly (scikit-learn shrinks the matrix), but here it can be seen.
    """

    uar: float
    war: float
    recalls: tuple[float | None, ...]
    confusion: tuple[tuple[int, ...], ...]


def measure(labels: Sequence[int], predictions: Sequence[int], *, classes: int) -> Metrics:
    """Metrics over at least one clip; `confusion[i][j]` counts clips of class i taken for class j."""
    if len(labels) != len(predictions) or not labels:
        raise ValueError(
            f"expected as many predictions as labels, at least one: {len(predictions)}, {len(labels)}"
        )
    matrix = multiclass_confusion_matrix(
        torch.tensor(predictions), torch.tensor(labels), num_classes=classes
    ).numpy()
    clips_of = matrix.sum(axis=1)
    recalls = [float(matrix[i, i] / n) if n else None for i, n in enumerate(clips_of)]
    return Metrics(
        uar=float(np.mean([recall for recall in recalls if recall is not None])),
        war=float(np.trace(matrix) / clips_of.sum()),
        recalls=tuple(recalls),
        confusion=tuple(tuple(int(count) for count in row) for row in matrix),
    )
