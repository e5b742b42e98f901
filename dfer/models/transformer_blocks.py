"""CLIP's transformer blocks with open_clip's parameters and the same numbers to rounding, in fewer steps.

What differs from open_clip's own pass (docs/performance.md):

* Only one token of a sequence is read after the last block. Its attention asks for that token alone, and
  only that token goes through its MLP; keys and values are of all tokens, so that nothing is lost.
* In bfloat16 on CPUs softmax is written out for short sequences, where torch's fused attention is slow
  (`benchmarks/attention.py`). For long ones it would keep too much: tokens² numbers for every head.
* Under autocast the residual stream stays in float32, where open_clip's is bfloat16.
* QuickGELU is SiLU of a scaled input: x sigmoid(1.702 x) = silu(1.702 x) / 1.702.
"""

from typing import Any

import torch
from open_clip.transformer import QuickGELU, ResidualAttentionBlock
from torch import Tensor
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from dfer.models.linear_layer import linear

_QUICK = 1.702
_SHORT = 128
"""Tokens."""


def has_plain_blocks(transformer: Any) -> bool:
    """Whether these are the blocks of the published CLIP, which `read_token` knows how to run."""
    blocks = list(getattr(transformer, "resblocks", ()))
    return bool(blocks) and all(
        type(block) is ResidualAttentionBlock and not hasattr(block, "ln_1_kv") for block in blocks
    )


def read_token(
    transformer: Any, x: Tensor, *, places: Tensor | None = None, mask: Tensor | None = None
) -> Tensor:
    """(batch, tokens, width) → (batch, width): what the last block leaves at one place of each sequence.

    `places`: (batch,); None for the first token of all. `mask`: (tokens, tokens), added to the attention's
    scores. Where the transformer's `grad_checkpointing` is set, the whole blocks keep their input alone and
    are computed again for the gradients (what that costs: docs/performance.md).
    """
    *whole, last = transformer.resblocks
    for block in whole:
        if transformer.grad_checkpointing and torch.is_grad_enabled():
            x = checkpoint(_all_tokens, block, x, mask, use_reentrant=False)
        else:
            x = _all_tokens(block, x, mask)
    return _one_token(last, x, places, mask)


def _all_tokens(block: Any, x: Tensor, mask: Tensor | None) -> Tensor:
    attention = block.attn
    qkv = linear(block.ln_1(x), attention.in_proj_weight, attention.in_proj_bias)
    q, k, v = _heads(qkv, 3 * attention.num_heads).chunk(3, dim=1)
    return _after_attention(block, x, _attend(q, k, v, mask))


def _one_token(block: Any, x: Tensor, places: Tensor | None, mask: Tensor | None) -> Tensor:
    attention, width = block.attn, x.shape[-1]
    rows = torch.arange(len(x), device=x.device)
    read = (x[:, 0] if places is None else x[rows, places]).unsqueeze(1)  # (batch, 1, width)
    weights = attention.in_proj_weight.split([width, 2 * width])
    biases = attention.in_proj_bias.split([width, 2 * width])
    q = linear(block.ln_1(read), weights[0], biases[0])  # (batch, 1, width)
    kv = linear(block.ln_1(x), weights[1], biases[1])  # (batch, tokens, 2 × width)
    k, v = _heads(kv, 2 * attention.num_heads).chunk(2, dim=1)
    if mask is not None:
        place = torch.zeros_like(rows) if places is None else places
        mask = mask[place, None, None]  # (batch, 1, 1, tokens)
    mixed = _attend(_heads(q, attention.num_heads), k, v, mask)  # (batch, 1, width)
    return _after_attention(block, read, mixed).squeeze(1)  # (batch, width)


def _after_attention(block: Any, x: Tensor, mixed: Tensor) -> Tensor:
    """(batch, tokens, width) of both."""
    out, into, back = block.attn.out_proj, block.mlp.c_fc, block.mlp.c_proj
    x = x + block.ls_1(linear(mixed, out.weight, out.bias))
    hidden = linear(block.ln_2(x), into.weight, into.bias)
    if isinstance(block.mlp.gelu, QuickGELU):
        # The division in place, because SiLU's gradient does not need what it gave.
        hidden = functional.silu(hidden * _QUICK).div_(_QUICK)
    else:
        hidden = block.mlp.gelu(hidden)
    after: Tensor = x + block.ls_2(linear(hidden, back.weight, back.bias))
    return after


def _heads(x: Tensor, heads: int) -> Tensor:
    """(batch, tokens, heads × head width) → (batch, heads, tokens, head width)."""
    return torch.unflatten(x, -1, (heads, -1)).transpose(1, 2)


def _attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """Attention: each (batch, heads, tokens, head width) → (batch, asking tokens, width)."""
    if q.device.type == "cpu" and q.dtype is torch.bfloat16 and k.shape[2] <= _SHORT:
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)  # (batch, heads, asking tokens, tokens)
        if mask is not None:
            scores = scores + mask
        mixed = scores.softmax(dim=-1) @ v
    else:
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    together: Tensor = mixed.transpose(1, 2).flatten(2)
    return together
