"""What a run needs, read and checked before anything is computed: words, settings, CLIP, clips."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from description_store.records import DescriptionSet, Run
from dfer.clips.augmentation import augmentation_named
from dfer.clips.clip import Clip
from dfer.clips.dataset import READER
from dfer.clips.fingerprint import fingerprint
from dfer.clips.folds import FoldSplit, select_fold
from dfer.clips.settings import ClipSettings
from dfer.clips.source import FrameSource
from dfer.errors import ContentError, UsageError
from dfer.models.clip_backbone import ClipBackbone, load_clip
from dfer.models.recipes import build_recogniser
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import (
    EmoClipSettings,
    LinearSettings,
    Settings,
    TrainedSettings,
    recipe_settings,
)
from dfer.models.weights_file import file_sha256
from dfer.training.checkpoint import WEIGHTS, load_checkpoint
from dfer.training.data_source import DataSource, ReadClips
from dfer.training.fitting import check_pack, check_training, check_words
from dfer.training.reading_defaults import READING
from dfer.training.rebuilding import check_classes, check_same_clip, checkpoint_of, in_order_of
from dfer.training.specification import Precision, RunSpecification, Selection, words_of

_log = logging.getLogger("dfer.clips")


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparedRun:
    """All that a run needs, checked, before a GPU is touched."""

    spec: RunSpecification
    settings: Settings
    clip: ClipBackbone
    clips: FoldSplit
    all_clips: tuple[Clip, ...]
    """Those of the other folds too."""
    frames: FrameSource
    pack: Path | None
    """The file that `frames` come from, if it is a pack."""
    pretrained: str | None
    checkpoint: Path | None = None

    @property
    def trains(self) -> bool:
        """Whether there is something to train before it can be tested."""
        return isinstance(self.settings, TrainedSettings) and self.checkpoint is None

    @property
    def reads_words(self) -> bool:
        return not isinstance(self.settings, LinearSettings)

    def build(self) -> VideoRecogniser:
        """The recogniser before training, or with the checkpoint's weights. Takes `clip` over."""
        spec = self.spec
        recogniser = build_recogniser(
            clip=self.clip,
            texts=spec.texts,
            settings=self.settings,
            seed=spec.seed,
            class_names=spec.classes,
            combine=spec.combine,
        )
        if self.checkpoint is not None:
            recogniser.load_trainable_state(load_checkpoint(self.checkpoint)[0])
        return recogniser


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """What takes seconds to read and is the same for many runs; the clips' fingerprint, if it is known."""

    read: ReadClips
    clip: ClipBackbone
    fingerprint: str | None = None


def load(
    source: DataSource,
    class_names: Sequence[str],
    *,
    architecture: str,
    pretrained: str | None,
    clip: ClipBackbone | None = None,
) -> Loaded:
    """Clips, labelled with these classes, and CLIP, unless that is there already. Raises as `prepare`."""
    read = source.read(class_names)
    clip = clip or load_clip(architecture=architecture, pretrained=pretrained)
    return Loaded(read=read, clip=clip, fingerprint=fingerprint(read.clips, read.frames))


def prepare(
    description_set: DescriptionSet,
    source: DataSource,
    *,
    recipe: str,
    overrides: Mapping[str, Any],
    architecture: str,
    pretrained: str | None,
    fold: int,
    seed: int,
    selection: Selection = "last",
    augmentation: str | None = None,
    clip_settings: ClipSettings | None = None,
    precision: Precision = "fp32",
    trained_by: str | None = None,
    trained_on: str | None = None,
    weights: str | None = None,
    to_train: bool = True,
    loaded: Loaded | None = None,
) -> PreparedRun:
    """Read and check everything that decides the run. What is not said of reading clips is the recipe's own.

    What is `loaded` already, from this source and of this architecture and these weights, is not read again.

    Raises:
        UsageError, ConfigurationError, ContentError: as the readers of settings, weights and clips do.
    """
    settings = recipe_settings(recipe, overrides)
    reading = READING[recipe]
    augmentation = reading.augmentation if augmentation is None else augmentation
    clip_settings = reading.clip_settings if clip_settings is None else clip_settings
    augmentation_named(augmentation)
    read = source.read(description_set.class_names) if loaded is None else loaded.read
    if read.packing is not None:
        check_pack(read.packing, source.data, augmentation=augmentation, settings=clip_settings)
    chosen = _without_held_out(select_fold(read.clips, fold), settings, description_set.class_names)
    clip = load_clip(architecture=architecture, pretrained=pretrained) if loaded is None else loaded.clip
    if read.packing is not None and read.packing["size"] < clip.image_size:
        _log.warning(
            "%s holds frames of %d pixels; they are enlarged to the model's %d",
            source.data,
            read.packing["size"],
            clip.image_size,
        )
    check_words(description_set, settings, clip)
    if to_train and isinstance(settings, TrainedSettings):
        check_training(description_set, settings, chosen, selection)
    spec = RunSpecification(
        **words_of(description_set),
        recipe=recipe,
        settings=settings.model_dump(mode="json"),
        clip=clip.identity,
        dataset=read.dataset,
        data_fingerprint=(loaded and loaded.fingerprint) or fingerprint(read.clips, read.frames),
        fold=fold,
        seed=seed,
        selection=selection,
        augmentation=augmentation,
        clip_settings=clip_settings.chosen(),
        clip_reader=READER,
        pack=read.packing,
        precision=precision,
        trained_by=trained_by,
        trained_on=trained_on,
        weights=weights,
    )
    return PreparedRun(
        spec=spec,
        settings=settings,
        clip=clip,
        clips=chosen,
        all_clips=read.clips,
        frames=read.frames,
        pack=None if read.packing is None else source.data,
        pretrained=pretrained,
    )


