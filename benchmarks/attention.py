"""Attention as one call of torch's, or written out: fifty tokens, forward and gradients, on a CPU."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.pairs import Act, ratio
from dfer.training.freed_memory import keep_freed_memory

IMAGES, HEADS, TOKENS, WIDTH = 64, 12, 50, 64
ROUNDS = 15


def run() -> list[dict[str, Any]]:
    keep_freed_memory()  # as in a run
    ways = {torch.bfloat16: (_fused, _written_out), torch.float32: (_written_out, _fused)}
    names = {_fused: "fused", _written_out: "written out"}
    return [
        ratio(
            f"attention, {str(dtype).removeprefix('torch.')}: {names[ours]}",
            reference=_pass(other, dtype),
            candidate=_pass(ours, dtype),
            rounds=ROUNDS,
            note=f"against {names[other]}",
            equal_to=_equality(ours, other, dtype),
        )
        for dtype, (other, ours) in ways.items()
    ]


Attention = Callable[[Tensor, Tensor, Tensor], Tensor]


def _fused(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return functional.scaled_dot_product_attention(q, k, v)


def _written_out(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return ((q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)).softmax(dim=-1) @ v


def _drawn(dtype: torch.dtype) -> Tensor:
    """(images, 3 × heads, tokens, head width), as the tower's projection leaves them."""
    torch.manual_seed(0)
    qkv = torch.randn(IMAGES, TOKENS, 3 * HEADS * WIDTH, dtype=dtype, requires_grad=True)
    return torch.unflatten(qkv, -1, (3 * HEADS, WIDTH)).transpose(1, 2)


def _pass(attention: Attention, dtype: torch.dtype) -> Act:
    qkv = _drawn(dtype).detach().requires_grad_(True)

    def one() -> None:
        attention(*qkv.chunk(3, dim=1)).sum().backward()

    return one


def _equality(ours: Attention, other: Attention, dtype: torch.dtype) -> str:
    qkv = _drawn(dtype).detach().chunk(3, dim=1)
    return f"to {float((ours(*qkv) - other(*qkv)).abs().max()):.0e}"


if __name__ == "__main__":
    for line in run():
        print(line)
