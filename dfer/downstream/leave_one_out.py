"""Every subject's clips scored by a head that never saw that subject."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from dfer.downstream.head import HeadSettings, train_head


class HeldOut(NamedTuple):
    """Scores (clips, targets) in double precision and their own units, of the head and of no head at all.

    `baseline` is the mean score of what trained the head, weighted alike: what it must do better than. Its
    correlation with the given scores says nothing: where a high score is left out, the mean of the others is
    low, so that it comes out negative.
    """

    predicted: Tensor
    baseline: Tensor


def leave_one_subject_out(
    features: Tensor,
    scores: Tensor,
    subjects: Sequence[str],
    *,
    settings: HeadSettings,
    seed: int,
    weights: Tensor | None = None,
    on_subject: Callable[[int, int], None] = lambda done, total: None,
) -> HeldOut:
    """Train a head without each of the subjects in turn, and score that subject's clips with it.

    `features` (clips, width), `scores` (clips, targets) with NaN for scores that nobody gave; every clip has
    one, and every target has one of two subjects at least. `weights` (clips,): how much a clip counts in head
    and baseline; videos that count alike have clips of one over their number. A head depends on its seed, on
    the subject that is left out and on the clips of all others, not on which head was trained before.
    `on_subject` hears (done, total).

    Raises:
        ValueError: fewer than two subjects, or a target that only one of them has a score of.
    """
    names = sorted(set(subjects))
    weights = torch.ones(len(scores), dtype=torch.double) if weights is None else weights.double()
    scores = scores.double()
    predicted, baseline = torch.empty_like(scores), torch.empty_like(scores)
    for done, name in enumerate(names, 1):
        own = torch.tensor([subject == name for subject in subjects])
        others = scores[~own]
        if others.isnan().all(dim=0).any():
            raise ValueError(f"without subject {name!r} no score of some target is left to learn from")
        head = train_head(
            features[~own],
            others,
            weights=weights[~own],
            settings=settings,
            seed=seed,
            part=f"head without {name}",
        )
        with torch.inference_mode():
            predicted[own] = head(features[own])
        known = weights[~own, None] * ~others.isnan()
        baseline[own] = (known * others.nan_to_num()).sum(dim=0) / known.sum(dim=0)
        on_subject(done, len(names))
    return HeldOut(predicted, baseline)
