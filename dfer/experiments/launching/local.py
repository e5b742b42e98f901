"""Cells computed by processes of this machine, each of which lives for many cells.

No `ProcessPoolExecutor`: there, one process that dies takes the whole pool along.
"""

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, NamedTuple

import torch

from dfer.experiments.launching.events import Advanced, Event, Finished, Lost, OnLate, Started
from dfer.experiments.launching.process import compute_what_comes
from dfer.experiments.launching.work import ATTEMPTS, Result, Work, failed
from dfer.training.loop import Progress

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

GRACE_SECONDS = 30.0
"""How long a process may take for the step under way, and to write its state, once it was asked to stop."""

_LOOK_SECONDS = 1.0


def on_this_machine(
    works: Iterator[Work], on_late: OnLate = lambda finished: None, *, jobs: int
) -> Iterator[Event]:
    """Compute `works` in so many processes at once, one per GPU where there are any.

    The next one is taken when there is room for it. Leaving the generator ends every process that it started;
    `on_late` hears of what they finish meanwhile.
    """
    places = [_Place(number, of=jobs) for number in range(jobs)]
    try:
        more = True
        while True:
            for place in places:
                if more and place.work is None:
                    work = next(works, None)
                    more = work is not None
                    if work is not None:
                        yield place.start(work)
            busy = [place for place in places if place.work is not None]
            if not busy:
                return
            wait([thing for place in busy for thing in place.waited_for], timeout=_LOOK_SECONDS)
            for place in busy:
                yield from place.events()
    finally:
        _end_all(places, on_late)


def default_jobs(accelerator: str) -> int:
    """A process per GPU; without any, one."""
    return max(1, len(_gpus(accelerator)))


class _Child(NamedTuple):
    process: "BaseProcess"
    pipe: Connection


class _Place:
    """Room for one process, and the cell that it is at."""

    def __init__(self, number: int, *, of: int) -> None:
        self._number, self._of = number, of
        self._child: _Child | None = None
        self._attempt = 0
        self.work: Work | None = None

    @property
    def process(self) -> "BaseProcess | None":
        return None if self._child is None else self._child.process

    @property
    def waited_for(self) -> list[Connection | int]:
        return [] if self._child is None else [self._child.pipe, self._child.process.sentinel]

    def start(self, work: Work) -> Started:
        self.work, self._attempt = work, 1
        return self._send(work)

    def _send(self, work: Work) -> Started:
        if self._child is None or self._child.process.exitcode is not None:
            self._child = self._begin(work.machine.accelerator)
        with suppress(OSError):  # it has just died: that is told by `events`
            self._child.pipe.send(work)
        return Started(work=work, where=f"process {self._child.process.pid}")

    def _begin(self, accelerator: str) -> _Child:
        gpus = _gpus(accelerator)
        context = multiprocessing.get_context("spawn")  # CUDA does not survive a fork
        ours, theirs = context.Pipe()
        process = context.Process(
            target=compute_what_comes,
            args=(theirs,),
            kwargs={
                "driver": os.getpid(),
                "gpu": gpus[self._number % len(gpus)] if gpus else None,
                "share": self._of,
            },
        )
        process.start()
        theirs.close()
        return _Child(process, ours)

    def events(self) -> Iterator[Event]:
        """What came from the process since the last look; and whether it is still there."""
        work, child = self.work, self._child
        if work is None or child is None:
            return
        gone = child.process.exitcode is not None
        try:
            while child.pipe.poll():
                said = child.pipe.recv()
                if isinstance(said, Progress):
                    yield Advanced(work=work, progress=said)
                    continue
                self.work = None
                if said.failure == "unforeseen":
                    self._give_up(child)
                yield Finished(work=work, result=said)
                return
        except (EOFError, OSError):  # nobody holds the other end, or it was cut off in a word
            gone = True
        if gone:
            child.process.join(GRACE_SECONDS)
            yield from self._after_death(work, _how_it_ended(child.process.exitcode))

    def _after_death(self, work: Work, reason: str) -> Iterator[Event]:
        if self._attempt < ATTEMPTS:
            yield Lost(work=work, reason=reason)
            self._attempt += 1
            yield self._send(work)
            return
        self.work = None
        yield Finished(work=work, result=failed(work, f"{reason}, {ATTEMPTS} times"))

    def _give_up(self, child: _Child) -> None:
        """The next cell gets another process."""
        with suppress(OSError):
            child.pipe.send(None)
        child.process.join(_LOOK_SECONDS)
        child.process.kill()
        child.process.join()
        self._child = None

    def ask_to_end(self) -> None:
        """Idle, it ends at once; at work, it ends its step and keeps its state."""
        if self._child is None:
            return
        with suppress(OSError):
            self._child.pipe.send(None)
        if self.work is not None:
            self._child.process.terminate()

    def hear_out(self, on_late: OnLate) -> None:
        """So that it need not wait for us to listen. What fails now may only fail because it is to end."""
        with suppress(EOFError, OSError):
            while self._child is not None and self._child.pipe.poll():
                said = self._child.pipe.recv()
                if self.work is not None and isinstance(said, Result) and said.failure is None:
                    on_late(Finished(work=self.work, result=said))


def _end_all(places: list[_Place], on_late: OnLate) -> None:
    """Ask them to end, and wait for it; those that do not, or all on the second Ctrl-C, are killed."""
    processes = [place.process for place in places if place.process is not None]
    try:
        for place in places:
            place.ask_to_end()
        until = time.monotonic() + GRACE_SECONDS
        while (left := [p for p in processes if p.exitcode is None]) and time.monotonic() < until:
            wait([process.sentinel for process in left], timeout=0.1)
            for place in places:
                place.hear_out(on_late)
    finally:
        for process in processes:
            if process.exitcode is None:
                process.kill()
        for process in processes:
            process.join()
        for place in places:
            place.hear_out(on_late)


def _gpus(accelerator: str) -> list[str]:
    """The names by which CUDA_VISIBLE_DEVICES calls the GPUs that we may use."""
    if accelerator not in ("auto", "cuda"):
        return []
    count = torch.cuda.device_count()
    named = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return named.split(",")[:count] if named else [str(number) for number in range(count)]


def _how_it_ended(code: int | None) -> str:
    if code is not None and code < 0:
        return f"its process was ended by signal {-code}" + (" (out of memory?)" if code == -9 else "")
    return f"its process ended with exit code {code}"
