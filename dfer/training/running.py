"""From a prepared run to a stored one: train or evaluate, and keep what came out, or why nothing did."""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from lightning_fabric import Fabric
from sqlite_utils import Database
from torch import Tensor

from description_store.claims import is_being_made
from description_store.records import Prediction, Run
from description_store.runs import find_finished, save_run
from dfer.clips.dataset import ClipItems
from dfer.errors import UsageError
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import TrainedSettings
from dfer.training.checkpoint import save_checkpoint
from dfer.training.evaluation import score
from dfer.training.fabric import make_fabric, settle
from dfer.training.frozen_tower import FrozenTower
from dfer.training.loop import OnProgress, Progress, Trained, train
from dfer.training.metrics import Metrics, measure
from dfer.training.preparing import PreparedRun
from dfer.training.resuming import StateKeeper, forget_state
from dfer.training.run_data import dataset, datasets, objective_of
from dfer.training.run_folder import TrainingGoesOn, training_folder
from dfer.training.run_record import environment, failed_run, identity, predictions_of
from dfer.training.stopping import stop_request
from dfer.training.tensorboard import TensorBoardLog

_log = logging.getLogger("dfer.training")


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """What may change how fast a run is, but not what it is."""

    accelerator: str = "auto"
    workers: int = 0
    pieces: int = 1
    """Into so many pieces each batch is split where it does not fit in memory."""
    recompute: bool = False
    """Compute activations again for the gradients, rather than keep them."""
    compiled: bool = False
    """Compile the image tower: a minute at the beginning, faster steps after."""
    features: bool = True
    """Keep what a tower that does not change says of a frame, and look it up the next time."""
    keep_seconds: float = 300.0
    """So often at most the state of a training is written to disk, to go on from if it is killed."""


class Computed(NamedTuple):
    """A finished run that is not stored yet. Its folder has the state to resume from until it is."""

    run: Run
    predictions: tuple[Prediction, ...]


def run_training(
    db: Database,
    prepared: PreparedRun,
    *,
    set_version: int,
    out: Path,
    machine: Machine,
    again: bool = False,
    resume: bool = False,
    tensorboard: Path | None = None,
    on_progress: OnProgress = lambda progress: None,
) -> tuple[Run, bool]:
    """Train, keep the checkpoint under `out`, store the run.

    `resume` goes on with the latest interrupted training of the same specification under `out`, if any.
    Under `tensorboard`, a folder named as the checkpoint's shows the training as it goes on.

    Returns:
        The run, and whether it was made now: a finished run of the same specification is returned as it is,
        unless `again`.

    Raises:
        UsageError: the recipe trains nothing; or another process, or a sweep, is at it.
    """
    _check_trains(prepared)

    def computed(fabric: Fabric) -> AbstractContextManager[Computed]:
        return computed_training(
            prepared,
            fabric,
            set_version=set_version,
            out=out,
            machine=machine,
            resume=resume,
            tensorboard=tensorboard,
            on_progress=on_progress,
        )

    return _stored(db, prepared, computed, set_version=set_version, machine=machine, again=again)


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
        UsageError: the recipe needs a trained run; or a sweep is at it.
    """
    if prepared.trains:
        raise UsageError(f"recipe {prepared.spec.recipe} needs a trained run", hint="name it with --run")

    def computed(fabric: Fabric) -> AbstractContextManager[Computed]:
        return computed_evaluation(
            prepared, fabric, set_version=set_version, machine=machine, on_progress=on_progress
        )

    return _stored(db, prepared, computed, set_version=set_version, machine=machine, again=again)


@contextmanager
def computed_training(
    prepared: PreparedRun,
    fabric: Fabric,
    *,
    set_version: int,
    out: Path,
    machine: Machine,
    resume: bool = False,
    patience: float = 0.0,
    tensorboard: Path | None = None,
    on_progress: OnProgress = lambda progress: None,
) -> Iterator[Computed]:
    """Train, and keep the checkpoint under `out`; its folder is this training's alone until the block ends.

    `patience`: so many seconds it waits for another process that uses the folder of what it resumes. Raises
    as `run_training`.
    """
    settings = _check_trains(prepared)
    spec = prepared.spec
    started = time.monotonic()
    with training_folder(out, spec, fabric, resume=resume, patience=patience) as folder:
        shown = tensorboard / folder.name if tensorboard and fabric.is_global_zero else None
        with closing(TensorBoardLog(shown, spec)) as log, stop_request() as stop:
            recogniser = prepared.build()
            if machine.recompute:
                recogniser.recompute_activations()
            if machine.compiled:
                recogniser.visual.compile()
            clips = datasets(prepared)
            data: Mapping[str, ClipItems] = clips
            tower = None
            if machine.features and recogniser.visual_is_frozen and not clips["train"].augments:
                tower = _frozen_tower(prepared, recogniser, fabric, machine, on_progress)
                data = tower.data(clips)
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
                keeper=StateKeeper(folder, spec_hash=spec.hash, seconds=machine.keep_seconds),
                stop=stop,
                ready=tower.ready if tower else _nothing_to_do,
                on_progress=on_progress,
                on_epoch=log.on_epoch,
            )
            log.on_trained(trained)
            if fabric.is_global_zero:
                description = _describe_checkpoint(prepared, trained, fabric)
                save_checkpoint(folder, weights=trained.weights, last=trained.last, description=description)
        yield _computed(
            prepared,
            fabric,
            trained.logits,
            trained.metrics,
            set_version=set_version,
            seconds=time.monotonic() - started,
            folder=folder,
            history=trained.history,
        )


@contextmanager
def computed_evaluation(
    prepared: PreparedRun,
    fabric: Fabric,
    *,
    set_version: int,
    machine: Machine,
    on_progress: OnProgress = lambda progress: None,
) -> Iterator[Computed]:
    """Score the fold's test clips."""
    test = prepared.clips.test
    started = time.monotonic()
    recogniser = prepared.build()
    settle(recogniser, fabric, precision=prepared.spec.precision)
    if machine.compiled:
        recogniser.visual.compile()
    clips = dataset(prepared, test, training=False)
    tower = _frozen_tower(prepared, recogniser, fabric, machine, on_progress) if machine.features else None
    logits, labels = score(
        recogniser,
        tower.data({"test": clips})["test"] if tower else clips,
        fabric=fabric,
        workers=0 if tower else machine.workers,
        ready=tower.ready if tower else _nothing_to_do,
        on_clips=lambda done: on_progress(
            Progress(stage="test", epoch=1, epochs=1, done=done, total=len(test))
        ),
    )
    yield _computed(
        prepared,
        fabric,
        logits,
        measure(labels, logits, classes=len(prepared.spec.classes)),
        set_version=set_version,
        seconds=time.monotonic() - started,
    )


