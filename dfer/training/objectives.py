"""What a recipe's step minimises: a loss over labels, or a contrast of clips and captions.

An objective gives the *sum* of a batch's losses and, beforehand, what the whole batch's sum is divided by.
That is what lets a batch be split, over processes or one after the other, without changing what is learnt.
"""

import logging
from collections.abc import Sequence
from typing import Any, Protocol

import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.nn import functional

from dfer.clips.clip import Clip
from dfer.errors import ContentError, UsageError
from dfer.models.caption_side import CaptionSide, TokenIds
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import EmoClipSettings, TrainedSettings
from dfer.models.text_side import TEXTS_AT_ONCE
from dfer.models.tokens import clip_tokenizer, lay_out
from dfer.training.losses import balanced_weights, contrastive_loss, vote_shares

_log = logging.getLogger("dfer.training")


class Objective(Protocol):
    can_be_split: bool
    """Whether a batch may be computed piece by piece."""

    def weight(self, index: Tensor) -> Tensor:
        """() what the sum over the clips `index` counts; of all pieces together it is the divisor."""

    def loss_sum(self, model: Any, frames: Tensor, index: Tensor) -> Tensor:
        """() the sum of the losses of the clips `index` (places in the training data), shown as `frames`."""


class ClassObjective:
    """Cross-entropy with the labels or the annotators' votes, weighted and smoothed as the settings say."""

    can_be_split = True

    def __init__(
        self, clips: Sequence[Clip], settings: TrainedSettings, *, class_names: Sequence[str], fabric: Fabric
    ) -> None:
        labels = [class_names.index(clip.label) for clip in clips]
        self._labels = fabric.to_device(torch.tensor(labels))
        self._shares: Tensor | None = None
        if settings.soft_labels:
            self._shares = fabric.to_device(_soft_targets(clips, labels, class_names))
        self._weights: Tensor | None = None
        if settings.class_weights == "balanced":
            self._weights = fabric.to_device(balanced_weights(labels, classes=len(class_names)))
        self._smoothing = settings.label_smoothing

    def weight(self, index: Tensor) -> Tensor:
        # As torch's own means: weighted ones over labels, plain ones over shares of votes.
        if self._weights is None or self._shares is not None:
            return torch.tensor(float(len(index)), device=index.device)
        return self._weights[self._labels[index]].sum()

    def loss_sum(self, model: Any, frames: Tensor, index: Tensor) -> Tensor:
        targets = (self._labels if self._shares is None else self._shares)[index]
        return functional.cross_entropy(
            model(frames),
            targets,
            weight=self._weights,
            label_smoothing=self._smoothing,
            reduction="sum",
        )


def _soft_targets(clips: Sequence[Clip], labels: Sequence[int], class_names: Sequence[str]) -> Tensor:
    """(clips, classes); a clip without votes keeps its label."""
    rows = functional.one_hot(torch.tensor(labels), len(class_names)).float()
    voted = 0
    for row, clip in zip(rows, clips, strict=True):
        if clip.votes and (shares := vote_shares(clip.votes, class_names)):
            row[:] = torch.tensor(shares)
            voted += 1
    if not voted:
        raise UsageError(
            "soft_labels: no training clip has votes", hint="leave it out, or add the votes file"
        )
    if voted < len(clips):
        without = len(clips) - voted
        _log.warning("%d of %d training clips have no votes and keep their label", without, len(clips))
    return rows


class CaptionObjective:
    """EmoCLIP's contrast of clips and texts: each clip's caption, or its class's description."""

    can_be_split = False

    def __init__(
        self,
        clips: Sequence[Clip],
        settings: EmoClipSettings,
        *,
        recogniser: VideoRecogniser,
        descriptions: dict[str, str],
        fabric: Fabric,
    ) -> None:
        texts = training_texts(clips, settings, descriptions=descriptions)
        side = recogniser.text_side
        assert isinstance(side, CaptionSide)
        place = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        ids, ends = lay_out(caption_tokens(list(place), settings, budget=side.context_length - 2))
        self._groups = fabric.to_device(torch.tensor([place[text] for text in texts]))  # (clips,)
        self._tokens = TokenIds(fabric.to_device(ids), fabric.to_device(ends))
        self._duplicates = settings.duplicates
        self._fabric = fabric
        # Text that cannot change is read once, not in every step.
        self._features = _read_all(side, self._tokens, fabric) if side.is_frozen else None

    def weight(self, index: Tensor) -> Tensor:
        return torch.tensor(float(len(index)), device=index.device)

    def loss_sum(self, model: Any, frames: Tensor, index: Tensor) -> Tensor:
        groups = self._groups[index]
        if self._features is not None:
            texts: Tensor | TokenIds = self._features[groups]
        else:
            ends = self._tokens.ends[groups]
            texts = TokenIds(self._tokens.ids[groups, : int(ends.max()) + 1], ends)
        video, text, scale = model.contrast(frames, texts)
        if self._fabric.world_size > 1:  # every clip's negatives are all of the batch, wherever they are
            video, text = (_gathered(self._fabric, t, sync_grads=True) for t in (video, text))
            groups = _gathered(self._fabric, groups)
        loss = contrastive_loss(video, text, scale, groups=groups, duplicates=self._duplicates)
        return loss * len(index)


def training_texts(
    clips: Sequence[Clip], settings: EmoClipSettings, *, descriptions: dict[str, str]
) -> list[str]:
    """The text of each clip.

    Raises:
        ContentError: a clip without a caption, where the settings allow none; or no clip has one.
    """
    if settings.training_texts == "descriptions":
        return [descriptions[clip.label] for clip in clips]
    without = [clip for clip in clips if not clip.caption]
    if len(without) == len(clips) or (without and settings.missing_captions == "error"):
        raise ContentError(
            f"{len(without)} of {len(clips)} training clips have no caption, {without[0].id} among them",
            hint="train on class descriptions with --recipe emoclip-supervised"
            + ("" if len(without) == len(clips) else ", or set missing_captions=description"),
        )
    return [clip.caption or descriptions[clip.label] for clip in clips]


def caption_tokens(texts: Sequence[str], settings: EmoClipSettings, *, budget: int) -> list[list[int]]:
    """Token ids without start and end, `budget` at most.

    Raises:
        ContentError: a text beyond the budget, where the settings do not allow to cut it.
    """
    encoded = [clip_tokenizer().encode(text) for text in texts]
    long = [text for text, ids in zip(texts, encoded, strict=True) if len(ids) > budget]
    if long and settings.long_captions == "error":
        raise ContentError(
            f"{len(long)} captions have more than {budget} tokens, the first is {long[0]!r}",
            hint="set long_captions=cut to train on their beginnings",
        )
    if long:
        what = "captions are" if len(long) > 1 else "caption is"
        _log.warning("%d %s cut at %d tokens, as published", len(long), what, budget)
    return [ids[:budget] for ids in encoded]


@torch.no_grad()
def _read_all(side: CaptionSide, texts: TokenIds, fabric: Fabric) -> Tensor:
    """(texts, embed)."""
    side.to(fabric.device)
    parts = zip(*(torch.split(tensor, TEXTS_AT_ONCE) for tensor in texts), strict=True)
    with fabric.autocast():
        return torch.cat([side.read(TokenIds(*part)) for part in parts])


def _gathered(fabric: Fabric, tensor: Tensor, *, sync_grads: bool = False) -> Tensor:
    """(batch, …) of this process → (whole batch, …)."""
    every = fabric.all_gather(tensor, sync_grads=sync_grads)
    assert isinstance(every, Tensor)
    return every.flatten(0, 1)
