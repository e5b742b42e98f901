"""The device and the precision, through Lightning Fabric."""

from typing import Literal

from lightning_fabric import Fabric

from dfer.training.specification import Precision

_FABRIC_NAMES: dict[Precision, Literal["32-true", "bf16-mixed"]] = {"fp32": "32-true", "bf16": "bf16-mixed"}


def make_fabric(precision: Precision, *, accelerator: str = "auto") -> Fabric:
    """One process on one device: a GPU where there is one, unless `accelerator` says "cpu"."""
    return Fabric(accelerator=accelerator, devices=1, precision=_FABRIC_NAMES[precision])
