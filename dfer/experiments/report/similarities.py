"""How alike the classes of compared sets are to the CLIP that their runs began from."""

from collections.abc import Mapping
from typing import NamedTuple

from description_store.records import DescriptionSet
from dfer.errors import DferError
from dfer.experiments.class_similarity import ClassSimilarity
from dfer.experiments.comparison import Comparison
from dfer.experiments.set_similarity import similarity_of_set
from dfer.training.rebuilding import clip_of


class Similarities(NamedTuple):
    """Of all sets in their order; or none, and why not."""

    found: tuple[ClassSimilarity, ...]
    why_not: str


def similarities_of(comparison: Comparison, sets: Mapping[str, DescriptionSet]) -> Similarities:
    """Loads CLIP, which takes seconds. Weights that are not where they were are no reason to fail."""
    try:
        clip = clip_of(comparison.example)
        return Similarities(
            tuple(similarity_of_set(sets[row.set], None, clip, title=row.set) for row in comparison.rows), ""
        )
    except DferError as error:
        return Similarities((), error.message)
