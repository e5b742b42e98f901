"""Work done in the background, its results taken one by one as they come; never more than fit in a queue."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from queue import Full, Queue
from typing import Any, TypeVar

T = TypeVar("T")

_LOOK_UP = 0.1
"""Seconds after which a thread that waits for room looks whether anybody still wants what it has."""

_PATIENCE = 2.0
"""Seconds that the end waits for the threads; one that is deep in a long file ends with the process."""


class _NobodyListens(Exception):
    pass


@dataclass(frozen=True)
class _Fault:
    error: BaseException


_DONE = object()


def in_background(
    count: int, work: Callable[[int, Callable[[T], None]], None], *, threads: int, waiting: int
) -> Generator[T, None, None]:
    """What `work(number, put)` puts, for the numbers from 0 to `count`, each worked at by one thread.

    Threads, not processes: decoding and resizing do not hold Python's lock, and pictures need not be copied.
    What one number puts comes in order; numbers begin in order and mingle. Of `waiting` things that nobody
    has taken yet the threads wait. They end when this generator does: close it.

    Raises:
        Exception: whatever `work` raises.
    """
    queue: Queue[Any] = Queue(maxsize=waiting)
    closed = threading.Event()
    numbers = iter(range(count))
    lock = threading.Lock()

    def put(thing: Any) -> None:
        while not closed.is_set():
            try:
                queue.put(thing, timeout=_LOOK_UP)
            except Full:
                continue
            return
        raise _NobodyListens

    def next_number() -> int | None:
        with lock:
            return next(numbers, None)

    def run() -> None:
        try:
            while (number := next_number()) is not None:
                work(number, put)
            put(_DONE)
        except _NobodyListens:
            return
        except BaseException as error:
            with suppress(_NobodyListens):
                put(_Fault(error))

    workers = [threading.Thread(target=run, daemon=True) for _ in range(max(1, min(threads, count)))]
    for worker in workers:
        worker.start()
    working = len(workers)
    try:
        while working:
            thing = queue.get()
            if thing is _DONE:
                working -= 1
            elif isinstance(thing, _Fault):
                raise thing.error
            else:
                yield thing
    finally:
        closed.set()
        until = time.monotonic() + _PATIENCE
        for worker in workers:
            worker.join(max(0.0, until - time.monotonic()))
