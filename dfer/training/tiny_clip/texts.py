"""Sentences as rows of `dfer-tiny`'s small token table."""

import random
from collections.abc import Sequence

import torch
from torch import Tensor

from dfer.describe.clip_tokens import CONTEXT_LENGTH, START_AND_END, token_ids
from dfer.models.tiny_clip.vocabulary import HASHED_ROWS, rows_of_tokens
from dfer.training.tiny_clip.phrases import training_words

_WITH_STRANGE_WORDS = 0.25
_MOST_STRANGE_WORDS = 6


class TextRows:
    """`row_of` (49408,) gives each token's row; there are `count` rows."""

    def __init__(self) -> None:
        known = {token for text in training_words() for token in token_ids(text)}
        self.row_of = rows_of_tokens(known)
        self.count = int(self.row_of.max()) + 1
        self._end = self.count - 1
        self._first_hashed = self.count - START_AND_END - HASHED_ROWS

    def encode(self, texts: Sequence[str], *, rng: random.Random | None = None) -> Tensor:
        """int64 (texts, longest): start, the text, end, zeros.

        With `rng` words without meaning are strewn into some texts: what the model has no words for it
        should learn to pass over.
        """
        rows = [self._rows(text, rng) for text in texts]
        encoded = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
        for place, own in zip(encoded, rows, strict=True):
            place[: len(own)] = torch.tensor(own)
        return encoded

    def _rows(self, text: str, rng: random.Random | None) -> list[int]:
        rows = self.row_of[token_ids(text)].tolist()
        if rng and rng.random() < _WITH_STRANGE_WORDS:
            for _ in range(rng.randint(1, _MOST_STRANGE_WORDS)):
                strange = self._first_hashed + rng.randrange(HASHED_ROWS)
                rows.insert(rng.randint(0, len(rows)), strange)
        return [self._end - 1, *rows[: CONTEXT_LENGTH - START_AND_END], self._end]
