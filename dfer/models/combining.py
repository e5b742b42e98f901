"""Several texts of one class: how their embeddings, or their scores, become one per class.

| rule | of a class's texts | from |
|---|---|---|
| joined | there is one | DFER-CLIP |
| mean_embedding | mean of the normalised embeddings, normalised again | open_clip's zero-shot classifier |
| mean_raw | mean of the embeddings as they are, normalised | EmoCLIP §III-C, compounds |
| mean_score | mean of the scores | Menon & Vondrick; Exp-CLIP |
| max_score | the best score | Menon & Vondrick |

With one text per class all are the same.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from description_store.records import Combine

OF_SCORES: tuple[Combine, ...] = ("mean_score", "max_score")
"""Rules that need every text's score; the others make one embedding of a class, once and for all."""


class ClassTexts(NamedTuple):
    """All texts, class after class; whose each is; and how many each class has."""

    texts: tuple[str, ...]
    owners: tuple[str, ...]
    counts: tuple[int, ...]


def class_texts(
    texts: Sequence[str], rule: Combine, *, class_names: Sequence[str] | None = None
) -> ClassTexts:
    """The texts of each class: its lines, or the whole where the rule is "joined".

    `texts`: one string per class. A class without a name is called by its place, from 1.
    """
    names = class_names or [str(place) for place in range(1, len(texts) + 1)]
    of_class = [(text,) if rule == "joined" else tuple(text.split("\n")) for text in texts]
    return ClassTexts(
        texts=tuple(text for own in of_class for text in own),
        owners=tuple(name for name, own in zip(names, of_class, strict=True) for _ in own),
        counts=tuple(map(len, of_class)),
    )


def combine_embeddings(embeddings: Tensor, counts: Sequence[int], rule: Combine) -> Tensor:
    """(texts, embed) as the text tower gives them → (classes, embed), L2-normalised.

    A rule for scores leaves one embedding per text: (texts, embed), L2-normalised.
    """
    if rule != "mean_raw":
        embeddings = functional.normalize(embeddings, dim=-1)
    if rule == "joined" or rule in OF_SCORES:
        return embeddings
    of_class = torch.split(embeddings, list(counts))
    means = torch.stack([own.mean(dim=0) for own in of_class])  # (classes, embed)
    return functional.normalize(means, dim=-1)


def combine_templates(embeddings: Tensor, templates: int, rule: Combine) -> Tensor:
    """(texts × templates, embed) as the text tower gives them, text after text → (texts, embed).

    A text's embeddings in its templates are normalised and averaged (CLIP §3.1.4); "mean_raw" averages them
    as they are, so that nothing is normalised before the mean of the class. `combine_embeddings` comes next
    and normalises.
    """
    if templates == 1:
        return embeddings
    if rule != "mean_raw":
        embeddings = functional.normalize(embeddings, dim=-1)
    return torch.unflatten(embeddings, 0, (-1, templates)).mean(dim=1)  # (texts, templates, embed), averaged


def combine_scores(scores: Tensor, counts: Sequence[int], rule: Combine) -> Tensor:
    """(batch, texts) → (batch, classes); the same of every frame, (batch, frames, texts).

    A rule for embeddings has left one score per class already.
    """
    if rule not in OF_SCORES:
        return scores
    of_class = torch.split(scores, list(counts), dim=-1)  # (…, texts of a class) each
    if rule == "max_score":
        return torch.stack([own.amax(dim=-1) for own in of_class], dim=-1)
    return torch.stack([own.mean(dim=-1) for own in of_class], dim=-1)
