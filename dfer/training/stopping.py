"""Ctrl-C and SIGTERM wait for the step under way, so that nothing of it is lost."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


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
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    # A signal that is ignored, as Ctrl-C is by jobs in the background, stays so.
    before = {
        number: signal.signal(number, request._note)
        for number in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
