"""A linear layer on all tokens of a batch, on CPUs by the faster of torch's two libraries."""

import torch
from torch import Tensor
from torch.nn import functional

_HAS_BOTH: bool = torch.backends.mkl.is_available() and torch.backends.mkldnn.is_available()  # type: ignore
_HAS_AVX512 = torch.backends.cpu.get_cpu_capability() == "AVX512"
# By trial: below, setting a convolution up costs what it gains.
_LARGE = 2**25
"""Multiplications."""
_MANY_TOKENS = 8
_MANY_SEQUENCES = 16
"""With one thread, torch asks oneDNN for no fewer."""


def linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """(batch, tokens, in) → (batch, tokens, out): `functional.linear`, equal to rounding.

    torch leaves float32 products to MKL, which takes up to twice as long as oneDNN on AMD processors with
    AVX-512 (`benchmarks/products.py`; on Intel's this was not tried). oneDNN is asked for convolutions, and a
    linear layer is one of 1 × 1. Other products are oneDNN's already (bfloat16), or a GPU's.
    """
    if not (_is_left_to_mkl(x) and _is_large(x, weight)) or _would_keep_too_much(x, weight):
        return functional.linear(x, weight, bias)
    # Tokens are pixels below each other, channels last: nothing is copied.
    pixels = x.unsqueeze(2).permute(0, 3, 1, 2)  # (batch, in, tokens, 1)
    convolved = functional.conv2d(pixels, weight[:, :, None, None], bias)  # (batch, out, tokens, 1)
    return convolved.permute(0, 2, 3, 1).squeeze(2)


def _is_left_to_mkl(x: Tensor) -> bool:
    return (
        x.device.type == "cpu"
        and x.dtype is torch.float32
        and not torch.is_autocast_enabled("cpu")
        and _HAS_BOTH
        and _HAS_AVX512
    )


def _is_large(x: Tensor, weight: Tensor) -> bool:
    batch, tokens, _ = x.shape
    # One sequence, or a few tokens of each: pictures that convolutions are not made for.
    enough = _MANY_SEQUENCES if torch.get_num_threads() == 1 else 2
    return batch >= enough and tokens >= _MANY_TOKENS and x.numel() * len(weight) >= _LARGE


def _would_keep_too_much(x: Tensor, weight: Tensor) -> bool:
    """A convolution keeps its input for the weight's gradient, even where the weight is frozen."""
    return torch.is_grad_enabled() and x.requires_grad and not weight.requires_grad