def _computed(
    prepared: PreparedRun,
    fabric: Fabric,
    logits: Tensor,
    metrics: Metrics,
    *,
    set_version: int,
    seconds: float,
    folder: Path | None = None,
    history: tuple[dict[str, float | None], ...] = (),
) -> Computed:
    spec = prepared.spec
    run = Run(
        status="finished",
        **identity(spec, set_version),
        uar=metrics.uar,
        war=metrics.war,
        metrics=metrics.further,
        per_class=dict(zip(spec.classes, metrics.recalls, strict=True)),
        confusion=metrics.confusion,
        history=history,
        environment=environment(prepared.pretrained, fabric),
        folder=None if folder is None else str(folder.resolve()),
        seconds=round(seconds, 3),
    )
    return Computed(run, predictions_of(spec, prepared.clips.test, logits) if fabric.is_global_zero else ())


def _stored(
    db: Database,
    prepared: PreparedRun,
    computed: Callable[[Fabric], AbstractContextManager[Computed]],
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
    if not again and is_being_made(db, spec.hash):
        raise UsageError(
            "a sweep is computing exactly this", hint="wait for it; --again computes it all the same"
        )
    fabric = make_fabric(spec.precision, accelerator=machine.accelerator)
    started = time.monotonic()
    try:
        with computed(fabric) as (run, predictions):
            if not fabric.is_global_zero:
                return run, True
            stored = save_run(db, run, predictions, once=not again)
            forget_state(run)
            # Another process may have been first: its run counts.
            return stored, stored == run.model_copy(update={"id": stored.id, "created_at": stored.created_at})
    except TrainingGoesOn:
        raise
    except (Exception, KeyboardInterrupt) as error:
        seconds = time.monotonic() - started
        failed = failed_run(
            spec, error, set_version=set_version, seconds=seconds, pretrained=prepared.pretrained
        )
        if fabric.is_global_zero:
            try:
                save_run(db, failed)
            except sqlite3.Error as another:  # a full disk, say: what came first must be heard
                _log.warning("the failed run could not be stored: %s", another)
        raise


def _check_trains(prepared: PreparedRun) -> TrainedSettings:
    if not isinstance(prepared.settings, TrainedSettings):
        raise UsageError(f"recipe {prepared.spec.recipe} trains nothing", hint="use `dfer evaluate`")
    return prepared.settings


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
        "environment": environment(prepared.pretrained, fabric),
    }
