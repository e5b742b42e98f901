"""From a prepared run to a stored one: train or evaluate, and keep what came out, or why nothing did."""

import itertools
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from lightning_fabric import Fabric
from sqlite_utils import Database
from torch import Tensor

from description_store.records import Prediction, Run
from description_store.runs import find_finished, save_run
from dfer import __version__
from dfer.clips.clip import Clip
from dfer.clips.dataset import ClipDataset
from dfer.clips.folds import carve_validation
from dfer.clips.settings import ClipSettings
from dfer.errors import DferError, UsageError
from dfer.models.recipes import build_dfer_clip, build_zero_shot
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import DferClipSettings, ZeroShotSettings
from dfer.training.checkpoint import load_checkpoint, save_checkpoint
from dfer.training.evaluation import score
from dfer.training.fabric import make_fabric
from dfer.training.loop import OnProgress, Progress, Trained, train
from dfer.training.metrics import Metrics, measure
from dfer.training.preparing import PreparedRun
from dfer.training.specification import RunSpecification

EVALUATION_BATCH = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """What may change how fast a run is, but not what it is."""

    accelerator: str = "auto"
    workers: int = 0


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
    """Train, keep the checkpoint under `out`, store the run.

    Returns:
        The run, and whether it was made now: a finished run of the same specification is returned as it is,
        unless `again`.

    Raises:
        UsageError: the recipe trains nothing.
    """
    spec, settings = prepared.spec, prepared.settings
    if not isinstance(settings, DferClipSettings):
        raise UsageError(f"recipe {spec.recipe} trains nothing", hint="use `dfer evaluate`")

    def made() -> _Outcome:
        fabric = make_fabric(spec.precision, accelerator=machine.accelerator)
        trained = train(
            _build(prepared),
            settings,
            data=_datasets(prepared),
            classes=len(spec.classes),
            selection=spec.selection,
            seed=spec.seed,
            fabric=fabric,
            workers=machine.workers,
            on_progress=on_progress,
        )
        folder = _new_folder(out, spec)
        save_checkpoint(
            folder, weights=trained.weights, description=_describe_checkpoint(prepared, trained, fabric)
        )
        return _Outcome(trained.logits, trained.metrics, fabric, folder, trained.history)

    return _store(db, prepared, made, set_version=set_version, again=again)


def run_evaluation(
    db: Database,
    prepared: PreparedRun,
    *,
    set_version: int,
    machine: Machine,
    again: bool = False,
    on_progress: OnProgress = lambda progress: None,
) -> tuple[Run, bool]:
    """Score the fold's test clips with the set's words: zero-shot, or with a trained run's weights.

    Returns:
        The stored run, and whether it was made now.

    Raises:
        UsageError: the recipe needs a trained run.
    """
    spec, test = prepared.spec, prepared.clips.test
    if isinstance(prepared.settings, DferClipSettings) and prepared.checkpoint is None:
        raise UsageError(f"recipe {spec.recipe} needs a trained run", hint="name it with --run")

    def made() -> _Outcome:
        recogniser = _build(prepared)
        if prepared.checkpoint is not None:
            recogniser.load_trainable_state(load_checkpoint(prepared.checkpoint)[0])
        fabric = make_fabric(spec.precision, accelerator=machine.accelerator)
        model = fabric.setup(recogniser)
        model.mark_forward_method("text_features")
        logits, labels = score(
            model,
            _dataset(prepared, test, training=False),
            fabric=fabric,
            batch_size=EVALUATION_BATCH,
            workers=machine.workers,
            on_clips=lambda done: on_progress(
                Progress(stage="test", epoch=1, epochs=1, done=done, total=len(test))
            ),
        )
        metrics = measure(labels.tolist(), logits.argmax(dim=1).tolist(), classes=len(spec.classes))
        return _Outcome(logits, metrics, fabric, None, ())

    return _store(db, prepared, made, set_version=set_version, again=again)


class _Outcome(NamedTuple):
    logits: Tensor
    metrics: Metrics
    fabric: Fabric
    folder: Path | None
    history: tuple[dict[str, float | None], ...]


def _store(
    db: Database, prepared: PreparedRun, made: Callable[[], _Outcome], *, set_version: int, again: bool
) -> tuple[Run, bool]:
    """Make the run and store it; whatever fails on the way is stored as a failed run with its error."""
    spec = prepared.spec
    if not again and (finished := find_finished(db, spec.hash)):
        return finished, False
    started = time.monotonic()
    try:
        outcome = made()
        run = Run(
            status="finished",
            **_identity(spec, set_version),
            uar=outcome.metrics.uar,
            war=outcome.metrics.war,
            per_class=dict(zip(spec.classes, outcome.metrics.recalls, strict=True)),
            confusion=outcome.metrics.confusion,
            history=outcome.history,
            environment=_environment(prepared.pretrained, outcome.fabric),
            folder=None if outcome.folder is None else str(outcome.folder.resolve()),
            seconds=round(time.monotonic() - started, 3),
        )
        return save_run(db, run, _predictions(spec, prepared.clips.test, outcome.logits)), True
    except (Exception, KeyboardInterrupt) as error:
        what = error.message if isinstance(error, DferError) else f"{type(error).__name__}: {error}"
        failed = Run(
            status="failed",
            **_identity(spec, set_version),
            environment=_environment(prepared.pretrained),
            error=what,
            seconds=round(time.monotonic() - started, 3),
        )
        save_run(db, failed)
        raise


def _build(prepared: PreparedRun) -> VideoRecogniser:
    spec, settings = prepared.spec, prepared.settings
    if isinstance(settings, ZeroShotSettings):
        return build_zero_shot(
            clip=prepared.clip,
            texts=spec.texts,
            settings=settings,
            class_names=spec.classes,
            combine=spec.combine,
        )
    return build_dfer_clip(
        clip=prepared.clip, texts=spec.texts, settings=settings, seed=spec.seed, class_names=spec.classes
    )


def _new_folder(out: Path, spec: RunSpecification) -> Path:
    """A folder of its own for every training: readable, and never one that another run's weights are in."""
    name = f"{spec.set}-{spec.recipe}-fold{spec.fold}-seed{spec.seed}-{spec.hash.partition(':')[2][:8]}"
    for number in itertools.count(1):
        folder = out / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise AssertionError("unreachable: counting does not end")


def _datasets(prepared: PreparedRun) -> dict[str, ClipDataset]:
    training, val = prepared.clips.train, prepared.clips.val
    if prepared.spec.selection == "best-val" and not val:
        # Seeded by the fold alone: runs of other words and seeds are then selected on the same clips.
        training, val = carve_validation(training, seed=prepared.spec.fold)
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
        settings=ClipSettings.model_validate(prepared.spec.clip_settings),
        source=prepared.frames,
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


def _describe_checkpoint(prepared: PreparedRun, trained: Trained, fabric: Fabric) -> dict[str, Any]:
    spec = prepared.spec
    return {
        "format": "dfer-checkpoint-1",
        "specification": spec.model_dump(mode="json"),
        "spec_hash": spec.hash,
        "descriptions": dict(zip(spec.classes, spec.texts, strict=True)),
        "selected_epoch": trained.epoch,
        "uar": trained.metrics.uar,
        "war": trained.metrics.war,
        "environment": _environment(prepared.pretrained, fabric),
    }


def _environment(pretrained: str | None, fabric: Fabric | None = None) -> dict[str, str]:
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
