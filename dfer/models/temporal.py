"""From frame features to one video feature: DFER-CLIP's temporal transformer, or the plain mean."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from dfer.errors import ContentError

Temporal = Callable[[Tensor], Tensor]
"""A module or a function: (batch, frames, width) → (batch, width)."""


def frame_mean(frames: Tensor) -> Tensor:
    """(batch, frames, width) → (batch, width).

    The "without temporal model" of DFER-CLIP's tables; the paper does not say how it pooled, and the mean is
    the natural reading.
    """
    return frames.mean(dim=1)


class TemporalTransformer(nn.Module):
    """`[cls; frame 1 … frame T] + positions` through a pre-norm transformer; the video is the class token.

    DFER-CLIP, as its code has it. Every width is a named argument, and heads × head_width need not equal
    `width` (EmoCLIP crossed head width and MLP width by position, and trained what came out). With no layers
    the result does not depend on the frames: use `frame_mean` to go without a temporal model.
    """

    def __init__(
        self, *, width: int, max_frames: int, layers: int, heads: int, head_width: int, mlp_width: int
    ) -> None:
        super().__init__()
        self.max_frames = max_frames
        # Standard deviation 1, as in the published code; transformers usually start at 0.02.
        self.cls = nn.Parameter(torch.randn(1, 1, width))
        self.positions = nn.Parameter(torch.randn(1, max_frames + 1, width))
        self.layers = nn.ModuleList(
            TemporalLayer(width=width, heads=heads, head_width=head_width, mlp_width=mlp_width)
            for _ in range(layers)
        )

    def forward(self, frames: Tensor) -> Tensor:
        """(batch, frames, width) → (batch, width). Raises ContentError beyond `max_frames` frames."""
        batch, count, _ = frames.shape
        if count > self.max_frames:
            raise ContentError(
                f"a clip of {count} frames for a temporal model with {self.max_frames} positions",
                hint="Sample fewer frames, or train with a larger `frames` setting.",
            )
        x = torch.cat([self.cls.expand(batch, -1, -1), frames], dim=1)  # (batch, 1 + frames, width)
        x = x + self.positions[:, : count + 1]
        for layer in self.layers:
            x = layer(x)
        return x[:, 0]  # no final norm, as published


class TemporalLayer(nn.Module):
    """Attention and MLP, each after a layer norm and added to its input. Published dropout is 0: left out."""

    def __init__(self, *, width: int, heads: int, head_width: int, mlp_width: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = TemporalAttention(width=width, heads=heads, head_width=head_width)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, mlp_width), nn.GELU(approximate="tanh"), nn.Linear(mlp_width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.attention_norm(x))
        mixed: Tensor = self.mlp(self.mlp_norm(x))
        return x + mixed


class TemporalAttention(nn.Module):
    """Self-attention over all frames, with a head width of its own.

    Softmax is written out: for some tens of frames fused kernels gain little, and the gradients of some of
    them differ from run to run on a GPU.
    """

    def __init__(self, *, width: int, heads: int, head_width: int) -> None:
        super().__init__()
        self.heads = heads
        self.scale = head_width**-0.5
        self.qkv = nn.Linear(width, 3 * heads * head_width, bias=False)
        self.out = nn.Linear(heads * head_width, width)

    def forward(self, x: Tensor) -> Tensor:
        batch, count, _ = x.shape
        qkv = self.qkv(x).reshape(batch, count, 3, self.heads, -1)  # (batch, frames, 3, heads, head_width)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (batch, heads, frames, head_width)
        weights = (q @ k.transpose(-2, -1) * self.scale).softmax(dim=-1)
        mixed = (weights @ v).transpose(1, 2).reshape(batch, count, -1)  # (batch, frames, heads × head_width)
        result: Tensor = self.out(mixed)
        return result
