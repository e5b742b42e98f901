"""How alike the classes of a description set are to a CLIP. Pure functions over embeddings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from description_store.records import Combine

Array = NDArray[np.float64]

_ROUNDING = 1e-5  # what float32 embeddings of unit length differ by when they are the same


@dataclass(frozen=True, kw_only=True, slots=True)
class NearPair:
    """Two classes and the cosine of their descriptions."""

    a: str
    b: str
    cosine: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """How far a set's words moved from its parent's: the cosine of each class that both have, and the mean.

    1 is where they were.
    """

    parent: str
    cosines: dict[str, float]
    mean: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassSimilarity:
    """`cosines` is (classes, classes), in the order of `class_names`; `mean_cosine` is over pairs of classes.

    `nearest` are the pairs most alike, the nearest first. `effective_rank` is at most classes − 1: see
    `effective_rank`. `clip` is the identity of the CLIP that all of it is true for, and of no other.
    """

    set: str
    class_names: tuple[str, ...]
    combine: Combine
    clip: Mapping[str, str | int | bool | None]
    cosines: tuple[tuple[float, ...], ...]
    mean_cosine: float
    nearest: tuple[NearPair, ...]
    effective_rank: float
    drift: Drift | None = None

    @property
    def random_weights(self) -> bool:
        """Cosines in a CLIP that never learned anything mean nothing."""
        return self.clip.get("pretrained") == "random"

    @property
    def measure(self) -> str:
        """What the numbers of `cosines` are."""
        return "mean cosine of best matching texts" if self.combine == "max_score" else "cosine"

    @property
    def clip_name(self) -> str:
        return f"{self.clip['architecture']} ({self.clip['pretrained']})"


def class_similarity(
    *,
    set: str,
    class_names: Sequence[str],
    combine: Combine,
    clip: Mapping[str, str | int | bool | None],
    embeddings: Array,
    texts_of_class: Sequence[Array] | None = None,
    drift: Drift | None = None,
    pairs: int = 5,
) -> ClassSimilarity:
    """All that can be said of two classes or more from their `embeddings`, (classes, embed), L2-normalised.

    `texts_of_class` are needed for "max_score" alone: see `best_match_matrix`.
    """
    cosines = cosine_matrix(embeddings) if texts_of_class is None else best_match_matrix(texts_of_class)
    return ClassSimilarity(
        set=set,
        class_names=tuple(class_names),
        combine=combine,
        clip=clip,
        cosines=tuple(tuple(float(cosine) for cosine in row) for row in cosines),
        mean_cosine=float(cosines[np.triu_indices(len(cosines), k=1)].mean()),
        nearest=nearest_pairs(cosines, class_names, pairs=pairs),
        effective_rank=effective_rank(embeddings),
        drift=drift,
    )


def cosine_matrix(embeddings: Array) -> Array:
    """(classes, embed) of any length but zero → (classes, classes), its diagonal exactly 1."""
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    return _exact(unit @ unit.T)


def best_match_matrix(of_class: Sequence[Array]) -> Array:
    """Similarity of classes that score a video by their best text: (classes, classes), its diagonal 1.

    A video that looks exactly like a text of one class gets, for another, the cosine of the best matching
    text there. This is the mean of that over the texts of the one, and of the other, averaged. With one text
    per class it is the cosine. `of_class`: for each class (its texts, embed), L2-normalised.
    """
    scores = [[(a @ b.T).max(axis=1).mean() for b in of_class] for a in of_class]
    matrix = np.array(scores)
    return _exact((matrix + matrix.T) / 2)


def _exact(matrix: Array) -> Array:
    matrix = np.clip(matrix, -1.0, 1.0)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def nearest_pairs(cosines: Array, class_names: Sequence[str], *, pairs: int) -> tuple[NearPair, ...]:
    """The `pairs` classes most alike, the nearest first; equals stay in the order of the classes."""
    found = [
        NearPair(a=class_names[i], b=class_names[j], cosine=float(cosines[i, j]))
        for i, j in combinations(range(len(class_names)), 2)
    ]
    return tuple(sorted(found, key=lambda pair: -round(pair.cosine, 6))[:pairs])


def effective_rank(embeddings: Array) -> float:
    """In how many directions the classes differ: e^H of the normalised singular values (Roy & Vetterli 2007).

    (classes, embed) L2-normalised → between 1 and classes − 1; 0 if all classes are the same. Of the
    embeddings less their mean: CLIP's texts lie in a narrow cone, and what they have in common would be the
    first singular value of any set. It adds the same to the scores of all classes, so it tells none apart.
    A high rank says that the differences are of many kinds, not that they are large: for that, see the
    cosines.
    """
    values = np.linalg.svd(embeddings - embeddings.mean(axis=0), compute_uv=False)
    values = values[values > _ROUNDING]
    if not len(values):
        return 0.0
    shares = values / values.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def drift_from(parent: str, before: Mapping[str, Array], after: Mapping[str, Array]) -> Drift | None:
    """The cosine of each class's embeddings (embed,) before and after; None if no class is in both."""
    cosines = {
        name: float(cosine_matrix(np.stack([before[name], embedding]))[0, 1])
        for name, embedding in after.items()
        if name in before
    }
    if not cosines:
        return None
    return Drift(parent=parent, cosines=cosines, mean=float(np.mean(list(cosines.values()))))
