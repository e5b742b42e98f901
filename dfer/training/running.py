"""From a prepared run to a stored one: train or evaluate, and keep what came out, or why nothing did."""

import contextlib
import logging
import platform
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
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
from dfer.clips.dataset import ClipItems
from dfer.errors import DferError, UsageError
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import TrainedSettings
from dfer.training.checkpoint import save_checkpoint
from dfer.training.evaluation import score
from dfer.training.fabric import make_fabric
from dfer.training.frozen_tower import FrozenTower
from dfer.training.loop import OnProgress, Progress, Trained, train
from dfer.training.metrics import Metrics, measure
from dfer.training.preparing import PreparedRun
from dfer.training.resuming import StateKeeper
from dfer.training.run_data import dataset, datasets, objective_of
from dfer.training.run_folder import training_folder
from dfer.training.specification import RunSpecification
from dfer.training.stopping import stop_request

_log = logging.getLogger("dfer.training")

EVALUATION_BATCH = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """What may change how fast a run is, but not what it is."""

    accelerator: str = "auto"
    workers: int = 0
    pieces: int = 1
    """Into so many pieces each batch is split where it does not fit in memory."""
    compiled: bool = False
    """Compile the image tower: a minute at the beginning, faster steps after."""
    features: bool = True
    """Keep what a tower that does not change says of a frame, and look it up the next time."""
    keep_seconds: float = 300.0
    """So often at most the state of a training is written to disk, to go on from if it is killed."""


def run_training(
    db: Database,
    prepared: PreparedRun,
    *,
    set_version: int,
    out: Path,
    machine: Machine,
    again: bool = False,
    resume: bool = False,
    on_progress: OnProgress = lambda progress: None,
) -> tuple[Run, bool]:
    """Train, keep the checkpoint under `out`, store the run.

    `resume` goes on with the latest interrupted training of the same specification under `out`, if any.

    Returns:
        The run, and whether it was made now: a finished run of the same specification is returned as it is,
        unless `again`.

    Raises:
        UsageError: the recipe trains nothing; or the interrupted training is not interrupted at all.
    """
    spec, settings = prepared.spec, prepared.settings
    if not isinstance(settings, TrainedSettings):
        raise UsageError(f"recipe {spec.recipe} trains nothing", hint="use `dfer evaluate`")

    def made(fabric: Fabric, until_stored: contextlib.ExitStack) -> _Outcome:
        folder = until_stored.enter_context(training_folder(out, spec, fabric, resume=resume))
        with stop_request() as stop:
            recogniser = prepared.build()
            if machine.compiled:
                recogniser.visual.compile()
            clips = datasets(prepared)
            data: Mapping[str, ClipItems] = clips
            tower = None
            if machine.features and recogniser.visual_is_frozen and not clips["train"].augments:
                tower = _frozen_tower(prepared, recogniser, fabric, machine, on_progress)
                data = tower.data(clips)
            keeper = StateKeeper(folder, spec_hash=spec.hash, seconds=machine.keep_seconds)
            trained = train(
                recogniser,
                settings,
                data=data,
                objective=lambda: objective_of(prepared, clips["train"].clips, recogniser, fabric),
                classes=len(spec.classes),
                selection=spec.selection,
                seed=spec.seed,
                fabric=fabric,
                workers=0 if tower else machine.workers,
                pieces=machine.pieces,
                keeper=keeper,
                stop=stop,
                ready=tower.ready if tower else _nothing_to_do,
                on_progress=on_progress,
            )
            if fabric.is_global_zero:
                description = _describe_checkpoint(prepared, trained, fabric)
                save_checkpoint(folder, weights=trained.weights, last=trained.last, description=description)
        return _Outcome(trained.logits, trained.metrics, folder, trained.history, keeper.done)

    return _store(db, prepared, made, set_version=set_version, machine=machine, again=again)


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
    if isinstance(prepared.settings, TrainedSettings) and prepared.checkpoint is None:
        raise UsageError(f"recipe {spec.recipe} needs a trained run", hint="name it with --run")

    def made(fabric: Fabric, until_stored: contextlib.ExitStack) -> _Outcome:
        recogniser = prepared.build()
        fabric.to_device(recogniser)
        if machine.compiled:
            recogniser.visual.compile()
        clips = dataset(prepared, test, training=False)
        tower = (
            _frozen_tower(prepared, recogniser, fabric, machine, on_progress) if machine.features else None
        )
        logits, labels = score(
            recogniser,
            tower.data({"test": clips})["test"] if tower else clips,
            fabric=fabric,
            batch_size=EVALUATION_BATCH,
            workers=0 if tower else machine.workers,
            ready=tower.ready if tower else _nothing_to_do,
            on_clips=lambda done: on_progress(
                Progress(stage="test", epoch=1, epochs=1, done=done, total=len(test))
            ),
        )
        return _Outcome(logits, measure(labels, logits, classes=len(spec.classes)), None, (), lambda: None)

    return _store(db, prepared, made, set_version=set_version, machine=machine, again=again)


