"""A linear layer on all tokens of a batch, by the faster of torch's two libraries for CPUs."""

import torch
from torch import Tensor
from torch.nn import functional

_HAS_BOTH: bool = torch.backends.mkl.is_available() and torch.backends.mkldnn.is_available()  # type: ignore
_LARGE = 2**25
"""Multiplications. Below, setting a convolution up costs what it gains."""
_MANY = 8
"""Tokens."""


def linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """(batch, tokens, in) → (batch, tokens, out): `functional.linear`, equal to rounding.

    In float32 torch multiplies with MKL, which leaves AVX-512 unused on AMD's processors
    (`benchmarks/products.py`). oneDNN does not; torch asks it for convolutions, and a linear layer is one of
    1 × 1. Other products are oneDNN's already (bfloat16), or a GPU's.
    """
    if not (_is_left_to_mkl(x) and _is_large(x, weight)):
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
    )


def _is_large(x: Tensor, weight: Tensor) -> bool:
    batch, tokens, _ = x.shape
    # One sequence, or a few tokens of each: pictures that convolutions are not made for.
    return batch > 1 and tokens >= _MANY and x.numel() * len(weight) >= _LARGE
