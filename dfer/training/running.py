"""From a description set, a recipe and a data set to a stored run."""

import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from sqlite_utils import Database
from torch import Tensor

from description_store.records import DescriptionSet, Prediction, Run
from description_store.runs import find_finished, save_run
from dfer import __version__
from dfer.clips.clip import Clip
from dfer.clips.dataset import ClipDataset
from dfer.clips.fingerprint import fingerprint
from dfer.clips.folds import FoldSplit, carve_validation, select_fold
from dfer.clips.labels import with_known_labels
from dfer.clips.readers import read_clips
from dfer.errors import ConfigurationError, ContentError, DferError, UsageError
from dfer.models.clip_backbone import ClipBackbone, load_clip
from dfer.models.recipes import build_dfer_clip, build_zero_shot
from dfer.models.settings import RECIPES, DferClipSettings, ZeroShotSettings
from dfer.training.checkpoint import load_checkpoint, save_checkpoint
from dfer.training.evaluation import score
from dfer.training.fabric import make_fabric
from dfer.training.loop import OnProgress, Progress, Trained, train
from dfer.training.metrics import Metrics, measure
from dfer.training.specification import Precision, RunSpecification, Selection, words_of

VALIDATION_FRACTION = 0.1
"""Of the training clips, set aside for `best-val` where the data set names no validation clips."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSource:
    """Where clips come from: what `--dataset`, `--data`, `--root` and `--allow-missing-classes` say."""

    dataset: str
    data: Path
    root: Path | None = None
    allow_missing_classes: bool = False

    def read(self, class_names: Sequence[str]) -> list[Clip]:
        clips = read_clips(self.dataset, self.data, root=self.root)
        return with_known_labels(clips, class_names, allow_missing=self.allow_missing_classes)


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """What may change how fast a run is, but not what it is."""

    accelerator: str = "auto"
    workers: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparedRun:
    """All that a run needs, checked, before a GPU is touched."""

    spec: RunSpecification
    settings: DferClipSettings | ZeroShotSettings
    clip: ClipBackbone
    clips: FoldSplit
    pretrained: str | None


def recipe_settings(recipe: str, overrides: Mapping[str, Any]) -> DferClipSettings | ZeroShotSettings:
    """A recipe's published settings with some replaced.

    Raises:
        UsageError: no such recipe, no such setting, or a value that it cannot have.
    """
    if recipe not in RECIPES:
        raise UsageError(f"unknown recipe {recipe!r}", hint=f"one of {', '.join(RECIPES)}")
    published = RECIPES[recipe]
    try:
        return type(published).model_validate(published.model_dump() | dict(overrides))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"setting {name} of {recipe}: {first['msg']}",
            hint=f"its settings: {', '.join(type(published).model_fields)}",
        ) from error


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
    precision: Precision = "fp32",
    trained_by: str | None = None,
) -> PreparedRun:
    """Read and check everything that decides the run.

    Raises:
        UsageError, ConfigurationError, ContentError: as the readers of settings, weights and clips do.
    """
    settings = recipe_settings(recipe, overrides)
    clips = source.read(description_set.class_names)
    chosen = select_fold(clips, fold)
    clip = load_clip(architecture=architecture, pretrained=pretrained)
    spec = RunSpecification(
        **words_of(description_set),
        recipe=recipe,
        settings=settings.model_dump(mode="json"),
        clip=clip.identity,
        dataset=source.dataset,
        data_fingerprint=fingerprint(clips),
        fold=fold,
        seed=seed,
        selection=selection,
        augmentation=augmentation,
        precision=precision,
        trained_by=trained_by,
    )
    return PreparedRun(spec=spec, settings=settings, clip=clip, clips=chosen, pretrained=pretrained)


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
        ContentError: the set's classes are not the run's, in its order: weights and context belong to those.
        ConfigurationError: CLIP's weights are not the ones that the run was trained from.
    """
    spec = RunSpecification.model_validate(run.specification)
    if spec.classes != description_set.class_names:
        raise ContentError(
            f"{run.name} was trained for the classes {', '.join(spec.classes)}; "
            f"{description_set.name} describes {', '.join(description_set.class_names)}",
            hint="choose a set for the same classes in the same order",
        )
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
        precision=precision,
        trained_by=run.spec_hash,
    )
    if prepared.spec.clip != spec.clip:
        raise ConfigurationError(
            f"{run.name} was trained from other CLIP weights: {spec.clip}, found {prepared.spec.clip}",
            hint="name its weights with --pretrained",
        )
    return prepared


