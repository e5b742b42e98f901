"""The text side: a frozen CLIP text encoder reading descriptions next to a few learnable context vectors."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from description_store.records import Combine
from dfer.errors import ContentError
from dfer.models.clip_backbone import ClipBackbone
from dfer.models.combining import class_texts, combine_embeddings, combine_scores, combine_templates
from dfer.models.seeding import seeded
from dfer.models.text_tower import TextTower, built_in_text_tower
from dfer.models.tokens import AS_IT_IS, encode_descriptions, lay_out

DescriptionPosition = Literal["end", "middle", "front"]

CONTEXT_STD = 0.02
TEXTS_AT_ONCE = 256
"""Enough to keep a machine busy; 43 classes of thirty texts at once would want gigabytes."""


def draw_context(*, classes: int, tokens: int, width: int, class_specific: bool, seed: int) -> Tensor | None:
    """Context ~ N(0, 0.02²): (classes, tokens, width), or (tokens, width) for all; None without tokens."""
    if tokens == 0:
        return None
    shape = (classes, tokens, width) if class_specific else (tokens, width)
    with seeded(seed, part="context"):
        return torch.randn(shape) * CONTEXT_STD


def context_slots(
    description_position: DescriptionPosition, *, context_tokens: int, text_tokens: int
) -> list[int]:
    """Where the context vectors stand in `start, …, end`; the description fills the other places in order.

    "end", "middle" and "front" say where the *description* stands, as in DFER-CLIP. In the middle, the
    smaller half of an odd context comes first.
    """
    before = {"end": context_tokens, "middle": context_tokens // 2, "front": 0}[description_position]
    places = range(1, 1 + context_tokens + text_tokens)
    return [*places[:before], *places[before + text_tokens :]]


class TextSide(nn.Module):
    """One L2-normalised text feature per class, or per text where the rule combines scores.

    `model`: open_clip's CLIP; its text tower is taken over and frozen, so the context is all that can train.
    `tokens`: each text's token ids, without start and end. `context`: initial context vectors, (classes, n,
    width) for class-specific ones, which a class's texts share; (n, width) for the same everywhere; None for
    none. `counts`: how many texts each class has, in the order of `tokens`; None for one each. `combine`: see
    `dfer.models.combining`. `templates`: in so many sentences each text stands, side by side in `tokens`.
    Raises UsageError for a text tower that is not CLIP's kind, ContentError if context and classes disagree.
    """

    context: nn.Parameter | None
    owners: Tensor
    fixed_vectors: Tensor
    slots: Tensor
    ends: Tensor
    constant: Tensor

    def __init__(
        self,
        *,
        model: nn.Module,
        tokens: Sequence[Sequence[int]],
        context: Tensor | None,
        description_position: DescriptionPosition,
        counts: Sequence[int] | None = None,
        combine: Combine = "joined",
        templates: int = 1,
    ) -> None:
        super().__init__()
        self.counts = tuple(counts or [1] * (len(tokens) // templates))
        self.combine = combine
        self.templates = templates
        if context is not None and context.ndim == 3 and len(context) != len(self.counts):
            raise ContentError(f"context for {len(context)} classes, descriptions for {len(self.counts)}")
        text = built_in_text_tower(model)
        n = 0 if context is None else context.shape[-2]
        slots = [
            context_slots(description_position, context_tokens=n, text_tokens=len(ids)) for ids in tokens
        ]
        # The published code looks up 77 tokens, with "X" for the context, and cuts the result in pieces.
        # Here the description's vectors are laid out once, up to the last end token, gaps for the context.
        ids, ends = lay_out(tokens, slots)
        with torch.no_grad():
            vectors = text.token_embedding(ids)  # (texts, length, width)

        # These buffers can be computed again from the texts: persistent=False keeps them out of checkpoints.
        tower = TextTower(text=text)
        if context is None:
            with torch.no_grad():
                parts = zip(
                    torch.split(vectors, TEXTS_AT_ONCE), torch.split(ends, TEXTS_AT_ONCE), strict=True
                )
                constant = self._of_classes(torch.cat([tower(*part) for part in parts]))
            self.context = None
            self.register_buffer("constant", constant, persistent=False)
        else:
            owners = [place for place, count in enumerate(self.counts) for _ in range(count * templates)]
            self.tower = tower
            self.context = nn.Parameter(context.detach().clone())
            self.register_buffer("owners", torch.tensor(owners), persistent=False)  # (texts,)
            self.register_buffer("fixed_vectors", vectors, persistent=False)
            self.register_buffer("slots", torch.tensor(slots), persistent=False)  # (texts, n)
            self.register_buffer("ends", ends, persistent=False)  # (texts,)

    def forward(self) -> Tensor:
        """(classes, embed), or (texts, embed) for a rule of scores; L2-normalised, in the order given."""
        return self.constant if self.context is None else self.encode(self.context_of_texts())

    def context_of_texts(self) -> Tensor:
        """(texts, n, width): the context beside each text."""
        assert self.context is not None
        if self.context.ndim == 2:
            return self.context.expand(len(self.owners), -1, -1)
        return self.context if len(self.context) == len(self.owners) else self.context[self.owners]

    def encode(self, context: Tensor) -> Tensor:
        """(copies × texts, n, width) → (copies × classes, embed), or texts for a rule of scores; normalised.

        More than one copy of all texts is for contexts that differ from clip to clip.
        """
        copies, width = len(context) // len(self.slots), context.shape[-1]
        slots = self.slots.repeat(copies, 1).unsqueeze(-1).expand(-1, -1, width)
        vectors = self.fixed_vectors.repeat(copies, 1, 1).scatter(1, slots, context)  # (texts, length, width)
        return self._of_classes(self.tower(vectors, self.ends.repeat(copies)), copies)

    def _of_classes(self, embeddings: Tensor, copies: int = 1) -> Tensor:
        texts = combine_templates(embeddings, self.templates, self.combine)
        return combine_embeddings(texts, self.counts * copies, self.combine)

    def class_scores(self, scores: Tensor) -> Tensor:
        """(batch, features of `forward`) → (batch, classes); the same of every frame, if there are frames."""
        return combine_scores(scores, self.counts, self.combine)


def plain_text_side(
    *,
    clip: ClipBackbone,
    texts: Sequence[str],
    combine: Combine,
    class_names: Sequence[str] | None = None,
    templates: Sequence[str] = AS_IT_IS,
) -> TextSide:
    """Descriptions alone, without context. `texts`: one string per class, of several lines unless "joined".

    `templates`: sentences around each text, which stands where {} does.
    Takes the text tower of `clip` over, frozen. Raises as `encode_descriptions` and `TextSide` do.
    """
    words = class_texts(texts, combine, class_names=class_names)
    tokens = encode_descriptions(
        words.texts,
        context_length=clip.context_length,
        class_names=words.owners,
        templates=templates,
    )
    return TextSide(
        model=clip.model,
        tokens=tokens,
        context=None,
        description_position="end",
        counts=words.counts,
        combine=combine,
        templates=len(templates),
    )
