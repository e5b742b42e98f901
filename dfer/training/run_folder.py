"""The folder of a training: found again, or made; used by one training at a time."""

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout
from lightning_fabric import Fabric

from dfer.errors import UsageError
from dfer.training.resuming import interrupted
from dfer.training.specification import RunSpecification

_LOCK = "training.lock"


class TrainingGoesOn(UsageError):
    """Another process trains exactly this: nothing failed, it is too early."""


@contextlib.contextmanager
def training_folder(
    out: Path, spec: RunSpecification, fabric: Fabric, *, resume: bool, patience: float = 0.0
) -> Iterator[Path]:
    """The folder of a training: that of the interrupted one, or a new one. One training at a time uses it.

    `patience`: so many seconds it waits for a process that still uses the folder of the interrupted one.

    Raises:
        TrainingGoesOn: it still does.
    """
    folder = interrupted(out, spec.hash) if resume else None
    fabric.barrier()  # all have looked before the first makes a new one
    if not fabric.is_global_zero:
        yield folder or out
        return
    if folder is None:
        folder, lock = _new_folder(out, spec)
    else:
        lock = FileLock(folder / _LOCK)
        try:
            lock.acquire(timeout=patience)
        except Timeout as error:
            raise TrainingGoesOn(
                f"the training in {folder} is going on in another process",
                hint="wait for it, or stop it first",
            ) from error
    for unfinished in folder.glob(".*"):  # of a process that was killed while it wrote
        unfinished.unlink(missing_ok=True)
    try:
        yield folder
    finally:
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()
        with contextlib.suppress(OSError):
            folder.rmdir()  # if nothing came of it, not even a state to resume from


def _new_folder(out: Path, spec: RunSpecification) -> tuple[Path, FileLock]:
    """A folder of its own for every training: readable, and never one that another run's weights are in.

    A folder that a killed process left without anything to resume from is used again.
    """
    name = f"{spec.set}-{spec.recipe}-fold{spec.fold}-seed{spec.seed}-{spec.hash.partition(':')[2][:8]}"
    for number in itertools.count(1):
        folder = out / (name if number == 1 else f"{name}-{number}")
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / _LOCK)
        with contextlib.suppress(Timeout, OSError):
            folder.mkdir(exist_ok=True)
            if not _is_empty(folder):
                continue
            lock.acquire(timeout=0)
            # The one before us may have filled or removed the folder meanwhile.
            if Path(lock.lock_file).exists() and _is_empty(folder):
                return folder, lock
            lock.release()
    raise AssertionError("unreachable: counting does not end")


def _is_empty(folder: Path) -> bool:
    """But for the lock, and what was not written to its end."""
    return all(path.name == _LOCK or path.name.startswith(".") for path in folder.iterdir())
