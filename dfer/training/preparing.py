"""What a run needs, read and checked before anything is computed: words, settings, CLIP, clips."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from description_store.records import DescriptionSet, Run
from dfer.clips.augmentation import augmentation_named
from dfer.clips.clip import Clip
from dfer.clips.dataset import READER
from dfer.clips.fingerprint import fingerprint
from dfer.clips.folds import FoldSplit, select_fold
from dfer.clips.frame_index import index_clips
from dfer.clips.labels import with_known_labels
from dfer.clips.packing.pack import open_verified
from dfer.clips.packing.pack_file import SUFFIX as PACK
from dfer.clips.readers.reading import read_clips
from dfer.clips.settings import ClipSettings
from dfer.clips.source import DiskFrames, FrameSource
from dfer.errors import ConfigurationError, ContentError, UsageError
from dfer.models.clip_backbone import ClipBackbone, load_clip
from dfer.models.combining import class_texts
from dfer.models.settings import DferClipSettings, ZeroShotSettings, recipe_settings
from dfer.models.tokens import encode_descriptions
from dfer.models.weights_file import file_sha256
from dfer.training.checkpoint import WEIGHTS, load_checkpoint
from dfer.training.specification import Precision, RunSpecification, Selection, words_of

_log = logging.getLogger("dfer.clips")

_DEFAULT = "csv"
"""What --dataset is where nobody says anything."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSource:
    """Where clips come from: what `--dataset`, `--data`, `--root` and `--allow-missing-classes` say."""

    dataset: str
    data: Path
    root: Path | None = None
    allow_missing_classes: bool = False
    on_clip: Callable[[int, int], None] = lambda done, total: None
    """Hears (done, total) while clips are listed or a pack is verified."""

    def read(self, class_names: Sequence[str]) -> "ReadClips":
        """The clips with their frames listed, their labels as the class set spells them.

        Raises:
            UsageError, ContentError: as the readers, `with_known_labels`, `index_clips` and packs do.
        """
        if self.data.suffix == PACK:
            return self._read_pack(class_names)
        known = self._labelled(read_clips(self.dataset, self.data, root=self.root), class_names)
        frames = DiskFrames(index_clips((clip.path for clip in known), on_clip=self.on_clip))
        return ReadClips(clips=known, dataset=self.dataset, frames=frames)

    def _read_pack(self, class_names: Sequence[str]) -> "ReadClips":
        if self.root is not None:
            raise UsageError("--root does not go with a pack, which holds its clips", hint="leave it out")
        pack = open_verified(self.data, on_clip=self.on_clip)
        index = pack.index
        if self.dataset not in (_DEFAULT, index.dataset):
            raise UsageError(
                f"{self.data} was packed from {index.dataset}, not from {self.dataset}",
                hint="leave out --dataset",
            )
        packing = {
            "size": index.size,
            "fit": index.fit,
            "max_frames": index.max_frames,
            "broken_frames": index.broken_frames,
        }
        known = self._labelled(pack.clips, class_names)
        return ReadClips(clips=known, dataset=index.dataset, frames=pack, packing=packing)

    def _labelled(self, clips: Sequence[Clip], class_names: Sequence[str]) -> tuple[Clip, ...]:
        return tuple(with_known_labels(clips, class_names, allow_missing=self.allow_missing_classes))


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadClips:
    """All clips of a data set, its name, and where their frames are read from.

    `packing` is how they were packed, if they were.
    """

    clips: tuple[Clip, ...]
    dataset: str
    frames: FrameSource
    packing: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparedRun:
    """All that a run needs, checked, before a GPU is touched."""

    spec: RunSpecification
    settings: DferClipSettings | ZeroShotSettings
    clip: ClipBackbone
    clips: FoldSplit
    frames: FrameSource
    pretrained: str | None
    checkpoint: Path | None = None


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
    augmentation: str = "none",
    clip_settings: ClipSettings | None = None,
    precision: Precision = "fp32",
    trained_by: str | None = None,
    weights: str | None = None,
) -> PreparedRun:
    """Read and check everything that decides the run.

    Raises:
        UsageError, ConfigurationError, ContentError: as the readers of settings, weights and clips do.
    """
    settings = recipe_settings(recipe, overrides)
    augmentation_named(augmentation)
    read = source.read(description_set.class_names)
    clip_settings = clip_settings or ClipSettings()
    if read.packing is not None:
        _check_pack(read.packing, source.data, augmentation=augmentation, settings=clip_settings)
    chosen = select_fold(read.clips, fold)
    clip = load_clip(architecture=architecture, pretrained=pretrained)
    if read.packing is not None and read.packing["size"] < clip.image_size:
        _log.warning(
            "%s holds frames of %d pixels; they are enlarged to the model's %d",
            source.data,
            read.packing["size"],
            clip.image_size,
        )
    _check_fits(description_set, settings, clip, chosen)
    spec = RunSpecification(
        **words_of(description_set),
        recipe=recipe,
        settings=settings.model_dump(mode="json"),
        clip=clip.identity,
        dataset=read.dataset,
        data_fingerprint=fingerprint(read.clips, read.frames),
        fold=fold,
        seed=seed,
        selection=selection,
        augmentation=augmentation,
        clip_settings=clip_settings.chosen(),
        clip_reader=READER,
        pack=read.packing,
        precision=precision,
        trained_by=trained_by,
        weights=weights,
    )
    return PreparedRun(
        spec=spec, settings=settings, clip=clip, clips=chosen, frames=read.frames, pretrained=pretrained
    )


