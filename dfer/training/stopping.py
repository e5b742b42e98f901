"""Ctrl-C and SIGTERM wait for the step under way, so that nothing of it is lost."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any


class StopRequest:
    """Whether somebody asked for an end. The second time, it comes at once."""

    def __init__(self) -> None:
        self.made = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.made:
            raise KeyboardInterrupt
        self.made = True


@contextlib.contextmanager
def stop_request() -> Iterator[StopRequest]:
    """While the block runs, signals only ask; outside the main thread, they do what they did before."""
    request = StopRequest()
    with ending_signals(request._note):
        yield request


@contextlib.contextmanager
def ending_signals(handler: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    """While the block runs, Ctrl-C and SIGTERM go to `handler`; outside the main thread, nothing changes.

    A signal that is ignored, as Ctrl-C is by jobs in the background, stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[int, Any] = {
        number: signal.signal(number, handler)
        for number in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
