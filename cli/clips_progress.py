"""Progress over clips: a bar with rate and time left on a terminal, now and then a line elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from . import output

OnClip = Callable[[int, int], None]

_SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def clips_bar(what: str, *, quiet: bool, of: str = "clips") -> Iterator[OnClip]:
    """Call what it gives with (done, total). `of`: what is counted."""
    if quiet:
        yield lambda done, total: None
    elif sys.stderr.isatty():
        with _bar(what, of) as on_clip:
            yield on_clip
    else:
        yield _lines(what, of)


@contextmanager
def _bar(what: str, of: str) -> Iterator[OnClip]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, rate="")
        rate = _Rate(of)
        yield lambda done, total: bar.update(task, completed=done, total=total, rate=rate.at(done))


def _lines(what: str, of: str) -> OnClip:
    rate = _Rate(of)
    told = time.monotonic()

    def on_clip(done: int, total: int) -> None:
        nonlocal told
        if (now := time.monotonic()) - told >= _SECONDS_BETWEEN_LINES:
            told = now
            output.note(f"{what}: {done} of {total} {of}  {rate.at(done)}  {rate.left(done, total)}")

    return on_clip


class _Rate:
    """How many a second since the first report, so that what was there before counts for nothing."""

    def __init__(self, of: str) -> None:
        self._of = of
        self._began: tuple[float, int] | None = None

    def at(self, done: int) -> str:
        return f"{self._per_second(done):,.0f} {self._of}/s" if self._per_second(done) else ""

    def left(self, done: int, total: int) -> str:
        rate = self._per_second(done)
        return f"{(total - done) / rate:,.0f} s left" if rate else ""

    def _per_second(self, done: int) -> float:
        if self._began is None:
            self._began = (time.monotonic(), done)
        began, before = self._began
        elapsed = time.monotonic() - began
        return (done - before) / elapsed if elapsed > 0.2 else 0.0
