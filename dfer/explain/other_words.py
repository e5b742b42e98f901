"""A trained recogniser that is told other words, in any number, in place of its classes' own."""

from collections.abc import Sequence

import torch
from torch import Tensor

from dfer.models.recipes import build_recogniser
from dfer.models.recogniser import VideoRecogniser
from dfer.predict.loaded import LoadedRecogniser


def with_other_words(
    loaded: LoadedRecogniser, *, texts: Sequence[str], owners: Sequence[int]
) -> VideoRecogniser:
    """The same weights with these texts as classes, all read at once, in evaluation mode on the same device.

    `owners`: for each text the place of the class whose learned context stands beside it. The
    two go on sharing the towers of `loaded.clip`. Raises ContentError for a text that does not fit the token
    budget.
    """
    told = build_recogniser(
        clip=loaded.clip,
        texts=texts,
        settings=loaded.settings,
        class_names=[loaded.class_names[owner] for owner in owners],
        combine=loaded.combine,
    )
    # What a shared context or none has trained has no place for a class, and is the same for any words.
    told.load_trainable_state(
        {
            name: _of(tensor, owners) if _is_of_classes(name, tensor) else tensor
            for name, tensor in loaded.recogniser.trainable_state().items()
        }
    )
    loaded.fabric.to_device(told)
    return told.eval()


def _is_of_classes(name: str, tensor: Tensor) -> bool:
    return name.rpartition(".")[2] == "context" and tensor.ndim == 3


def _of(context: Tensor, owners: Sequence[int]) -> Tensor:
    """(classes, n, width) → (texts, n, width)."""
    return context[torch.tensor(owners, device=context.device)]
