"""A linear layer as a convolution: the same numbers, by another library."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional
from torch.profiler import ProfilerActivity, profile

from dfer.models import linear_layer
from dfer.models.linear_layer import linear


def drawn(batch: int, tokens: int, width: int, out: int) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(batch + tokens)
    x = torch.randn(batch, tokens, width, requires_grad=True)
    weight = (torch.randn(out, width) / width**0.5).requires_grad_(True)
    return x, weight, torch.randn(out, requires_grad=True)


def gradients(output: Tensor, of: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return torch.autograd.grad((output * torch.linspace(-1, 1, output.shape[-1])).sum(), of)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 20), st.integers(1, 60), st.sampled_from([8, 192, 768]), st.sampled_from([16, 768, 1536])
)
def test_outputs_and_gradients_are_those_of_torchs_linear_layer(
    batch: int, tokens: int, width: int, out: int
) -> None:
    inputs = x, weight, bias = drawn(batch, tokens, width, out)
    found, expected = linear(x, weight, bias), functional.linear(x, weight, bias)
    assert found.is_contiguous()
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    for own, theirs in zip(gradients(found, inputs), gradients(expected, inputs), strict=True):
        scale = theirs.abs().max()
        torch.testing.assert_close(own / scale, theirs / scale, atol=5e-5, rtol=0)


def test_no_bias_and_an_input_in_any_order_in_memory_are_fine() -> None:
    x, weight, _ = drawn(16, 50, 768, 1536)
    turned = x.detach().transpose(0, 1).contiguous().transpose(0, 1)
    torch.testing.assert_close(
        linear(turned, weight, None), functional.linear(turned, weight), atol=1e-5, rtol=1e-5
    )


def convolves(x: Tensor, weight: Tensor, bias: Tensor) -> bool:
    with profile(activities=[ProfilerActivity.CPU]) as done:
        linear(x, weight, bias)
    return "aten::mkldnn_convolution" in {event.key for event in done.key_averages()}


has_both = pytest.mark.skipif(
    not linear_layer._HAS_BOTH or not linear_layer._HAS_AVX512, reason="a processor or torch with one way"
)


@has_both
def test_large_float32_products_are_onednns() -> None:
    assert convolves(*drawn(16, 50, 256, 256))
    assert not convolves(*drawn(2, 50, 256, 256)), "small"
    assert not convolves(*(tensor.double() for tensor in drawn(16, 50, 256, 256)))
    with torch.autocast("cpu", torch.bfloat16):
        assert not convolves(*drawn(16, 50, 256, 256))


@has_both
def test_below_a_frozen_weight_no_input_is_kept_for_gradients() -> None:
    x, weight, bias = drawn(16, 50, 256, 256)
    kept: list[torch.Size] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.shape), lambda _: weight):
        linear(x, weight.detach(), bias.detach())
    assert x.shape not in kept
    assert not [shape for shape in kept if shape.numel() == x.numel()]
