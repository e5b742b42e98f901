"""What a training step minimises, as pure functions."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from dfer.models.settings import Duplicates


def contrastive_loss(
    video: Tensor, text: Tensor, scale: Tensor, *, groups: Tensor, duplicates: Duplicates = "negative"
) -> Tensor:
    """Symmetric cross-entropy over a batch: every clip finds its text, every text its clip (EmoCLIP §III-B).

    `video`, `text`: (batch, embed), L2-normalised; `scale`: (); `groups`: (batch,), equal where two texts are
    the same. "negative", as published: even then only a clip's own row is right. "positive": all clips of the
    same text share the probability equally, without which identical class descriptions repel each other.
    """
    with torch.autocast(video.device.type, enabled=False):
        logits = scale.float() * video.float() @ text.float().T  # (batch, batch)
        if duplicates == "negative":
            targets = torch.arange(len(logits), device=logits.device)
            sides = [functional.cross_entropy(side, targets) for side in (logits, logits.T)]
        else:
            same = (groups.unsqueeze(0) == groups.unsqueeze(1)).float()
            shares = same / same.sum(dim=1, keepdim=True)
            sides = [functional.cross_entropy(side, shares) for side in (logits, logits.T)]
        return (sides[0] + sides[1]) / 2


def balanced_weights(labels: Sequence[int], *, classes: int) -> Tensor:
    """(classes,): clips over (present classes × clips of the class), so that the mean over clips is 1.

    A class without clips has weight 0.
    """
    counts = torch.bincount(torch.tensor(labels), minlength=classes).float()
    present = (counts > 0).sum()
    weights = len(labels) / (present * counts.clamp(min=1))
    return torch.where(counts > 0, weights, torch.zeros(()))


def vote_shares(votes: Sequence[tuple[str, float]], class_names: Sequence[str]) -> list[float] | None:
    """The share of the votes that each class got; None if no class of these got any."""
    of: Mapping[str, float] = dict(votes)
    counts = [of.get(name, 0.0) for name in class_names]
    total = sum(counts)
    return [count / total for count in counts] if total > 0 else None
