"""What a run is judged by, from labels and logits."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torchmetrics.functional.classification import (
    binary_auroc,
    multiclass_confusion_matrix,
)

CALIBRATION_BINS = 15


@dataclass(frozen=True, kw_only=True, slots=True)
class Metrics:
    """Fractions. `uar` is the mean recall of the classes that have test clips; `war` is accuracy.

    `recalls` has None for a class without test clips: such a class is left out of the UAR, as the published
    code does implicitly (scikit-learn shrinks the matrix), but here it can be seen. It is left out of
    `macro_f1` and `auc` too. `auc` is None where all clips are of one class.
    """

    uar: float
    war: float
    recalls: tuple[float | None, ...]
    confusion: tuple[tuple[int, ...], ...]
    macro_f1: float
    auc: float | None
    calibration_error: float

    @property
    def further(self) -> dict[str, float | None]:
        """What a run keeps beside UAR and WAR, by name."""
        return {
            "macro_f1": self.macro_f1,
            "auc": self.auc,
            "calibration_error": self.calibration_error,
        }


def measure(
    labels: Tensor | Sequence[int], logits: Tensor | Sequence[Sequence[float]], *, classes: int
) -> Metrics:
    """Metrics over at least one clip; `confusion[i][j]` counts clips of class i taken for class j.

    `labels`: (clips,), class numbers. `logits`: (clips, classes). AUC is one class against the rest, the mean
    of the classes that have test clips; it and F1 are what EmoCLIP adds for compound emotions. The
    calibration error is that of the softmax's highest probability, over 15 bins of equal width. Raises
    ValueError where shapes do not fit, or there is no clip.
    """
    labels, logits = torch.as_tensor(labels).cpu(), torch.as_tensor(logits).cpu()
    if logits.shape != (len(labels), classes) or not len(labels):
        raise ValueError(
            f"expected logits of {classes} classes for as many clips as labels, at least one: "
            f"{tuple(logits.shape)}, {len(labels)}"
        )
    matrix = multiclass_confusion_matrix(logits.argmax(dim=1), labels, num_classes=classes).numpy()
    clips_of, taken_for = matrix.sum(axis=1), matrix.sum(axis=0)
    there = np.flatnonzero(clips_of)
    recalls = [float(matrix[i, i] / n) if n else None for i, n in enumerate(clips_of)]
    logits = logits.double()
    return Metrics(
        uar=float(np.mean([recall for recall in recalls if recall is not None])),
        war=float(np.trace(matrix) / clips_of.sum()),
        recalls=tuple(recalls),
        confusion=tuple(tuple(int(count) for count in row) for row in matrix),
        macro_f1=float(np.mean([2 * matrix[i, i] / (clips_of[i] + taken_for[i]) for i in there])),
        auc=None if len(there) == 1 else float(np.mean([_auc(labels, logits, of=int(i)) for i in there])),
        calibration_error=_calibration_error(labels, logits),
    )


def _calibration_error(labels: Tensor, logits: Tensor) -> float:
    """Clips are sorted into bins of equal width, (low, high], by the probability of what they are taken for;
    the error is the mean distance of a bin's accuracy and its mean probability, weighted by its clips.

    In double: torchmetrics rounds to single first, which makes 1 of every probability from a gap of 17 logits
    on, ordinary at a temperature of 0.01, and gives those a bin of their own.
    """
    confidence, taken_for = logits.softmax(dim=1).max(dim=1)
    excess = (confidence - (taken_for == labels).double()).numpy()
    bins = np.ceil(confidence.numpy() * CALIBRATION_BINS).astype(int) - 1
    sums = np.bincount(bins, weights=excess, minlength=CALIBRATION_BINS)
    return float(np.abs(sums).sum() / len(labels))


def _auc(labels: Tensor, logits: Tensor, *, of: int) -> float:
    """How often a clip of class `of` has a higher probability of it than a clip of another class.

    By the ranks of the log-odds, which order clips as the softmax does but at a temperature of 0.01 do not
    round many to 0 or 1. They are rounded themselves, so that clips that are equal on paper tie.
    """
    others = logits.clone()
    others[:, of] = -torch.inf
    odds = (logits[:, of] - others.logsumexp(dim=1)).round(decimals=9)  # (clips)
    ranks = np.unique(odds.numpy(), return_inverse=True)[1] / len(odds)
    return float(binary_auroc(torch.from_numpy(ranks), (labels == of).int()))
