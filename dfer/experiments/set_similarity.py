"""A description set seen by a CLIP: how alike its classes are, and how far they are from its parent's."""

import numpy as np
from torch import Tensor

from description_store.records import DescriptionSet
from dfer.experiments.class_similarity import (
    Array,
    ClassSimilarity,
    Drift,
    class_similarity,
    drift_from,
)
from dfer.models.class_embeddings import class_embeddings, text_embeddings
from dfer.models.clip_backbone import ClipBackbone


def similarity_of_set(
    description_set: DescriptionSet,
    parent: DescriptionSet | None,
    clip: ClipBackbone,
    *,
    title: str | None = None,
    pairs: int = 5,
) -> ClassSimilarity:
    """Cosines, the `pairs` nearest classes, effective rank, and drift from `parent` where there is one.

    Each set is read by its own rule for several texts. `title` is what to call the set, if not by its
    version. Freezes the text tower of `clip`.

    Raises:
        ContentError: a text does not fit; none is ever cut.
        UsageError: the CLIP's text tower is not of CLIP's kind.
    """
    embeddings = _embeddings(description_set, clip)
    return class_similarity(
        set=title or description_set.name,
        class_names=description_set.class_names,
        combine=description_set.rendering.combine,
        clip=clip.identity,
        embeddings=embeddings,
        texts_of_class=_texts_of_class(description_set, clip),
        drift=None if parent is None else _drift(description_set, embeddings, parent, clip),
        pairs=pairs,
    )


def _embeddings(found: DescriptionSet, clip: ClipBackbone) -> Array:
    """(classes, embed), L2-normalised."""
    return _array(
        class_embeddings(
            clip=clip,
            texts=[d.text for d in found.descriptions],
            combine=found.rendering.combine,
            class_names=found.class_names,
        )
    )


def _texts_of_class(found: DescriptionSet, clip: ClipBackbone) -> list[Array] | None:
    if found.rendering.combine != "max_score":
        return None
    each = text_embeddings(
        clip=clip,
        texts=[d.text for d in found.descriptions],
        combine=found.rendering.combine,
        class_names=found.class_names,
    )
    return [_array(own) for own in each]


def _drift(
    found: DescriptionSet, embeddings: Array, parent: DescriptionSet, clip: ClipBackbone
) -> Drift | None:
    before = dict(zip(parent.class_names, _embeddings(parent, clip), strict=True))
    return drift_from(parent.name, before, dict(zip(found.class_names, embeddings, strict=True)))


def _array(tensor: Tensor) -> Array:
    return tensor.cpu().numpy().astype(np.float64)