def _check_pack(packing: dict[str, Any], file: Path, *, augmentation: str, settings: ClipSettings) -> None:
    """What was settled when the clips were packed must be what this run wants."""
    wanted = augmentation_named(augmentation).fit
    if packing["fit"] != wanted:
        raise UsageError(
            f"{file} was packed with --fit {packing['fit']}, but augmentation {augmentation} wants {wanted}",
            hint=f"pack the clips again with --fit {wanted}",
        )
    if packing["max_frames"] is not None and settings.sampling == "windows":
        raise UsageError(
            f"{file} holds {packing['max_frames']} frames of a clip at most; windows are of consecutive ones",
            hint="pack the clips again without --max-frames",
        )


def _check_fits(
    description_set: DescriptionSet,
    settings: DferClipSettings | ZeroShotSettings,
    clip: ClipBackbone,
    clips: FoldSplit,
) -> None:
    """What would otherwise be found out only when the model is built."""
    context = settings.context_tokens if isinstance(settings, DferClipSettings) else 0
    rule = description_set.rendering.combine
    words = class_texts(
        [d.text for d in description_set.descriptions], rule, class_names=description_set.class_names
    )
    if isinstance(settings, DferClipSettings) and max(words.counts) > 1:
        raise UsageError(
            f"{description_set.name} has several texts for a class ({rule}); dfer-clip reads one",
            hint="make one list of them with `dfer sets render`, or evaluate with the recipe zero-shot",
        )
    encode_descriptions(
        words.texts,
        context_length=clip.context_length,
        context_tokens=context,
        class_names=words.owners,
    )
    if isinstance(settings, DferClipSettings) and len(clips.train) < settings.batch_size:
        raise ContentError(
            f"{len(clips.train)} training clips are less than one batch of {settings.batch_size}",
            hint="choose a smaller --batch-size",
        )


def prepare_with_weights_of(
    run: Run,
    description_set: DescriptionSet,
    source: DataSource,
    *,
    pretrained: str | None = None,
    precision: Precision = "fp32",
) -> PreparedRun:
    """The evaluation of a trained run with other words: its recipe, settings, CLIP, fold and seed.

    `pretrained` says where CLIP's weights lie now, if not where they were.

    Raises:
        ContentError: the set's classes are not the run's, in its order: weights and context belong to those;
            or the checkpoint is missing, damaged, or another run's.
        ConfigurationError: the run has no checkpoint, or CLIP's weights are not those it was trained from.
    """
    if run.folder is None:
        raise ConfigurationError(f"{run.name} has no checkpoint ({run.status}, {run.recipe})")
    spec = RunSpecification.model_validate(run.specification)
    if spec.classes != description_set.class_names:
        raise ContentError(
            f"{run.name} was trained for the classes {', '.join(spec.classes)}; "
            f"{description_set.name} describes {', '.join(description_set.class_names)}",
            hint="choose a set for the same classes in the same order",
        )
    checkpoint = Path(run.folder)
    if load_checkpoint(checkpoint)[1].get("spec_hash") != run.spec_hash:
        raise ContentError(f"the checkpoint in {checkpoint} is not that of {run.name}")
    prepared = prepare(
        description_set,
        source,
        recipe=spec.recipe,
        overrides=spec.settings,
        architecture=str(spec.clip["architecture"]),
        pretrained=pretrained or run.environment.get("pretrained"),
        fold=spec.fold,
        seed=spec.seed,
        selection=spec.selection,
        augmentation=spec.augmentation,
        clip_settings=ClipSettings.model_validate(spec.clip_settings),
        precision=precision,
        trained_by=f"{run.protocol_hash} {run.set_hash}",
        weights=file_sha256(checkpoint / WEIGHTS),
    )
    if prepared.spec.clip != spec.clip:
        raise ConfigurationError(
            f"{run.name} was trained from other CLIP weights: {spec.clip}, found {prepared.spec.clip}",
            hint="name its weights with --pretrained",
        )
    return replace(prepared, checkpoint=checkpoint)
