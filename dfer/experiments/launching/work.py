"""One cell of a sweep, computed in whatever process it was sent to. The store is not at hand there."""

import copy
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from description_store.records import DescriptionSet, Prediction, Run
from dfer.errors import ContentError, DferError
from dfer.training.data_source import DataSource
from dfer.training.fabric import make_fabric
from dfer.training.loop import OnProgress
from dfer.training.preparing import Loaded, PreparedRun, load, prepare
from dfer.training.run_folder import TrainingGoesOn
from dfer.training.run_record import failed_run
from dfer.training.running import Machine, computed_evaluation, computed_training
from dfer.training.specification import RunSpecification

ATTEMPTS = 3
"""So often a cell is started whose process dies each time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """All that a process needs to compute one cell of a sweep; it can be pickled."""

    name: str
    """For people: "v3 dfer-clip fold 1 seed 2"."""
    description_set: DescriptionSet
    source: DataSource
    """Without `on_clip`."""
    options: Mapping[str, Any]
    """The further keyword arguments of `training.preparing.prepare`: recipe, overrides, fold, seed, …"""
    spec: RunSpecification
    """What `prepare` must come to; anything else means that the data changed meanwhile."""
    out: Path
    """Absolute: where checkpoints go."""
    machine: Machine
    tensorboard: Path | None = None

    @property
    def spec_hash(self) -> str:
        return self.spec.hash


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """A finished or failed run, not stored yet, and its predictions."""

    run: Run
    predictions: tuple[Prediction, ...] = ()
    failure: Literal["foreseen", "unforeseen", "busy"] | None = None
    """A process is of no more use after what dfer did not foresee: a CUDA error, say. "busy": another process
    trains exactly this; it is not a failed run, and to be tried later."""


def compute(work: Work, *, on_progress: OnProgress = lambda progress: None) -> Result:
    """Train or evaluate one cell. What fails comes back as a failed run; a training that was interrupted is
    gone on with.

    CLIP and the list of clips are kept by the process from one cell to the next.

    Raises:
        KeyboardInterrupt: the process was asked to stop; the state of a training is kept.
    """
    started = time.monotonic()
    try:
        prepared = _prepared(work)
        version = work.description_set.version
        fabric = make_fabric(prepared.spec.precision, accelerator=work.machine.accelerator)
        if prepared.trains:
            computed = computed_training(
                prepared,
                fabric,
                set_version=version,
                out=work.out,
                machine=work.machine,
                resume=True,
                patience=_PATIENCE,
                tensorboard=work.tensorboard,
                on_progress=on_progress,
            )
        else:
            computed = computed_evaluation(
                prepared, fabric, set_version=version, machine=work.machine, on_progress=on_progress
            )
        with computed as (run, predictions):
            return Result(run=run, predictions=predictions)
    except Exception as error:
        return failed(work, error, seconds=time.monotonic() - started)


def failed(work: Work, error: BaseException | str, *, seconds: float | None = None) -> Result:
    """Nothing came of the cell, for this reason."""
    run = failed_run(work.spec, error, set_version=work.description_set.version, seconds=seconds)
    if isinstance(error, TrainingGoesOn):
        return Result(run=run, failure="busy")
    return Result(run=run, failure="foreseen" if isinstance(error, DferError) else "unforeseen")


_PATIENCE = 15.0
"""Seconds until processes that read clips for a training that was killed have noticed it."""

_kept: dict[str, Loaded] = {}
"""What the last cell of this process was computed from; the next one mostly is, too."""


def _prepared(work: Work) -> PreparedRun:
    """Raises ContentError if the cell has become another one; and as `prepare`."""
    names = work.description_set.class_names
    clip = {name: work.options[name] for name in ("architecture", "pretrained")}
    key = repr((work.source.dataset, work.source.data, work.source.root, names, clip))
    with _said_when_it_was_planned():
        if key not in _kept:
            _kept.clear()
            _kept[key] = load(work.source, names, **clip)
        kept = _kept[key]
        prepared = prepare(
            work.description_set,
            work.source,
            # Training changes CLIP in place; and sizes of clips are looked at anew.
            loaded=replace(kept, clip=copy.deepcopy(kept.clip), fingerprint=None),
            **work.options,
        )
    if prepared.spec.hash != work.spec_hash:
        changed = [
            name for name, value in prepared.spec.model_dump().items() if value != getattr(work.spec, name)
        ]
        raise ContentError(
            f"{' and '.join(changed) or 'what is computed'} changed since the sweep was planned",
            hint="start the sweep again: it plans anew",
        )
    return prepared


@contextmanager
def _said_when_it_was_planned() -> Iterator[None]:
    """Without the warnings that every cell would repeat."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
