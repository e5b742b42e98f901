"""The text side: a frozen CLIP text encoder reading descriptions next to a few learnable context vectors."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from dfer.errors import ContentError
from dfer.models.seeding import seeded
from dfer.models.text_tower import FrozenTextTower, built_in_text_tower
from dfer.models.tokens import END, START

DescriptionPosition = Literal["end", "middle", "front"]

CONTEXT_STD = 0.02


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
    """One L2-normalised text feature per class.

    `model`: open_clip's CLIP; its text tower is taken over and frozen, so the context is all that can train.
    `tokens`: each class's token ids, without start and end. `context`: initial context vectors, (classes, n,
    width) for class-specific ones, (n, width) for shared ones, None for none.
    Raises UsageError for a text tower that is not CLIP's kind, ContentError if context and classes disagree.
    """

    context: nn.Parameter | None
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
    ) -> None:
        super().__init__()
        if context is not None and context.ndim == 3 and len(context) != len(tokens):
            raise ContentError(f"context for {len(context)} classes, descriptions for {len(tokens)}")
        text = built_in_text_tower(model)
        n = 0 if context is None else context.shape[-2]
        slots = [
            context_slots(description_position, context_tokens=n, text_tokens=len(ids)) for ids in tokens
        ]
        ends = [1 + n + len(ids) for ids in tokens]

        # The published code looks up 77 tokens, with "X" for the context, and cuts the result in pieces.
        # Here the description's vectors are laid out once, up to the last end token, gaps for the context.
        ids = torch.zeros(len(tokens), max(ends) + 1, dtype=torch.long)
        for row, (class_tokens, taken, end) in enumerate(zip(tokens, slots, ends, strict=True)):
            places = [place for place in range(1, end) if place not in taken]
            ids[row, 0], ids[row, end] = START, END
            ids[row, places] = torch.tensor(class_tokens, dtype=torch.long)
        with torch.no_grad():
            vectors = text.token_embedding(ids)  # (classes, length, width)

        # These buffers can be computed again from the texts: persistent=False keeps them out of checkpoints.
        tower = FrozenTextTower(text=text)
        if context is None:
            with torch.no_grad():
                constant = functional.normalize(tower(vectors, torch.tensor(ends)), dim=-1)
            self.context = None
            self.register_buffer("constant", constant, persistent=False)
        else:
            self.tower = tower
            self.context = nn.Parameter(context.detach().clone())
            self.register_buffer("fixed_vectors", vectors, persistent=False)
            self.register_buffer("slots", torch.tensor(slots), persistent=False)  # (classes, n)
            self.register_buffer("ends", torch.tensor(ends), persistent=False)  # (classes,)

    def forward(self) -> Tensor:
        """(classes, embed), L2-normalised; row order is the order of the descriptions."""
        if self.context is None:
            return self.constant
        width = self.context.shape[-1]
        context = self.context.expand(*self.slots.shape, width)  # shared context: the same for every class
        slots = self.slots.unsqueeze(-1).expand(-1, -1, width)
        vectors = self.fixed_vectors.scatter(1, slots, context)  # (classes, length, width)
        return functional.normalize(self.tower(vectors, self.ends), dim=-1)
