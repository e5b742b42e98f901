"""A text side that reads captions as well as class descriptions (EmoCLIP)."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from description_store.records import Combine
from dfer.models.combining import combine_embeddings, combine_scores
from dfer.models.text_side import TEXTS_AT_ONCE
from dfer.models.text_tower import TextTower, built_in_text_tower
from dfer.models.tokens import lay_out


class TokenIds(NamedTuple):
    """Texts as `dfer.models.tokens.lay_out` writes them."""

    ids: Tensor
    """(texts, length)."""
    ends: Tensor
    """(texts,): places of the end tokens."""


class CaptionSide(nn.Module):
    """CLIP's text tower, open to any text. Frozen but for its transformer's blocks, and those if they train.

    EmoCLIP fine-tunes the blocks alone: not the token table, the positions, the last norm or the projection.
    `class_tokens`, `counts` and `combine` say which descriptions classes are told by, as in `TextSide`.
    Raises UsageError for a text tower that is not CLIP's kind.
    """

    class_ids: Tensor
    class_ends: Tensor

    def __init__(
        self,
        *,
        model: nn.Module,
        class_tokens: Sequence[Sequence[int]],
        counts: Sequence[int] | None = None,
        combine: Combine = "joined",
        train_blocks: bool = False,
    ) -> None:
        super().__init__()
        self.counts = tuple(counts or [1] * len(class_tokens))
        self.combine = combine
        text = built_in_text_tower(model)
        self.token_embedding: nn.Module = text.token_embedding.requires_grad_(False)
        self.tower = TextTower(text=text)
        self.tower.transformer.requires_grad_(train_blocks)
        ids, ends = lay_out(class_tokens)
        self.register_buffer("class_ids", ids, persistent=False)
        self.register_buffer("class_ends", ends, persistent=False)

    @property
    def context_length(self) -> int:
        """Tokens in a text, start and end token included."""
        return len(self.tower.positional_embedding)

    @property
    def is_frozen(self) -> bool:
        return not any(parameter.requires_grad for parameter in self.parameters())

    def read(self, texts: TokenIds) -> Tensor:
        """(texts, embed), L2-normalised."""
        return functional.normalize(self._embed(texts), dim=-1)

    def forward(self) -> Tensor:
        """The classes' descriptions: (classes, embed), or (texts, embed) for a rule of scores; normalised."""
        parts = zip(
            torch.split(self.class_ids, TEXTS_AT_ONCE),
            torch.split(self.class_ends, TEXTS_AT_ONCE),
            strict=True,
        )
        embeddings = torch.cat([self._embed(TokenIds(*part)) for part in parts])
        return combine_embeddings(embeddings, self.counts, self.combine)

    def class_scores(self, scores: Tensor) -> Tensor:
        """(batch, features of `forward`) → (batch, classes)."""
        return combine_scores(scores, self.counts, self.combine)

    def _embed(self, texts: TokenIds) -> Tensor:
        embeddings: Tensor = self.tower(self.token_embedding(texts.ids), texts.ends)
        return embeddings
