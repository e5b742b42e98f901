"""The temporal transformer against its equations, head by head and layer by layer."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dfer.errors import ContentError
from dfer.models.published_names import load_published_temporal
from dfer.models.temporal import TemporalTransformer, frame_mean


def temporal(layers: int = 1, *, width: int = 24, max_frames: int = 16) -> TemporalTransformer:
    return TemporalTransformer(
        width=width, max_frames=max_frames, layers=layers, heads=3, head_width=5, mlp_width=40
    )


def norm(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    deviation = x - x.mean(-1, keepdim=True)
    return deviation / (deviation.square().mean(-1, keepdim=True) + 1e-5).sqrt() * weight + bias


def tanh_gelu(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def published_names(
    layers: int, *, width: int = 24, inner: int = 15, mlp: int = 40
) -> dict[str, tuple[int, ...]]:
    names: dict[str, tuple[int, ...]] = {"cls_token": (1, 1, width), "pos_embedding": (1, 17, width)}
    for i in range(layers):
        layer = f"temporal_transformer.layers.{i}"
        names |= {
            f"{layer}.0.fn.norm.weight": (width,),
            f"{layer}.0.fn.norm.bias": (width,),
            f"{layer}.0.fn.fn.to_qkv.weight": (3 * inner, width),
            f"{layer}.0.fn.fn.to_out.0.weight": (width, inner),
            f"{layer}.0.fn.fn.to_out.0.bias": (width,),
            f"{layer}.1.fn.norm.weight": (width,),
            f"{layer}.1.fn.norm.bias": (width,),
            f"{layer}.1.fn.fn.net.0.weight": (mlp, width),
            f"{layer}.1.fn.fn.net.0.bias": (mlp,),
            f"{layer}.1.fn.fn.net.3.weight": (width, mlp),
            f"{layer}.1.fn.fn.net.3.bias": (width,),
        }
    return names


def written_out(p: dict[str, Tensor], frames: Tensor, *, layers: int, heads: int, head_width: int) -> Tensor:
    """One clip, from published names: every head by itself."""
    x = torch.cat([p["cls_token"][0], frames]) + p["pos_embedding"][0, : len(frames) + 1]
    for i in range(layers):
        attention, mlp = f"temporal_transformer.layers.{i}.0.fn", f"temporal_transformer.layers.{i}.1.fn"
        h = norm(x, p[f"{attention}.norm.weight"], p[f"{attention}.norm.bias"])
        q, k, v = (h @ p[f"{attention}.fn.to_qkv.weight"].T).chunk(3, dim=-1)
        mixed = []
        for head in range(heads):
            part = slice(head * head_width, (head + 1) * head_width)
            scores = q[:, part] @ k[:, part].T / math.sqrt(head_width)
            mixed.append(scores.softmax(-1) @ v[:, part])
        out = torch.cat(mixed, dim=-1) @ p[f"{attention}.fn.to_out.0.weight"].T
        x = x + out + p[f"{attention}.fn.to_out.0.bias"]
        h = norm(x, p[f"{mlp}.norm.weight"], p[f"{mlp}.norm.bias"])
        h = tanh_gelu(h @ p[f"{mlp}.fn.net.0.weight"].T + p[f"{mlp}.fn.net.0.bias"])
        x = x + h @ p[f"{mlp}.fn.net.3.weight"].T + p[f"{mlp}.fn.net.3.bias"]
    return x[0]


@given(st.integers(0, 3), st.integers(1, 16), st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_it_computes_its_equations_under_published_names(layers: int, frames: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    published = {
        name: torch.randn(shape, generator=generator) * 0.5 for name, shape in published_names(layers).items()
    }
    module = temporal(layers)
    module.load_state_dict(load_published_temporal(published))  # strict: nothing missing, nothing left over
    clips = torch.randn(2, frames, 24, generator=generator)
    with torch.no_grad():
        found = module(clips)
    expected = torch.stack(
        [written_out(published, clip, layers=layers, heads=3, head_width=5) for clip in clips]
    )
    assert torch.allclose(found, expected, atol=1e-4, rtol=1e-4)


def test_its_size_is_the_published_one() -> None:
    module = TemporalTransformer(width=512, max_frames=16, layers=1, heads=8, head_width=64, mlp_width=1024)
    assert sum(parameter.numel() for parameter in module.parameters()) == 2_110_464
    crossed = TemporalTransformer(width=512, max_frames=1, layers=1, heads=8, head_width=2048, mlp_width=512)
    assert sum(parameter.numel() for parameter in crossed.layers.parameters()) == 34_082_304  # EmoCLIP's


def test_class_token_and_positions_start_with_standard_deviation_one() -> None:
    module = temporal(width=2000)
    assert module.cls.std().item() == pytest.approx(1, abs=0.1)
    assert module.positions.std().item() == pytest.approx(1, abs=0.05)


def test_the_order_of_the_frames_matters_to_it_and_not_to_their_mean() -> None:
    frames = torch.randn(2, 8, 24)
    module = temporal()
    assert not torch.allclose(module(frames), module(frames.flip(1)), atol=1e-3)
    assert torch.allclose(frame_mean(frames), frame_mean(frames.flip(1)), atol=1e-6)
    assert torch.allclose(frame_mean(frames)[1], sum(frames[1]) / 8, atol=1e-6)


def test_clips_in_a_batch_do_not_see_each_other() -> None:
    frames = torch.randn(3, 5, 24)
    module = temporal(2)
    assert torch.allclose(module(frames)[1], module(frames[1:2])[0], atol=1e-6)


def test_fewer_frames_use_the_first_positions_and_more_are_refused() -> None:
    module = temporal(max_frames=4)
    assert module(torch.randn(1, 2, 24)).shape == (1, 24)
    with pytest.raises(ContentError, match="a clip of 5 frames for a temporal model with 4 positions"):
        module(torch.randn(1, 5, 24))


def test_every_frame_and_every_parameter_is_used() -> None:
    module, frames = temporal(2), torch.randn(1, 16, 24, requires_grad=True)
    module(frames).sum().backward()
    assert frames.grad is not None
    assert frames.grad.abs().amax(dim=(0, 2)).min() > 0
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in module.parameters())


@pytest.mark.parametrize(
    "name", ["cls", "temporal_transformer.layers.0.2.fn.norm.weight", "module.cls_token"]
)
def test_an_unknown_published_name_is_refused(name: str) -> None:
    with pytest.raises(ContentError, match="not a name in a published temporal model"):
        load_published_temporal({name: torch.zeros(1)})
