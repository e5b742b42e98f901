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


@contextlib.contextmanager
def training_folder(out: Path, spec: RunSpecification, fabric: Fabric, *, resume: bool) -> Iterator[Path]:
    """The folder of a training: that of the interrupted one, or a new one. One training at a time uses it."""
    folder = interrupted(out, spec.hash) if resume else None
    fabric.barrier()  # all have looked before the first makes a new one
    if not fabric.is_global_zero:
        yield folder or out
        return
    folder = folder or _new_folder(out, spec)
    lock = FileLock(folder / "training.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UsageError(
            f"the training in {folder} is going on in another process", hint="wait for it, or stop it first"
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
