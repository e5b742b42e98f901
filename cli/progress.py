"""What happens while answers come in: a bar on a terminal, plain lines where there is none."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from . import output

if TYPE_CHECKING:
    from dfer.describe.collected import Event, OnEvent

_DONE = ("cached", "answered", "failed", "unusable")


@contextmanager
def watch(total: int, *, quiet: bool) -> Iterator["OnEvent"]:
    """A listener for the events of so many questions."""
    if quiet:
        yield lambda label, event, detail: None
    elif sys.stderr.isatty():
        with _bar(total) as on_event:
            yield on_event
    else:
        yield _lines


def _lines(label: str, event: "Event", detail: str) -> None:
    # What was cached is in the summary: a warm run of thousands has nothing to tell line by line.
    if event != "cached":
        output.note(_line(label, event, detail))


@contextmanager
def _bar(total: int) -> Iterator["OnEvent"]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    columns = (
        TextColumn("answers"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)

        def on_event(label: str, event: "Event", detail: str) -> None:
            if event in _DONE:
                progress.advance(task)
            if event not in ("cached", "answered"):
                progress.console.print(Text(output.safe(_line(label, event, detail))))

        yield on_event


def _line(label: str, event: "Event", detail: str) -> str:
    return f"{label:>16}  {event}{'  ' + detail if detail else ''}"