def _without_held_out(clips: FoldSplit, settings: Settings, class_names: Sequence[str]) -> FoldSplit:
    """Leave one class out (EmoCLIP §IV-C): train without it, test on it alone."""
    held_out = settings.held_out_class if isinstance(settings, EmoClipSettings) else None
    if held_out is None:
        return clips
    if held_out not in class_names:
        raise UsageError(
            f"held_out_class: no class {held_out!r}", hint=f"the classes are: {', '.join(class_names)}"
        )
    kept = FoldSplit(
        train=tuple(clip for clip in clips.train if clip.label != held_out),
        val=tuple(clip for clip in clips.val if clip.label != held_out),
        test=tuple(clip for clip in clips.test if clip.label == held_out),
    )
    if not kept.train or not kept.test:
        raise ContentError(f"without {held_out}, no clips are left to train or to test on")
    return kept


def prepare_with_weights_of(
    run: Run,
    description_set: DescriptionSet,
    source: DataSource,
    *,
    pretrained: str | None = None,
    fold: int | None = None,
    precision: Precision | None = None,
) -> PreparedRun:
    """The evaluation of a trained run with other words: its recipe, settings, CLIP, fold and seed.

    `pretrained` says where CLIP's weights lie now, if not where they were. A recogniser that compares with
    whatever text it is given (EmoCLIP's) may be told other classes, too; the others only their own, in any
    order. `fold` is another one than the run's, for clips of another data set.

    Raises:
        ContentError: the set's classes are not the run's; or the checkpoint is missing, damaged, or another
            run's.
        ConfigurationError: the run has no checkpoint, or CLIP's weights are not those it was trained from.
        UsageError: another fold of the clips that the run was trained on.
    """
    checkpoint = checkpoint_of(run)
    spec = RunSpecification.model_validate(run.specification)
    check_classes(run, description_set)
    prepared = prepare(
        description_set,
        source,
        recipe=spec.recipe,
        overrides=spec.settings,
        architecture=str(spec.clip["architecture"]),
        pretrained=pretrained or run.environment.get("pretrained"),
        fold=spec.fold if fold is None else fold,
        seed=spec.seed,
        selection=spec.selection,
        augmentation=spec.augmentation,
        clip_settings=ClipSettings.model_validate(spec.clip_settings),
        precision=precision or spec.precision,
        trained_by=f"{run.protocol_hash} {run.set_hash}",
        trained_on=spec.dataset,
        weights=file_sha256(checkpoint / WEIGHTS),
        to_train=False,
    )
    if prepared.spec.fold != spec.fold and _same_data(prepared.spec, spec):
        raise UsageError(
            f"{run.name} was trained on clips of fold {fold}: it is tested on fold {spec.fold}",
            hint="leave --fold out",
        )
    if prepared.spec.dataset != spec.dataset and _same_data(prepared.spec, spec):
        _log.warning(
            "%s divides the same clips into other folds than %s: %s may be tested on clips it was trained on",
            prepared.spec.dataset,
            spec.dataset,
            run.name,
        )
    check_same_clip(run, prepared.clip)
    return replace(prepared, spec=in_order_of(spec, prepared.spec), checkpoint=checkpoint)


_OF_ONE_NAME = ("dfew", "ferv39k", "mafw", "mafw-compound", "afew")
"""Readers of one data set each, whatever became of its files. Both MAFWs are the same clips."""


def _same_data(one: RunSpecification, other: RunSpecification) -> bool:
    """Whether another fold's test clips may be this one's training clips.

    By fingerprint; by name where that is of one data set, because a pack, a corrected caption or an import
    have another fingerprint.
    """
    if one.dataset in _OF_ONE_NAME and other.dataset in _OF_ONE_NAME:
        return one.dataset.partition("-")[0] == other.dataset.partition("-")[0]
    return one.data_fingerprint == other.data_fingerprint
