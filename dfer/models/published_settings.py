"""What a published checkpoint's shapes say about how its recogniser was made."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from dfer.errors import ContentError
from dfer.models.published_names import PublishedWeights

HEADS = 8
"""Of the temporal transformer, in both systems; no tensor tells."""


def dfer_clip_settings(weights: PublishedWeights, *, heads: int = HEADS) -> dict[str, Any]:
    """The settings of `dfer-clip` that shapes decide. Raises ContentError for shapes that no model has."""
    context = weights.context
    if context is None:
        raise ContentError("no context vectors")
    positions, temporal = _temporal(weights.trained, heads=heads)
    return {
        "context_tokens": context.shape[-2],
        "class_specific_context": context.ndim == 3,
        "frames": positions - 1,
        **temporal,
    }


def emoclip_settings(weights: PublishedWeights, *, heads: int = HEADS) -> dict[str, Any]:
    """The settings of `emoclip` that shapes decide. Raises ContentError for shapes that no model has."""
    positions, temporal = _temporal(weights.trained, heads=heads)
    return {"temporal_positions": positions, **temporal}


def _temporal(trained: Mapping[str, Tensor], *, heads: int) -> tuple[int, dict[str, Any]]:
    """The number of positions, the class token's included, and the settings of the temporal transformer."""
    numbers = [name.split(".")[2] for name in trained if name.startswith("temporal.layers.")]
    names = ("temporal.positions", "temporal.layers.0.attention.qkv.weight", "temporal.layers.0.mlp.0.weight")
    if missing := [name for name in names if name not in trained]:
        raise ContentError(f"the temporal model lacks {missing[0].removeprefix('temporal.')}")
    positions, qkv, mlp = (trained[name] for name in names)
    if positions.ndim != 3 or positions.shape[1] < 2 or qkv.ndim != 2 or mlp.ndim != 2:
        raise ContentError("the tensors of the temporal model have other dimensions than published ones")
    if heads < 1 or qkv.shape[0] == 0 or qkv.shape[0] % (3 * heads):
        raise ContentError(
            f"{qkv.shape[0]} rows of queries, keys and values cannot be those of {heads} heads",
            hint="say how many with --set temporal_heads=N",
        )
    return positions.shape[1], {
        "temporal_layers": len(set(numbers)),
        "temporal_heads": heads,
        "temporal_head_width": qkv.shape[0] // (3 * heads),
        "temporal_mlp": mlp.shape[0],
    }
