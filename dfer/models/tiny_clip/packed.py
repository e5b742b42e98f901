"""The weights of `dfer-tiny` on disk: half precision, and the token table as its few different rows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from dfer.models.text_tower import CLIP_VOCABULARY

SHIPPED = Path(__file__).parent / "weights.safetensors"

CONFIGURATION: dict[str, Any] = {
    "embed_dim": 192,
    "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 16, "head_width": 64},
    "text_cfg": {
        "context_length": 77,
        "vocab_size": CLIP_VOCABULARY,
        "width": 128,
        "heads": 2,
        "layers": 2,
    },
}
"""In open_clip's format. A ResNet: in the minutes that two CPU cores have, a ViT of this size learns nothing
from 64 × 64 pixels."""

_TABLE, _ROWS, _ROW_OF = "token_embedding.weight", "token_embedding.rows", "token_embedding.row_of"


def save_packed(path: Path, state: Mapping[str, Tensor], row_of: Tensor, *, metadata: dict[str, str]) -> None:
    """`state` is of a CLIP whose token table has a row for each number in `row_of` (49408,)."""
    packed = {name: _halved(tensor) for name, tensor in state.items() if name != _TABLE}
    packed[_ROWS] = _halved(state[_TABLE])
    packed[_ROW_OF] = row_of.to(torch.int16)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(packed, path, metadata=metadata)


def is_packed(state: Mapping[str, Tensor]) -> bool:
    return _ROWS in state and _ROW_OF in state


def unpacked(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state of a CLIP with CLIP's whole vocabulary, in float32."""
    whole = {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in state.items()
        if name not in (_ROWS, _ROW_OF)
    }
    whole[_TABLE] = state[_ROWS].float()[state[_ROW_OF].long()]  # (49408, width)
    return whole


def _halved(tensor: Tensor) -> Tensor:
    halved = tensor.detach().half() if tensor.is_floating_point() else tensor.detach()
    return halved.clone().contiguous()