class _Outcome(NamedTuple):
    logits: Tensor
    metrics: Metrics
    folder: Path | None
    history: tuple[dict[str, float | None], ...]
    on_stored: Callable[[], None]


def _store(
    db: Database,
    prepared: PreparedRun,
    made: Callable[[Fabric, contextlib.ExitStack], _Outcome],
    *,
    set_version: int,
    machine: Machine,
    again: bool,
) -> tuple[Run, bool]:
    """Make the run and store it; whatever fails on the way is stored as a failed run with its error.

    Of several processes all compute and the first stores.
    """
    spec = prepared.spec
    if not again and (finished := find_finished(db, spec.hash)):
        return finished, False
    fabric = make_fabric(spec.precision, accelerator=machine.accelerator)
    started = time.monotonic()
    until_stored = contextlib.ExitStack()
    try:
        outcome = made(fabric, until_stored)
        run = Run(
            status="finished",
            **_identity(spec, set_version),
            uar=outcome.metrics.uar,
            war=outcome.metrics.war,
            metrics=outcome.metrics.further,
            per_class=dict(zip(spec.classes, outcome.metrics.recalls, strict=True)),
            confusion=outcome.metrics.confusion,
            history=outcome.history,
            environment=_environment(prepared.pretrained, fabric),
            folder=None if outcome.folder is None else str(outcome.folder.resolve()),
            seconds=round(time.monotonic() - started, 3),
        )
        if not fabric.is_global_zero:
            return run, True
        stored = save_run(db, run, _predictions(spec, prepared.clips.test, outcome.logits))
        outcome.on_stored()
        return stored, True
    except (Exception, KeyboardInterrupt) as error:
        what = "interrupted" if isinstance(error, KeyboardInterrupt) else f"{type(error).__name__}: {error}"
        if isinstance(error, DferError):
            what = error.message
        failed = Run(
            status="failed",
            **_identity(spec, set_version),
            environment=_environment(prepared.pretrained),
            error=what,
            seconds=round(time.monotonic() - started, 3),
        )
        if fabric.is_global_zero:
            try:
                save_run(db, failed)
            except sqlite3.Error as another:  # a full disk, say: what came first must be heard
                _log.warning("the failed run could not be stored: %s", another)
        raise
    finally:
        until_stored.close()


def _frozen_tower(
    prepared: PreparedRun,
    recogniser: VideoRecogniser,
    fabric: Fabric,
    machine: Machine,
    on_progress: OnProgress,
) -> FrozenTower:
    return FrozenTower(
        prepared,
        recogniser,
        fabric=fabric,
        workers=machine.workers,
        compiled=machine.compiled,
        on_clips=lambda done, total: on_progress(
            Progress(stage="features", epoch=1, epochs=1, done=done, total=total)
        ),
    )


def _nothing_to_do(data: ClipItems, indices: Sequence[int]) -> None:
    """Frames are read when they are needed."""


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
