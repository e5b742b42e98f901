"""The life of a process of the local launcher: it computes cells that come through a pipe, until none comes.

Nothing heavy is imported before its device is decided and somebody watches over its end.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from dfer.training.loop import Progress

_LOOK_SECONDS = 0.5
_TELL_SECONDS = 0.2


def compute_what_comes(pipe: Connection, *, driver: int, gpu: str | None, share: int) -> None:
    """`Work` comes in until None does; its `Progress` and in the end its `Result` go out.

    `driver` is the process that started this one: when it is gone, however, this one ends too. `gpu` is the
    only one that it sees, if it is told one; of the processor's threads it takes one of `share` parts.
    """
    threading.Thread(target=_end_with, args=(driver,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all of us; the driver decides
    signal.signal(signal.SIGTERM, _stop)
    # A spawned process would spawn those that read clips, too, and each would import torch for every epoch.
    multiprocessing.set_start_method(multiprocessing.get_all_start_methods()[0], force=True)
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    try:
        import torch

        from dfer.experiments.launching.work import compute

        torch.set_num_threads(max(1, torch.get_num_threads() // share))
        while (work := pipe.recv()) is not None:
            result = compute(work, on_progress=_Teller(pipe))
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what is computed is handed over
            pipe.send(result)
            signal.signal(signal.SIGTERM, _stop)
    except (KeyboardInterrupt, EOFError, BrokenPipeError):
        pass  # asked to stop, or nobody is there any more
    _end(0)


class _Teller:
    """Sends how far the cell is: a few times a second, and where something is done."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._told = 0.0

    def __call__(self, progress: "Progress") -> None:
        if progress.done == progress.total or time.monotonic() - self._told > _TELL_SECONDS:
            self._pipe.send(progress)
            self._told = time.monotonic()


def _end_with(driver: int) -> None:
    while os.getppid() == driver:
        time.sleep(_LOOK_SECONDS)
    _end(1)


def _end(code: int) -> NoReturn:
    """At once, since to take all those modules down would take seconds; and with those that read clips."""
    for reader in multiprocessing.active_children():
        reader.kill()
    sys.stderr.flush()
    os._exit(code)


def _stop(number: int, frame: FrameType | None) -> None:
    """Outside a training, which ends its step first (`training.stopping`)."""
    raise KeyboardInterrupt