def run_training(
    db: Database,
    prepared: PreparedRun,
    *,
    set_version: int,
    out: Path,
    machine: Machine,
    again: bool = False,
    on_progress: OnProgress = lambda progress: None,
) -> tuple[Run, bool]:
    """Train, keep the checkpoint under `out`, store the run. A failed run is stored too, with its error.

    Returns:
        The run, and whether it was made now: a finished run of the same specification is returned as it is,
        unless `again`.

    Raises:
        UsageError: the recipe trains nothing.
    """
    spec, settings = prepared.spec, prepared.settings
    if not isinstance(settings, DferClipSettings):
        raise UsageError(f"recipe {spec.recipe} trains nothing", hint="use `dfer evaluate`")
    if not again and (finished := find_finished(db, spec.hash)):
        return finished, False
    started = time.monotonic()
    folder = out / run_folder_name(spec)
    try:
        recogniser = build_dfer_clip(
            clip=prepared.clip,
            texts=spec.texts,
            settings=settings,
            seed=spec.seed,
            class_names=spec.classes,
        )
        trained = train(
            recogniser,
            settings,
            data=_datasets(prepared),
            classes=len(spec.classes),
            selection=spec.selection,
            seed=spec.seed,
            fabric=make_fabric(spec.precision, accelerator=machine.accelerator),
            workers=machine.workers,
            on_progress=on_progress,
        )
        description = _describe_checkpoint(prepared, trained)
        save_checkpoint(folder, weights=trained.weights, description=description)
    except (Exception, KeyboardInterrupt) as error:
        seconds = time.monotonic() - started
        save_run(db, _failed(spec, set_version, error, seconds, prepared.pretrained))
        raise
    run = _finished(
        spec,
        set_version,
        trained.metrics,
        seconds=time.monotonic() - started,
        folder=folder,
        history=trained.history,
        pretrained=prepared.pretrained,
    )
    return save_run(db, run, _predictions(spec, prepared.clips.test, trained.logits)), True


def run_evaluation(
    db: Database,
    prepared: PreparedRun,
    *,
    set_version: int,
    machine: Machine,
    checkpoint: Path | None = None,
    again: bool = False,
    on_progress: OnProgress = lambda progress: None,
) -> tuple[Run, bool]:
    """Score the fold's test clips with the set's words: zero-shot, or with a trained run's weights.

    Returns:
        The stored run, and whether it was made now.
    """
    spec, settings = prepared.spec, prepared.settings
    if not again and (finished := find_finished(db, spec.hash)):
        return finished, False
    started = time.monotonic()
    if isinstance(settings, DferClipSettings):
        if checkpoint is None:
            raise UsageError(f"recipe {spec.recipe} needs a trained run", hint="name it with --run")
        recogniser = build_dfer_clip(
            clip=prepared.clip, texts=spec.texts, settings=settings, seed=spec.seed, class_names=spec.classes
        )
        recogniser.load_trainable_state(load_checkpoint(checkpoint)[0])
    else:
        recogniser = build_zero_shot(
            clip=prepared.clip, texts=spec.texts, settings=settings, class_names=spec.classes
        )
    fabric = make_fabric(spec.precision, accelerator=machine.accelerator)
    model = fabric.setup(recogniser)
    model.mark_forward_method("text_features")
    test = prepared.clips.test
    logits, labels = score(
        model,
        _dataset(prepared, test, training=False),
        fabric=fabric,
        batch_size=16,
        workers=machine.workers,
        on_clips=lambda done: on_progress(
            Progress(stage="test", epoch=1, epochs=1, done=done, total=len(test))
        ),
    )
    metrics = measure(labels.tolist(), logits.argmax(dim=1).tolist(), classes=len(spec.classes))
    run = _finished(
        spec, set_version, metrics, seconds=time.monotonic() - started, pretrained=prepared.pretrained
    )
    return save_run(db, run, _predictions(spec, test, logits)), True


