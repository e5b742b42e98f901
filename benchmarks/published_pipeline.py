"""DFER-CLIP's model as published (`models.md` A.1.1), plainly: what steps and scores are measured against.

OpenAI's layout, tokens first and batch second; `nn.MultiheadAttention`; a patch convolution; QuickGELU in two
operations; all 77 tokens of every text, read again for every batch. Written for the benchmarks; takes the
weights of one of our recognisers over, so that both must give the same numbers.
"""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from dfer.models.recogniser import VideoRecogniser
from dfer.models.tokens import END, START, clip_tokenizer

_PLACEHOLDER = 0


class PublishedDferClip(nn.Module):
    """(batch, frames, 3, H, W) in [0, 1] → logits (batch, classes)."""

    def __init__(self, *, clip: dict[str, Tensor], ours: VideoRecogniser, texts: Sequence[str]) -> None:
        """`clip`: the state of a whole CLIP with QuickGELU. `ours`: temporal model and context to copy."""
        super().__init__()
        self.image_encoder = _Vision(clip)
        # Ours is written as published in the first place.
        self.temporal_net = deepcopy(cast("nn.Module", ours.temporal))
        context: Tensor = ours.text_side.context  # type: ignore[union-attr, assignment]
        self.prompts = _Prompts(clip, context, texts)
        self.text_encoder = _Text(clip).requires_grad_(False)

    def forward(self, frames: Tensor) -> Tensor:
        batch, count = frames.shape[:2]
        images = frames.contiguous().view(-1, *frames.shape[2:])  # (batch × frames, 3, H, W)
        features = self.image_encoder(images).view(batch, count, -1)
        video = functional.normalize(self.temporal_net(features), dim=-1)
        text = functional.normalize(self.text_encoder(self.prompts(), self.prompts.ends), dim=-1)
        return video @ text.t() / 0.01

    def optimizer(self) -> torch.optim.SGD:
        """SGD as the scripts have it, and as torch runs it unless told otherwise."""
        return torch.optim.SGD(
            [
                {"params": self.temporal_net.parameters(), "lr": 1e-2},
                {"params": self.image_encoder.parameters(), "lr": 1e-5},
                {"params": [self.prompts.context], "lr": 1e-3},
            ],
            lr=1e-2,
            momentum=0.9,
            weight_decay=1e-4,
        )


class _QuickGELU(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(1.702 * x)


class _Block(nn.Module):
    def __init__(self, width: int, heads: int, mask: Tensor | None) -> None:
        super().__init__()
        self.attn = nn.MultiheadAttention(width, heads)
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mlp = nn.Sequential()
        self.mlp.add_module("c_fc", nn.Linear(width, 4 * width))
        self.mlp.add_module("gelu", _QuickGELU())
        self.mlp.add_module("c_proj", nn.Linear(4 * width, width))
        self.mask = mask

    def forward(self, x: Tensor) -> Tensor:
        """(tokens, batch, width), as it came."""
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False, attn_mask=self.mask)[0]
        mixed: Tensor = self.mlp(self.ln_2(x))
        return x + mixed


def _blocks(state: dict[str, Tensor], prefix: str, mask: Tensor | None = None) -> nn.Sequential:
    """With the weights that are called `prefix` and so on; heads are 64 wide, as in every CLIP."""
    own = {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}
    width = len(own["0.ln_1.weight"])
    layers = 1 + max(int(name.partition(".")[0]) for name in own)
    blocks = nn.Sequential(*[_Block(width, width // 64, mask) for _ in range(layers)])
    blocks.load_state_dict(own)
    return blocks


def _norm(state: dict[str, Tensor], name: str) -> nn.LayerNorm:
    norm = nn.LayerNorm(len(state[f"{name}.weight"]))
    norm.load_state_dict({key: state[f"{name}.{key}"] for key in ("weight", "bias")})
    return norm


def _own(tensor: Tensor) -> nn.Parameter:
    return nn.Parameter(tensor.detach().clone())


class _Vision(nn.Module):
    def __init__(self, state: dict[str, Tensor]) -> None:
        super().__init__()
        weight = state["visual.conv1.weight"]
        self.conv1 = nn.Conv2d(3, len(weight), weight.shape[-1], stride=weight.shape[-1], bias=False)
        self.conv1.weight = _own(weight)
        self.class_embedding = _own(state["visual.class_embedding"])
        self.positional_embedding = _own(state["visual.positional_embedding"])
        self.ln_pre = _norm(state, "visual.ln_pre")
        self.blocks = _blocks(state, "visual.transformer.resblocks.")
        self.ln_post = _norm(state, "visual.ln_post")
        self.proj = _own(state["visual.proj"])

    def forward(self, images: Tensor) -> Tensor:
        x = self.conv1(images)  # (images, width, rows, columns)
        x = x.reshape(*x.shape[:2], -1).permute(0, 2, 1)  # (images, patches, width)
        first = self.class_embedding + torch.zeros(len(x), 1, x.shape[-1], device=x.device)
        x = self.ln_pre(torch.cat([first, x], dim=1) + self.positional_embedding)
        x = self.blocks(x.permute(1, 0, 2)).permute(1, 0, 2)
        return self.ln_post(x[:, 0]) @ self.proj


class _Prompts(nn.Module):
    """Context before each description, embedded; all 77 tokens."""

    def __init__(self, state: dict[str, Tensor], context: Tensor, texts: Sequence[str]) -> None:
        super().__init__()
        self.context = _own(context)  # (classes, context tokens, width)
        length, beside = len(state["positional_embedding"]), context.shape[1]
        ids = torch.zeros(len(texts), length, dtype=torch.long)
        for row, text in zip(ids, texts, strict=True):
            tokens = [START, *[_PLACEHOLDER] * beside, *clip_tokenizer().encode(text), END]
            row[: len(tokens)] = torch.tensor(tokens)
        vectors = state["token_embedding.weight"][ids]  # (classes, length, width)
        self.register_buffer("prefix", vectors[:, :1])
        self.register_buffer("suffix", vectors[:, 1 + beside :])
        self.register_buffer("ends", ids.argmax(dim=-1))

    def forward(self) -> Tensor:
        prefix: Any = self.prefix
        suffix: Any = self.suffix
        return torch.cat([prefix, self.context, suffix], dim=1)


class _Text(nn.Module):
    def __init__(self, state: dict[str, Tensor]) -> None:
        super().__init__()
        self.positional_embedding = _own(state["positional_embedding"])
        length = len(self.positional_embedding)
        mask = torch.full((length, length), float("-inf")).triu_(1)
        self.blocks = _blocks(state, "transformer.resblocks.", mask)
        self.ln_final = _norm(state, "ln_final")
        self.text_projection = _own(state["text_projection"])

    def forward(self, vectors: Tensor, ends: Tensor) -> Tensor:
        x = vectors + self.positional_embedding
        x = self.blocks(x.permute(1, 0, 2)).permute(1, 0, 2)  # (classes, 77, width)
        x = self.ln_final(x)
        return x[torch.arange(len(x)), ends] @ self.text_projection
