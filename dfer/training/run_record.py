"""What is kept of a run: its record, finished or failed, and its predictions. Nothing is stored here."""

import platform
from collections.abc import Sequence
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor

from description_store.records import Prediction, Run
from dfer import __version__
from dfer.clips.clip import Clip
from dfer.errors import DferError
from dfer.training.specification import RunSpecification


def failed_run(
    spec: RunSpecification,
    error: BaseException | str,
    *,
    set_version: int,
    seconds: float | None = None,
    pretrained: str | None = None,
) -> Run:
    """Why nothing came of it, and what to do about it, in a line."""
    what = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    if isinstance(error, KeyboardInterrupt):
        what = "interrupted"
    elif isinstance(error, DferError):
        what = "; ".join(filter(None, (error.message, error.hint)))
    return Run(
        status="failed",
        **identity(spec, set_version),
        environment=environment(pretrained),
        error=what,
        seconds=None if seconds is None else round(seconds, 3),
    )


def identity(spec: RunSpecification, set_version: int) -> dict[str, Any]:
    """The fields of a run that its specification decides."""
    return {
        "spec_hash": spec.hash,
        "protocol_hash": spec.protocol_hash,
        "set_version": set_version,
        "set_hash": spec.set_hash,
        "recipe": spec.recipe,
        "dataset": spec.dataset,
        "fold": spec.fold,
        "seed": spec.seed,
        "selection": spec.selection,
        "specification": spec.model_dump(mode="json"),
    }


def predictions_of(spec: RunSpecification, clips: Sequence[Clip], logits: Tensor) -> tuple[Prediction, ...]:
    """`logits`: (clips, classes)."""
    return tuple(
        Prediction(
            clip=clip.id,
            label=clip.label,
            predicted=spec.classes[int(scores.argmax())],
            scores=tuple(scores.tolist()),
        )
        for clip, scores in zip(clips, logits, strict=True)
    )


def environment(pretrained: str | None, fabric: Fabric | None = None) -> dict[str, str]:
    """What was at hand; it decides nothing, but helps to find out later why two machines differ."""
    import open_clip

    found = {
        "dfer": __version__,
        "torch": torch.__version__,
        "open_clip": open_clip.__version__,
        "python": platform.python_version(),
        "device": "unknown" if fabric is None else str(fabric.device),
        "threads": str(torch.get_num_threads()),
    }
    return found if pretrained is None else found | {"pretrained": pretrained}
