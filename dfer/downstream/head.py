"""The head: a small network from a video feature to a score for each target (EmoCLIP §IV-D)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dfer.models.seeding import seeded


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadSettings:
    """256 hidden units are published; how the head was trained is not.

    AdamW instead of the SGD of EmoCLIP's other trainings: with few clips and hence few steps, SGD at its rate
    of 0.001 hardly moves.
    """

    hidden: int = 256
    epochs: int = 100
    batch_size: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2


class Head(nn.Module):
    """Linear, ReLU, Linear as published, between two standardisations that the training clips decide.

    Standardised features are ours too: an affine map, which the first layer could hold, by which one learning
    rate suits every tower. An output of zero is the mean score of the training clips.
    """

    def __init__(self, *, features: Tensor, scores: Tensor, hidden: int) -> None:
        """`features` (clips, width) and `scores` (clips, targets, NaN for none) are those of training."""
        super().__init__()
        self.features = Standardisation(features)
        self.scores = Standardisation(scores)
        self.layers = nn.Sequential(
            nn.Linear(features.shape[1], hidden), nn.ReLU(), nn.Linear(hidden, scores.shape[1])
        )

    def forward(self, features: Tensor) -> Tensor:
        """(clips, width) → scores (clips, targets) in their own units."""
        return self.scores.undone(self.layers(self.features(features)))


class Standardisation(nn.Module):
    """To mean 0 and standard deviation 1, column by column, as the given rows have them. NaN is left out.

    A column that is constant there is only centred.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, rows: Tensor) -> None:
        super().__init__()
        mean = rows.nanmean(dim=0)
        deviation = (rows - mean).square().nanmean(dim=0).sqrt()
        constant = deviation <= 1e-6 * mean.abs()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", torch.where(constant, 1.0, deviation))

    def forward(self, rows: Tensor) -> Tensor:
        return (rows - self.mean) / self.deviation

    def undone(self, rows: Tensor) -> Tensor:
        return rows * self.deviation + self.mean


def train_head(
    features: Tensor,
    scores: Tensor,
    *,
    settings: HeadSettings,
    seed: int,
    part: str,
    weights: Tensor | None = None,
) -> Head:
    """A head trained on these clips: mean square error over the standardised scores that are given.

    `features` (clips, width), `scores` (clips, targets) with NaN where nobody gave one; every clip has one
    score and every target too. `weights` (clips,): how much each clip's error counts; None for alike. First
    weights and the order of the clips depend on `seed` and `part` alone. Heads are small: they train on the
    CPU, where the same seed gives the same head.
    """
    counts = (~scores.isnan()).to(features.dtype)  # (clips, targets)
    if weights is not None:
        counts = counts * weights.to(features.dtype).unsqueeze(1)
    with seeded(seed, part=part):
        head = Head(features=features, scores=scores, hidden=settings.hidden)
        inputs, wanted = head.features(features), head.scores(scores).to(features.dtype)
        optimizer = torch.optim.AdamW(
            head.layers.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        for _ in range(settings.epochs):
            order = torch.randperm(len(inputs))
            for first in range(0, len(order), settings.batch_size):
                batch = order[first : first + settings.batch_size]
                error = head.layers(inputs[batch]) - wanted[batch]
                optimizer.zero_grad(set_to_none=True)
                # What is not known counts nothing, and NaN times nothing would still be NaN.
                error = error.masked_fill(counts[batch] == 0, 0.0)
                ((counts[batch] * error.square()).sum() / counts[batch].sum()).backward()
                optimizer.step()
    return head.eval()
