"""A step of training: a batch's loss, in pieces and shared among processes if need be, and its gradients."""

from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from dfer.errors import UsageError
from dfer.models.recipes import parameter_groups
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import TrainedSettings
from dfer.training.evaluation import to_unit_range
from dfer.training.objectives import Objective


def optimizer_of(recogniser: VideoRecogniser, settings: TrainedSettings) -> torch.optim.Optimizer:
    """Raises ValueError for parameters in another precision than float32: those of a settled CLIP."""
    trained = [parameter for parameter in recogniser.parameters() if parameter.requires_grad]
    if any(parameter.dtype is not torch.float32 for parameter in trained):
        raise ValueError("a CLIP whose matrices were rounded for evaluation cannot be trained; load it again")
    # fused: one pass over each parameter instead of four, with the same result to rounding.
    groups = parameter_groups(recogniser, settings)
    if settings.optimizer == "adamw":
        return torch.optim.AdamW(groups, fused=True)
    return torch.optim.SGD(groups, fused=True)


def step(
    model: Any,
    optimizer: Any,
    objective: Objective,
    frames: Tensor,
    index: Tensor,
    *,
    fabric: Fabric,
    pieces: int,
) -> float:
    """One step on the whole batch, of which `frames` are this process's clips; the batch's loss."""
    optimizer.zero_grad(set_to_none=True)
    weight = _reduced(objective.weight(index), fabric, "sum")
    total = torch.zeros((), device=index.device)
    parts = list(zip(frames.chunk(pieces), index.chunk(pieces), strict=True))
    for number, (some, places) in enumerate(parts, 1):
        waits = fabric.world_size > 1 and number < len(parts)
        with fabric.no_backward_sync(model, enabled=waits):
            # Gradients are averaged over processes; the batch's loss is their sum over its weight.
            loss = objective.loss_sum(model, to_unit_range(some), places) * fabric.world_size / weight
            fabric.backward(loss)
        total += loss.detach()
    optimizer.step()
    return _reduced(total, fabric, "mean").item()


def _reduced(value: Tensor, fabric: Fabric, how: str) -> Tensor:
    """() over all processes."""
    reduced = fabric.all_reduce(value, reduce_op=how)
    assert isinstance(reduced, Tensor)
    return reduced


def check_shares(
    recogniser: VideoRecogniser, batch_size: int, processes: int, pieces: int, objective: Objective
) -> None:
    normed = any(isinstance(module, _BatchNorm) for module in recogniser.visual.modules())
    if (processes > 1 or pieces > 1) and normed and not recogniser.visual_is_frozen:
        raise UsageError(
            "batch norms (of ResNet towers) see the whole batch: it cannot be shared or computed in pieces",
            hint="train in one process without --accumulate, freeze the tower, or choose a ViT",
        )
    if batch_size % processes:
        raise UsageError(
            f"a batch of {batch_size} clips cannot be shared evenly by {processes} processes",
            hint="choose another --batch-size: it is that of all processes together",
        )
    if pieces > 1 and not objective.can_be_split:
        raise UsageError(
            "a contrastive batch cannot be computed in pieces: each clip is compared with all of it",
            hint="leave --accumulate out, or start more processes with torchrun",
        )
