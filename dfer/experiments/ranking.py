"""Description sets ranked before anything is trained: zero-shot, on a fold's validation clips."""

from collections import Counter
from collections.abc import Mapping, Sequence
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
from dfer.experiments.statistics.bootstrap import interval
from dfer.experiments.statistics.sample import Floats, recall_sample
from dfer.experiments.statistics.spread import spread_of
from dfer.models.combining import OF_SCORES, combine_embeddings
from dfer.models.recogniser import VideoRecogniser
from dfer.models.text_side import TextSide
from dfer.training.class_order import in_class_order
from dfer.training.data_source import DataSource
from dfer.training.evaluation import score
from dfer.training.fabric import make_fabric
from dfer.training.fitting import check_words
from dfer.training.frozen_tower import FrozenTower
from dfer.training.loop import OnProgress, Progress
from dfer.training.metrics import measure
from dfer.training.preparing import PreparedRun, prepare
from dfer.training.run_data import datasets
from dfer.training.running import EVALUATION_BATCH, Machine
from dfer.training.specification import Precision, words_of

RECIPE = "zero-shot"
Interval = tuple[float, float]

FEW_CLIPS = 10
"""Of a class with fewer, drawing its clips again says little about how sure its recall is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Behind:
    """How much lower a set's UAR is than the first one's, over the same clips, and its 95 % interval."""

    uar: float
    interval: Interval | None

    @property
    def is_told(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.interval is not None and self.interval[0] > 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranked:
    """Fractions, with 95 % intervals over clips. `longest` is in tokens, of the set's own budget.

    `mean_cosine` and `effective_rank` are of its texts alone: see `class_similarity`. `behind` is None for
    the first. Intervals are None where all clips say the same.
    """

    set: str
    uar: float
    interval: Interval | None
    war: float
    behind: Behind | None
    mean_cosine: float
    effective_rank: float
    longest: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranking:
    """Best first; equal ones in the order given.

    `clips_of` counts validation clips by class. `carved`: they were set aside from the training clips,
    because the data set has none of its own. `tested_elsewhere` of them are test clips of other folds.
    """

    rows: tuple[Ranked, ...]
    dataset: str
    fold: int
    clip: Mapping[str, str | int | bool | None]
    clips_of: dict[str, int]
    carved: bool
    tested_elsewhere: int

    @property
    def clips(self) -> int:
        return sum(self.clips_of.values())

    @property
    def chance(self) -> float:
        """The UAR of guessing."""
        return 1 / sum(clips > 0 for clips in self.clips_of.values())

    @property
    def few(self) -> tuple[str, ...]:
        """The classes with fewer than `FEW_CLIPS`, but some."""
        return tuple(name for name, clips in self.clips_of.items() if 0 < clips < FEW_CLIPS)

    @property
    def random_weights(self) -> bool:
        """UARs by a CLIP that never learned anything mean nothing."""
        return self.clip.get("pretrained") == "random"

    @property
    def not_told(self) -> tuple[str, ...]:
        """The sets that these clips do not tell from the first: the intervals of `behind` hold zero."""
        return tuple(row.set for row in self.rows if row.behind is not None and not row.behind.is_told)


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


def rank(
    sets: Mapping[str, DescriptionSet],
    prepared: PreparedRun,
    *,
    machine: Machine,
    on_progress: OnProgress = lambda progress: None,
) -> Ranking:
    """Score validation clips with the words of each set. `prepared`: by `prepare_ranking`, for these sets.

    The clips are the fold's own validation split, or those that selection by "best-val" sets aside from the
    training clips. Test clips were listed with the others, so that features of frames are found again; no
    frame of theirs is decoded. The image tower sees each frame once; for a set only its texts are encoded.
    Nothing is stored but the features.

    Raises:
        ContentError: clips whose frames cannot be read; nothing to set aside.
        DferError: a score is not finite.
    """
    validation = datasets(prepared)["val"]
    scored = score_sets(sets, prepared, validation, machine=machine, on_progress=on_progress)
    counts = Counter(clip.label for clip in validation.clips)
    fold = prepared.spec.fold
    tested = {
        clip.path
        for clip in prepared.all_clips
        if clip.fold not in (None, fold) and clip.split in (None, "test")
    }
    return Ranking(
        rows=in_order(scored, validation.labels),
        dataset=prepared.spec.dataset,
        fold=fold,
        clip=prepared.spec.clip,
        clips_of={name: counts[name] for name in prepared.spec.classes},
        carved=not prepared.clips.val,
        tested_elsewhere=sum(clip.path in tested for clip in validation.clips),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Scored:
    """A set's `logits`, (clips, classes) in the order of the labels, and what its texts are like."""

    logits: NDArray[np.float32]
    similarity: ClassSimilarity
    longest: int


def in_order(scored: Mapping[str, Scored], labels: Sequence[int]) -> tuple[Ranked, ...]:
    """Best UAR first. `labels`: (clips,), class numbers."""
    measured = {
        name: measure(labels, one.logits.tolist(), classes=one.logits.shape[1])
        for name, one in scored.items()
    }
    right = {name: one.logits.argmax(axis=1) == np.asarray(labels) for name, one in scored.items()}
    # Sums of fractions that are equal on paper may differ in their last bit.
    best_first = sorted(scored, key=lambda name: -round(measured[name].uar, 9))
    first = best_first[0]

    def behind(name: str) -> Behind | None:
        if name == first:
            return None
        return Behind(
            uar=measured[first].uar - measured[name].uar,
            interval=_interval(right[first].astype(float) - right[name], labels),
        )

    return tuple(
        Ranked(
            set=name,
            uar=measured[name].uar,
            interval=_interval(right[name].astype(float), labels, least=0.0),
            war=measured[name].war,
            behind=behind(name),
            mean_cosine=scored[name].similarity.mean_cosine,
            effective_rank=scored[name].similarity.effective_rank,
            longest=scored[name].longest,
        )
        for name in best_first
    )


def _interval(values: Floats, labels: Sequence[int], *, least: float = -1.0) -> Interval | None:
    """95 %, of the mean over classes of the means of `values`, (clips,); drawn anew class by class.

    None where all clips say the same, which is no certainty.
    """
    fold = recall_sample(values[None, :], np.asarray(labels))
    spread = spread_of([fold], trained=False)
    if not spread.total:
        return None
    low, high = interval([fold], spread)
    return max(least, low), min(1.0, high)


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
        fabric.to_device(recogniser)
        if videos is None:
            videos = _videos(clips, prepared, recogniser, fabric, machine, on_progress)
        logits, _ = score(recogniser, videos, fabric=fabric, batch_size=EVALUATION_BATCH, workers=0)
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
        return keep_videos(
            recogniser, clips, fabric=fabric, batch_size=EVALUATION_BATCH, workers=machine.workers
        )
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
        batch_size=EVALUATION_BATCH,
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
