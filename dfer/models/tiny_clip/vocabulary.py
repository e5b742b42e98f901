"""CLIP's 49,408 tokens in few rows: a row for each word that training meets, hashed rows for all others.

A token table of the whole vocabulary would be three quarters of `dfer-tiny`. A word that it never read can
mean nothing to it; that such words share rows still keeps most of them apart.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

from dfer.models.text_tower import CLIP_VOCABULARY
from dfer.models.tokens import END, START

HASHED_ROWS = 1024

_KNUTH = 2654435761
"""Multiplicative hashing (Knuth, TAOCP 3, §6.4): neighbours in the vocabulary go to rows far apart."""


def rows_of_tokens(known: Iterable[int]) -> Tensor:
    """int64 (49408,): each token's row. The known ones first, then the hashed, then start and end token.

    The end token has the last row, so that it is the largest number of a text here too (CLIP reads there).
    """
    own = sorted(set(known) - {START, END})
    hashed = torch.tensor([(token * _KNUTH % 2**32) % HASHED_ROWS for token in range(CLIP_VOCABULARY)])
    rows = hashed + len(own)
    rows[torch.tensor(own, dtype=torch.long)] = torch.arange(len(own))
    rows[START], rows[END] = len(own) + HASHED_ROWS, len(own) + HASHED_ROWS + 1
    return rows
