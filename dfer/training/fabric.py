"""Device, precision and processes, through Lightning Fabric."""

import os
from datetime import timedelta
from inspect import signature
from typing import Any, Literal

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch.nn.parallel import DistributedDataParallel

from dfer.errors import ConfigurationError
from dfer.models.image_tower import ImageTower
from dfer.models.recogniser import VideoRecogniser
from dfer.training.freed_memory import keep_freed_memory
from dfer.training.specification import Precision

_FABRIC_NAMES: dict[Precision, Literal["32-true", "bf16-mixed"]] = {"fp32": "32-true", "bf16": "bf16-mixed"}

_IS_THERE: dict[str, Any] = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}

_PATIENCE = timedelta(hours=6)
"""How long processes wait for each other: computing the features of a large data set takes its time."""

_NO_BROADCASTS: dict[str, Any] = {
    # Newer versions of torch have renamed it.
    "forward_sync_buffers"
    if "forward_sync_buffers" in signature(DistributedDataParallel).parameters
    else "broadcast_buffers": False
}


def make_fabric(precision: Precision, *, accelerator: str = "auto") -> Fabric:
    """One process on one device, a GPU where there is one; under `torchrun`, as many as it started.

    Several processes share each batch and give the results of one (docs/recipes.md). A process that computes
    on a CPU keeps the memory that it frees from here on. Raises as `check_accelerator`.
    """
    check_accelerator(accelerator)
    name = _FABRIC_NAMES[precision]
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        return _on_its_device(Fabric(accelerator=accelerator, devices=1, precision=name))
    here = int(os.environ.get("LOCAL_WORLD_SIZE", str(world)))
    # Our buffers are constants; broadcasting them would have processes wait for each other in evaluation.
    strategy = DDPStrategy(timeout=_PATIENCE, **_NO_BROADCASTS)
    fabric = Fabric(
        accelerator=accelerator, devices=here, num_nodes=world // here, strategy=strategy, precision=name
    )
    fabric.launch()
    return _on_its_device(fabric)


def _on_its_device(fabric: Fabric) -> Fabric:
    if fabric.device.type == "cpu":
        keep_freed_memory()
    return fabric


def settle(recogniser: VideoRecogniser, fabric: Fabric, *, precision: Precision) -> None:
    """On the device, and in the precision of its products: nothing trains it any more.

    In bf16 its CLIP cannot be trained afterwards, nor used in float32: load it again for that.
    """
    fabric.to_device(recogniser)
    if precision == "bf16" and isinstance(recogniser.visual, ImageTower):
        recogniser.visual.hold_matrices(torch.bfloat16)


def check_accelerator(accelerator: str) -> None:
    """Raises ConfigurationError: there is none here that torch can use."""
    if accelerator in _IS_THERE and not _IS_THERE[accelerator]():
        raise ConfigurationError(
            f"--accelerator {accelerator}: torch finds none on this machine",
            hint="leave --accelerator out, or install a torch and drivers that go with it",
        )
