"""Validation clips scored with the words of many sets by one CLIP that is not trained."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor

from description_store.records import DescriptionSet
from dfer.clips.dataset import ClipDataset
from dfer.clips.settings import ClipSettings
from dfer.errors import ContentError, UsageError
from dfer.experiments.class_similarity import Array, ClassSimilarity, class_similarity
from dfer.experiments.kept_videos import KeptVideos, keep_videos
from dfer.models.combining import OF_SCORES, combine_embeddings
from dfer.models.recogniser import VideoRecogniser
from dfer.models.text_side import TextSide
from dfer.training.class_order import in_class_order
from dfer.training.data_source import DataSource
from dfer.training.evaluation import score
from dfer.training.fabric import make_fabric, settle
from dfer.training.fitting import check_words
from dfer.training.frozen_tower import FrozenTower
from dfer.training.loop import OnProgress, Progress
from dfer.training.preparing import PreparedRun, prepare
from dfer.training.running import Machine
from dfer.training.specification import Precision, words_of

RECIPE = "zero-shot"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scored:
    """A set's `logits`, (clips, classes) in the order of the labels, and what its texts are like."""

    logits: NDArray[np.float32]
    similarity: ClassSimilarity
    longest: int


def prepare_ranking(
    sets: Mapping[str, DescriptionSet],
    source: DataSource,
    *,
    architecture: str,
    pretrained: str | None,
    fold: int,
    overrides: Mapping[str, Any] | None = None,
    augmentation: str | None = None,
    clip_settings: ClipSettings | None = None,
    precision: Precision = "fp32",
) -> PreparedRun:
    """Read and check all that ranking `sets`, by what they are called, will need; compute nothing.

    Raises:
        UsageError: no sets.
        ContentError: sets for different classes, or with texts that do not fit: all such are told.
        UsageError, ConfigurationError, ContentError: as `preparing.prepare` does.
    """
    check_same_classes(sets)
    prepared = prepare(
        # It is checked without its name; but if the shortest words do not fit, none do.
        min(sets.values(), key=longest_text),
        source,
        recipe=RECIPE,
        overrides=overrides or {},
        architecture=architecture,
        pretrained=pretrained,
        fold=fold,
        seed=0,
        selection="best-val",  # so that the clips are those that it would select by
        augmentation=augmentation,
        clip_settings=clip_settings,
        precision=precision,
    )
    _check_words(sets, prepared)
    return prepared


def check_same_classes(sets: Mapping[str, DescriptionSet]) -> None:
    """Whether one can be compared with another; their order of classes does not matter.

    Raises:
        UsageError: no sets.
        ContentError: a set has classes that the first one lacks, or lacks some; all such are told.
    """
    if not sets:
        raise UsageError("no sets to rank", hint="dfer rank v1 v2")
    (first, own), *others = ((name, found.class_names) for name, found in sets.items())
    told = []
    for name, classes in others:
        lacking = [one for one in own if one not in classes]
        more = [one for one in classes if one not in own]
        told += [
            f"{name} {what} {', '.join(which)}"
            for what, which in (("lacks", lacking), ("also describes", more))
            if which
        ]
    if told:
        raise ContentError(
            f"sets for different classes cannot be ranked: beside {first}, {'; '.join(told)}",
            hint=f"the classes of {first} are: {', '.join(own)}; their order does not matter",
        )


def longest_text(found: DescriptionSet) -> int:
    """In tokens, without start and end."""
    return max(description.tokens for description in found.descriptions)


def _check_words(sets: Mapping[str, DescriptionSet], prepared: PreparedRun) -> None:
    """All that do not fit are told together, before anything is computed."""
    told, hint = [], ""
    for name, found in sets.items():
        try:
            check_words(found, prepared.settings, prepared.clip)
        except ContentError as error:
            told.append(f"{name}, {error.message}")
            hint = error.hint
    if told:
        raise ContentError("; ".join(told), hint=hint)


def score_sets(
    sets: Mapping[str, DescriptionSet],
    prepared: PreparedRun,
    clips: ClipDataset,
    *,
    machine: Machine,
    on_progress: OnProgress = lambda progress: None,
) -> dict[str, Scored]:
    """The scores that `run_evaluation` would give these clips with the words of each set.

    `prepared`: by `prepare_ranking`. Raises as `rank`.
    """
    fabric = make_fabric(prepared.spec.precision, accelerator=machine.accelerator)
    videos: KeptVideos | None = None
    scored = {}
    for name, found in sets.items():
        # Nothing trains, so that one CLIP serves all sets: only their texts are encoded.
        recogniser = _with_words(prepared, found).build()
        similarity = _similarity(name, found, recogniser, prepared)
        settle(recogniser, fabric, precision=prepared.spec.precision)
        if videos is None:
            videos = _videos(clips, prepared, recogniser, fabric, machine, on_progress)
        logits, _ = score(recogniser, videos, fabric=fabric, workers=0)
        scored[name] = Scored(logits=logits.numpy(), similarity=similarity, longest=longest_text(found))
    return scored


def _with_words(prepared: PreparedRun, found: DescriptionSet) -> PreparedRun:
    spec = prepared.spec.model_copy(update=words_of(found))
    return replace(prepared, spec=in_class_order(spec, prepared.spec.classes))


def _videos(
    clips: ClipDataset,
    prepared: PreparedRun,
    recogniser: VideoRecogniser,
    fabric: Fabric,
    machine: Machine,
    on_progress: OnProgress,
) -> KeptVideos:
    """From kept features where the machine keeps any."""
    if machine.compiled:
        recogniser.visual.compile()
    if not machine.features:
        return keep_videos(recogniser, clips, fabric=fabric, workers=machine.workers)
    tower = FrozenTower(
        prepared,
        recogniser,
        fabric=fabric,
        workers=machine.workers,
        compiled=machine.compiled,
        on_clips=lambda done, total: on_progress(
            Progress(stage="features", epoch=1, epochs=1, done=done, total=total)
        ),
    )
    return keep_videos(
        recogniser,
        tower.data({"val": clips})["val"],
        fabric=fabric,
        workers=0,
        ready=tower.ready,
    )


def _similarity(
    name: str, found: DescriptionSet, recogniser: VideoRecogniser, prepared: PreparedRun
) -> ClassSimilarity:
    """As `similarity_of_set`, of the texts that the recogniser has read already."""
    side = recogniser.text_side
    assert isinstance(side, TextSide)
    features: Tensor = side().detach().cpu()  # (classes, embed), or (texts, embed) for a rule of scores
    points = (
        combine_embeddings(features, side.counts, "mean_embedding") if side.combine in OF_SCORES else features
    )
    of_class = torch.split(features, list(side.counts)) if side.combine == "max_score" else None
    return class_similarity(
        set=name,
        class_names=prepared.spec.classes,
        combine=found.rendering.combine,
        clip=prepared.clip.identity,
        embeddings=_array(points),
        texts_of_class=None if of_class is None else [_array(own) for own in of_class],
    )


def _array(tensor: Tensor) -> Array:
    return tensor.numpy().astype(np.float64)
