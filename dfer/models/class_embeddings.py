"""Where a CLIP places classes by their descriptions alone, without context and without a video."""

from collections.abc import Sequence

import torch
from torch import Tensor

from description_store.records import Combine
from dfer.models.clip_backbone import ClipBackbone
from dfer.models.combining import OF_SCORES, class_texts, combine_embeddings
from dfer.models.text_side import plain_text_side


@torch.no_grad()
def class_embeddings(
    *,
    clip: ClipBackbone,
    texts: Sequence[str],
    combine: Combine = "joined",
    class_names: Sequence[str] | None = None,
) -> Tensor:
    """(classes, embed), L2-normalised: for a rule of embeddings exactly what videos are compared with.

    `texts`: one string per class, of several lines unless `combine` is "joined". A rule of scores has no such
    point; its classes stand at the mean of their normalised texts, normalised. For "mean_score" that is the
    direction that decides: a video's mean cosine is its cosine with this point times a number of the class.
    For "max_score" it is only the middle; see `text_embeddings`.

    Freezes the text tower of `clip`. Raises ContentError for a text that does not fit (none is ever cut),
    UsageError for a text tower that is not CLIP's kind.
    """
    if combine in OF_SCORES:
        embeddings = text_embeddings(clip=clip, texts=texts, combine=combine, class_names=class_names)
        return combine_embeddings(torch.cat(embeddings), [len(own) for own in embeddings], "mean_embedding")
    features: Tensor = plain_text_side(clip=clip, texts=texts, combine=combine, class_names=class_names)()
    return features


@torch.no_grad()
def text_embeddings(
    *,
    clip: ClipBackbone,
    texts: Sequence[str],
    combine: Combine,
    class_names: Sequence[str] | None = None,
) -> list[Tensor]:
    """Per class (its texts, embed), L2-normalised: every text by itself. Raises as `class_embeddings`."""
    words = class_texts(texts, combine, class_names=class_names)
    each = plain_text_side(clip=clip, texts=words.texts, combine="joined", class_names=words.owners)
    return list(torch.split(each(), list(words.counts)))
