"""The names under which DFER-CLIP and EmoCLIP publish their temporal weights, and ours."""

import re
from collections.abc import Mapping

from torch import Tensor

from dfer.errors import ContentError

WHOLE = {"cls_token": "cls", "pos_embedding": "positions"}

IN_LAYER = {
    "0.fn.norm": "attention_norm",
    "0.fn.fn.to_qkv": "attention.qkv",
    "0.fn.fn.to_out.0": "attention.out",
    "1.fn.norm": "mlp_norm",
    "1.fn.fn.net.0": "mlp.0",
    "1.fn.fn.net.3": "mlp.2",  # a dropout of 0 stood between, which we leave out
}

PUBLISHED = re.compile(r"temporal_transformer\.layers\.(\d+)\.(.+)\.(weight|bias)")


def load_published_temporal(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The published temporal weights under our names, for `TemporalTransformer.load_state_dict`.

    `state` is the part of a checkpoint below `module.temporal_net.` (DFER-CLIP) or `module.temporal.`
    (EmoCLIP), without that prefix. Raises ContentError for a name that neither system has.
    """
    return {_our_name(name): tensor for name, tensor in state.items()}


def _our_name(name: str) -> str:
    if name in WHOLE:
        return WHOLE[name]
    match = PUBLISHED.fullmatch(name)
    if match is None or match[2] not in IN_LAYER:
        raise ContentError(f"{name!r} is not a name in a published temporal model")
    return f"layers.{match[1]}.{IN_LAYER[match[2]]}.{match[3]}"
