"""The training loop. There is one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain

import torch
from lightning_fabric import Fabric
from torch import Tensor

from dfer.clips.balancing import EpochOrder
from dfer.clips.dataset import ClipItems
from dfer.clips.loading import checked, in_batches, listed_batches
from dfer.errors import ContentError, DferError
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import TrainedSettings
from dfer.training.evaluation import Ready, is_gpu, score
from dfer.training.metrics import Metrics, measure
from dfer.training.objectives import Objective
from dfer.training.resuming import Best, StateKeeper, TrainingState
from dfer.training.schedule import learning_rate
from dfer.training.specification import Selection
from dfer.training.step import check_shares, optimizer_of, step
from dfer.training.stopping import StopRequest

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
OnEpoch = Callable[[Mapping[str, float | None]], None]
"""Hears the history's row of each epoch that was trained here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """The selected weights, and what they score on the test clips: `logits` (clips, classes).

    `last` are the weights after the last epoch, where another one was selected. `history` has a row per
    epoch: its mean training loss, and UAR and WAR where the epoch was judged.
    """

    weights: dict[str, Tensor]
    last: dict[str, Tensor] | None
    epoch: int
    logits: Tensor
    metrics: Metrics
    history: tuple[dict[str, float | None], ...]


def train(
    recogniser: VideoRecogniser,
    settings: TrainedSettings,
    *,
    data: Mapping[str, ClipItems],
    objective: Callable[[], Objective],
    classes: int,
    selection: Selection,
    seed: int,
    fabric: Fabric,
    workers: int = 0,
    pieces: int = 1,
    keeper: StateKeeper | None = None,
    stop: StopRequest | None = None,
    ready: Ready = lambda data, indices: None,
    on_progress: OnProgress = lambda progress: None,
    on_epoch: OnEpoch = lambda row: None,
) -> Trained:
    """Train on `data["train"]`, select an epoch, score `data["test"]` with its weights.

    The order of the clips and their augmentation depend on seed and epoch alone; incomplete batches are left
    out (DFER-CLIP §4.1 and its scripts). An epoch is judged by its WAR; of equally good ones the first is
    selected. Each batch is shared among the processes of `fabric` and computed in so many `pieces`: neither
    changes what is learnt, beyond rounding. `keeper` has the state to begin from, if any, and is offered the
    state after every step, and for good once `stop` is asked for or the last epoch is done. `ready` is told
    which items will be read in an epoch. `objective` is made once the recogniser is on its device.

    Raises:
        ContentError: not even one batch of training clips.
        DferError: the loss, or a score, is no longer a finite number.
        KeyboardInterrupt: `stop` was asked for.
        UsageError: a batch that the processes cannot share evenly, or that cannot be computed in pieces.
    """
    optimizer = optimizer_of(recogniser, settings)
    rates = {group["name"]: group["lr"] for group in optimizer.param_groups}
    state = (keeper.load() if keeper else None) or TrainingState()
    if state.weights:
        recogniser.load_trainable_state(state.weights)
    model, stepper = fabric.setup(recogniser, optimizer)
    model.mark_forward_method("contrast")
    if state.weights:
        # Only now are the parameters where they will stay: torch brings each state to its parameter's device.
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": state.optimizer, "param_groups": groups})
    minimised = objective()
    check_shares(recogniser, settings.batch_size, fabric.world_size, pieces, minimised)
    judged_on = JUDGED_ON[selection]

    def scored(split: str, epoch: int) -> tuple[Tensor, Metrics]:
        logits, labels = score(
            recogniser,
            data[split],
            fabric=fabric,
            workers=workers,
            ready=ready,
            on_clips=lambda done: on_progress(
                Progress(stage=split, epoch=epoch, epochs=settings.epochs, done=done, total=len(data[split]))
            ),
        )
        return logits, measure(labels, logits, classes=classes)

    def offer_state(*, now: bool = False) -> None:
        if keeper is not None and fabric.is_global_zero:
            # After the last epoch nothing steps any more: the file is a third as large.
            steps = None if state.epoch > settings.epochs else optimizer
            keeper.offer(lambda: _with_tensors(state, recogniser, steps), now=now)

    def end_if_asked() -> None:
        if stop is not None and stop.made:
            offer_state(now=True)
            raise KeyboardInterrupt

    while state.epoch <= settings.epochs:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(rates[group["name"]], settings, epoch=state.epoch)
        shares = _shares(data["train"], state.epoch, settings, seed=seed, fabric=fabric)
        if not shares:
            raise ContentError(
                f"{len(data['train'])} training clips are less than one batch of {settings.batch_size}",
                hint="choose a smaller --batch-size",
            )
        ready(data["train"], list(chain(*shares)))
        model.train()
        remaining = shares[state.step :]
        loader = listed_batches(data["train"], remaining, workers=workers, pinned=is_gpu(fabric))
        for batch in checked(loader):
            frames, index = fabric.to_device((batch["frames"], batch["index"]))
            loss = step(model, stepper, minimised, frames, index, fabric=fabric, pieces=pieces)
            state.losses.append(loss)
            state.step += 1
            _check_finite(loss, state)
            on_progress(
                Progress(
                    stage="train",
                    epoch=state.epoch,
                    epochs=settings.epochs,
                    done=state.step,
                    total=len(shares),
                    loss=loss,
                )
            )
            offer_state()
            end_if_asked()
        row: dict[str, float | None] = {
            "epoch": state.epoch,
            "loss": sum(state.losses) / len(state.losses),
            "uar": None,
            "war": None,
        }
        if judged_on:
            logits, metrics = scored(judged_on, state.epoch)
            row |= {"uar": metrics.uar, "war": metrics.war}
            if state.best is None or metrics.war > state.best.score:
                weights = _copy(recogniser.trainable_state())
                state.best = Best(epoch=state.epoch, score=metrics.war, weights=weights, logits=logits)
        state.history.append(row)
        on_epoch(row)
        given_up = (
            settings.patience is not None
            and state.best is not None
            and state.epoch - state.best.epoch >= settings.patience
        )
        state.epoch = settings.epochs + 1 if given_up else state.epoch + 1
        state.step, state.losses = 0, []
        if state.epoch > settings.epochs:
            offer_state(now=True)  # whatever happens before the run is stored costs no more than the scoring
        else:
            offer_state()
            end_if_asked()

    last = _copy(recogniser.trainable_state())
    epochs = len(state.history)
    if state.best is None:
        logits, metrics = scored("test", epochs)
        return Trained(
            weights=last,
            last=None,
            epoch=epochs,
            logits=logits,
            metrics=metrics,
            history=tuple(state.history),
        )
    best = state.best
    recogniser.load_trainable_state(best.weights)
    if judged_on == "test":
        logits = best.logits
        metrics = measure(torch.tensor(data["test"].labels), logits, classes=classes)
    else:
        logits, metrics = scored("test", best.epoch)
    return Trained(
        weights=best.weights,
        last=None if best.epoch == epochs else last,
        epoch=best.epoch,
        logits=logits,
        metrics=metrics,
        history=tuple(state.history),
    )


def _shares(
    data: ClipItems, epoch: int, settings: TrainedSettings, *, seed: int, fabric: Fabric
) -> list[list[int]]:
    """What this process reads of each batch of the epoch."""
    data.set_epoch(epoch)
    order = EpochOrder(data.labels, balance=data.settings.balance, seed=seed, epoch=epoch)
    lists = in_batches(order, settings.batch_size, drop_last=True)
    return [indices[fabric.global_rank :: fabric.world_size] for indices in lists]


def _check_finite(loss: float, state: TrainingState) -> None:
    if loss != loss or abs(loss) == float("inf"):
        raise DferError(
            f"the loss became {loss} in epoch {state.epoch}, step {state.step}",
            hint="try lower learning rates (--set visual_learning_rate=…) or --precision fp32",
        )


def _with_tensors(
    state: TrainingState, recogniser: VideoRecogniser, optimizer: torch.optim.Optimizer | None
) -> TrainingState:
    state.weights = recogniser.trainable_state()
    state.optimizer = {
        number: {name: value for name, value in own.items() if isinstance(value, Tensor)}
        for number, own in (optimizer.state_dict()["state"] if optimizer else {}).items()
    }
    return state


def _copy(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in state.items()}
