"""The order of a run's classes, where a description set has the same classes in another order."""

from collections.abc import Sequence

from dfer.errors import ContentError
from dfer.training.specification import RunSpecification

_SEVEN = ("happiness", "sadness", "neutral", "anger", "surprise", "disgust", "fear")

DFER_CLIP_CLASSES: dict[str, tuple[str, ...]] = {
    "dfew": _SEVEN,
    "ferv39k": _SEVEN,
    "mafw": (*_SEVEN, "contempt", "anxiety", "helplessness", "disappointment"),
}
"""The order in which DFER-CLIP numbers the classes of each data set (its annotation lists)."""


def in_class_order(spec: RunSpecification, classes: Sequence[str]) -> RunSpecification:
    """The same words for the same classes in the order `classes`, which weights and contexts are in.

    Raises:
        ContentError: other classes.
    """
    texts = dict(spec.classes_and_texts)
    if len(texts) != len(classes) or texts.keys() != set(classes):
        raise ContentError(
            f"the weights are for the classes {', '.join(classes)}; "
            f"{spec.set} describes {', '.join(spec.classes)}",
            hint="choose a set for the same classes; their order does not matter",
        )
    return spec.model_copy(
        update={"classes": tuple(classes), "texts": tuple(texts[name] for name in classes)}
    )