def run_folder_name(spec: RunSpecification) -> str:
    """Readable and unique: set, recipe, fold and seed, then the beginning of the specification's hash."""
    return f"{spec.set}-{spec.recipe}-fold{spec.fold}-seed{spec.seed}-{spec.hash.partition(':')[2][:8]}"


def _datasets(prepared: PreparedRun) -> dict[str, ClipDataset]:
    training, val = prepared.clips.train, prepared.clips.val
    if prepared.spec.selection == "best-val" and not val:
        # Seeded by the fold alone: runs of other words and seeds are then selected on the same clips.
        training, val = carve_validation(training, fraction=VALIDATION_FRACTION, seed=prepared.spec.fold)
    return {
        "train": _dataset(prepared, training, training=True),
        "val": _dataset(prepared, val, training=False),
        "test": _dataset(prepared, prepared.clips.test, training=False),
    }


def _dataset(prepared: PreparedRun, clips: Sequence[Clip], *, training: bool) -> ClipDataset:
    return ClipDataset(
        clips=clips,
        class_names=prepared.spec.classes,
        frames=prepared.settings.frames,
        size=prepared.clip.image_size,
        training=training,
        augmentation=prepared.spec.augmentation,
        seed=prepared.spec.seed,
    )


def _finished(
    spec: RunSpecification,
    set_version: int,
    metrics: Metrics,
    *,
    seconds: float,
    pretrained: str | None,
    folder: Path | None = None,
    history: tuple[dict[str, float | None], ...] = (),
) -> Run:
    return Run(
        status="finished",
        **_identity(spec, set_version),
        uar=metrics.uar,
        war=metrics.war,
        per_class=dict(zip(spec.classes, metrics.recalls, strict=True)),
        confusion=metrics.confusion,
        history=history,
        environment=_environment(pretrained),
        folder=None if folder is None else str(folder.resolve()),
        seconds=round(seconds, 3),
    )


def _failed(
    spec: RunSpecification, set_version: int, error: BaseException, seconds: float, pretrained: str | None
) -> Run:
    what = error.message if isinstance(error, DferError) else f"{type(error).__name__}: {error}".rstrip(": ")
    return Run(
        status="failed",
        **_identity(spec, set_version),
        environment=_environment(pretrained),
        error=what,
        seconds=round(seconds, 3),
    )


def _identity(spec: RunSpecification, set_version: int) -> dict[str, Any]:
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


def _predictions(spec: RunSpecification, clips: Sequence[Clip], logits: Tensor) -> list[Prediction]:
    return [
        Prediction(
            clip=clip.id,
            label=clip.label,
            predicted=spec.classes[int(scores.argmax())],
            scores=tuple(scores.tolist()),
        )
        for clip, scores in zip(clips, logits, strict=True)
    ]


def _describe_checkpoint(prepared: PreparedRun, trained: Trained) -> dict[str, Any]:
    spec = prepared.spec
    return {
        "format": "dfer-checkpoint-1",
        "specification": spec.model_dump(mode="json"),
        "spec_hash": spec.hash,
        "descriptions": dict(zip(spec.classes, spec.texts, strict=True)),
        "selected_epoch": trained.epoch,
        "uar": trained.metrics.uar,
        "war": trained.metrics.war,
        "environment": _environment(prepared.pretrained),
    }


def _environment(pretrained: str | None) -> dict[str, str]:
    """What was at hand; it decides nothing, but helps to find out later why two machines differ."""
    import open_clip

    found = {
        "dfer": __version__,
        "torch": torch.__version__,
        "open_clip": open_clip.__version__,
        "python": platform.python_version(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "threads": str(torch.get_num_threads()),
    }
    return found if pretrained is None else found | {"pretrained": pretrained}
