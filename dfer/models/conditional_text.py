"""A text side whose context depends on the clip (CoCoOp)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from dfer.models.text_side import TextSide

NARROWER = 16
"""How much narrower than the video feature the network's hidden layer is."""


class ConditionalTextSide(nn.Module):
    """A small network sees the clip's feature and adds one vector to every context vector of every class.

    CoCoOp conditions on an image; on a video, its mean frame is the natural reading. `text_side` has context.
    The text tower runs once for every clip of a batch.
    """

    def __init__(self, *, text_side: TextSide, embed_width: int, text_width: int) -> None:
        super().__init__()
        self.text_side = text_side
        hidden = max(embed_width // NARROWER, 1)
        self.meta = nn.Sequential(
            nn.Linear(embed_width, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, text_width)
        )

    @property
    def context(self) -> nn.Parameter | None:
        return self.text_side.context

    def forward(self, video: Tensor) -> Tensor:
        """(batch, embed) → (batch, classes, embed), or texts for a rule of scores; L2-normalised."""
        shift = self.meta(functional.normalize(video, dim=-1))  # (batch, width)
        context = self.text_side.context_of_texts()  # (texts, n, width)
        of_clips = context.unsqueeze(0) + shift[:, None, None, :]  # (batch, texts, n, width)
        features = self.text_side.encode(of_clips.flatten(0, 1))  # (batch × classes, embed)
        return torch.unflatten(features, 0, (len(video), -1))

    def class_scores(self, scores: Tensor) -> Tensor:
        """(batch, features of `forward`) → (batch, classes)."""
        return self.text_side.class_scores(scores)
