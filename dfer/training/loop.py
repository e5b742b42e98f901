"""The training loop. There is one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.nn import functional

from dfer.clips.balancing import EpochOrder
from dfer.clips.dataset import ClipDataset
from dfer.clips.loading import batches, checked
from dfer.errors import DferError
from dfer.models.recipes import parameter_groups
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import DferClipSettings
from dfer.training.evaluation import score, to_unit_range
from dfer.training.metrics import Metrics, measure
from dfer.training.specification import Selection

JUDGED_ON: dict[Selection, str | None] = {"last": None, "best-val": "val", "best-test": "test"}
"""The clips on which each selection rule judges an epoch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """`done` of `total` steps (in the stage "train") or clips (in "val" and "test") of an epoch."""

    stage: str
    epoch: int
    epochs: int
    done: int
    total: int
    loss: float | None = None


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """The selected weights, and what they score on the test clips: `logits` (clips, classes).

    `history` has a row per epoch: its mean training loss, and UAR and WAR where the epoch was judged.
    """

    weights: dict[str, Tensor]
    epoch: int
    logits: Tensor
    metrics: Metrics
    history: tuple[dict[str, float | None], ...]


def train(
    recogniser: VideoRecogniser,
    settings: DferClipSettings,
    *,
    data: Mapping[str, ClipDataset],
    classes: int,
    selection: Selection,
    seed: int,
    fabric: Fabric,
    workers: int = 0,
    on_progress: OnProgress = lambda progress: None,
) -> Trained:
    """Train on `data["train"]`, select an epoch, score `data["test"]` with its weights.

    DFER-CLIP §4.1 and its scripts: SGD with three learning rates, MultiStepLR, cross-entropy, incomplete
    batches dropped. The order of the clips and their augmentation depend on seed and epoch alone. An epoch is
    judged by its WAR; of equally good ones the first is selected.

    There must be at least one batch of training clips.

    Raises:
        DferError: the loss, or a score, is no longer a finite number.
    """
    # fused: one pass over each parameter instead of four, with the same result to rounding.
    optimizer = torch.optim.SGD(parameter_groups(recogniser, settings), fused=True)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, list(settings.milestones), settings.gamma)
    model, optimizer = fabric.setup(recogniser, optimizer)
    model.mark_forward_method("text_features")

    def scored(split: str, epoch: int) -> tuple[Tensor, Metrics]:
        logits, labels = score(
            model,
            data[split],
            fabric=fabric,
            batch_size=settings.batch_size,
            workers=workers,
            on_clips=lambda done: on_progress(
                Progress(stage=split, epoch=epoch, epochs=settings.epochs, done=done, total=len(data[split]))
            ),
        )
        return logits, measure(labels.tolist(), logits.argmax(dim=1).tolist(), classes=classes)

    judged_on = JUDGED_ON[selection]
    history: list[dict[str, float | None]] = []
    best: tuple[float, int, dict[str, Tensor], Tensor, Metrics] | None = None
    for epoch in range(1, settings.epochs + 1):
        loss = _train_epoch(
            model,
            optimizer,
            data["train"],
            fabric=fabric,
            batch_size=settings.batch_size,
            seed=seed,
            epoch=epoch,
            epochs=settings.epochs,
            workers=workers,
            on_progress=on_progress,
        )
        schedule.step()
        row: dict[str, float | None] = {"epoch": epoch, "loss": loss, "uar": None, "war": None}
        if judged_on:
            logits, metrics = scored(judged_on, epoch)
            row |= {"uar": metrics.uar, "war": metrics.war}
            if best is None or metrics.war > best[0]:
                best = (metrics.war, epoch, _copy(recogniser.trainable_state()), logits, metrics)
        history.append(row)

    if best is None:
        weights, epoch = _copy(recogniser.trainable_state()), settings.epochs
        logits, metrics = scored("test", epoch)
    else:
        _, epoch, weights, logits, metrics = best
        if judged_on != "test":
            recogniser.load_trainable_state(weights)
            logits, metrics = scored("test", epoch)
    return Trained(weights=weights, epoch=epoch, logits=logits, metrics=metrics, history=tuple(history))


def _train_epoch(
    model: Any,
    optimizer: Any,
    data: ClipDataset,
    *,
    fabric: Fabric,
    batch_size: int,
    seed: int,
    epoch: int,
    epochs: int,
    workers: int,
    on_progress: OnProgress,
) -> float:
    """One pass over the clips; the mean of the batches' losses."""
    model.train()
    data.set_epoch(epoch)
    order = EpochOrder(data.labels, balance=data.settings.balance, seed=seed, epoch=epoch)
    loader = batches(data, batch_size=batch_size, workers=workers, order=order, drop_last=True)
    losses: list[float] = []
    for step, batch in enumerate(checked(loader), 1):
        frames, labels = fabric.to_device((batch["frames"], torch.as_tensor(batch["label"])))
        optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(model(to_unit_range(frames)), labels)
        fabric.backward(loss)
        optimizer.step()
        losses.append(loss.item())
        if not torch.isfinite(loss):
            raise DferError(
                f"the loss became {losses[-1]} in epoch {epoch}, step {step}",
                hint="try lower learning rates (--set visual_learning_rate=…) or --precision fp32",
            )
        on_progress(
            Progress(stage="train", epoch=epoch, epochs=epochs, done=step, total=len(loader), loss=losses[-1])
        )
    return sum(losses) / len(losses)


def _copy(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in state.items()}
