"""Heads: from a video feature, and the texts it is compared with, to scores."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class CosineHead(nn.Module):
    """Cosine similarities divided by a fixed temperature (DFER-CLIP eq. 5; CoOp; zero-shot).

    Eq. 5 calls the temperature learned; the code and §4.2 of the paper use the constant 0.01.
    """

    def __init__(self, *, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, video: Tensor, text: Tensor) -> Tensor:
        """(batch, embed), texts as in `cosines` → (batch, texts)."""
        return cosines(video, text) / self.temperature


class LearnedScaleHead(nn.Module):
    """Cosine similarities times a learned scale, kept as its logarithm and not clamped (EmoCLIP §III-B)."""

    def __init__(self, *, log_scale: Tensor) -> None:
        super().__init__()
        self.logit_scale = nn.Parameter(log_scale.detach().clone().reshape(()))

    def forward(self, video: Tensor, text: Tensor) -> Tensor:
        """(batch, embed), texts as in `cosines` → (batch, texts)."""
        return cosines(video, text) * self.logit_scale.exp()


class LinearHead(nn.Module):
    """A linear layer on the video feature as it is, not normalised: no text takes part.

    With `hidden`, two layers and a ReLU between them (EmoCLIP §IV-D: 256).
    """

    def __init__(self, *, width: int, classes: int, hidden: int = 0) -> None:
        super().__init__()
        self.linear: nn.Module = (
            nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, classes))
            if hidden
            else nn.Linear(width, classes)
        )

    def forward(self, video: Tensor, text: Tensor | None = None) -> Tensor:
        """(batch, embed) → (batch, classes)."""
        scores: Tensor = self.linear(video)
        return scores


def cosines(video: Tensor, text: Tensor) -> Tensor:
    """(batch, embed) and (texts, embed) → (batch, texts); also for texts (batch, texts, embed) of a clip, and
    for videos (batch, frames, embed) whose frames are scored one by one: (batch, frames, texts).

    `text` is L2-normalised already, `video` is normalised here. In float32, whatever the precision around it:
    a cosine in bfloat16 has three digits, which a temperature of 0.01 would turn into steps of half a logit.
    """
    with torch.autocast(video.device.type, enabled=False):
        video, text = functional.normalize(video.float(), dim=-1), text.float()
        if text.ndim == 2:
            return video @ text.T
        return (text @ video.unsqueeze(-1)).squeeze(-1)  # (batch, texts, embed) @ (batch, embed, 1)
