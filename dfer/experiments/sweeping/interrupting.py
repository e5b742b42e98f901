"""Ctrl-C and SIGTERM end a sweep between two steps of its own, never in the middle of storing a run."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from dfer.training.stopping import ending_signals


class Interrupts:
    """Signals raise KeyboardInterrupt at once, or when what must not be interrupted is done."""

    def __init__(self) -> None:
        self._holding = False
        self._asked = False

    @contextmanager
    def held(self) -> Iterator[None]:
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        if self._asked:
            raise KeyboardInterrupt

    def note(self, number: int, frame: FrameType | None) -> None:
        self._asked = True
        if not self._holding:
            raise KeyboardInterrupt


@contextmanager
def interrupts() -> Iterator[Interrupts]:
    """SIGTERM is taken for Ctrl-C."""
    noted = Interrupts()
    with ending_signals(noted.note):
        yield noted
