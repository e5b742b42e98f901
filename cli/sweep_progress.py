"""A sweep while it runs: a bar for all cells and one for each that is computed; elsewhere a line per cell."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from . import output
from .confusion import percent
from .training_options import doing

if TYPE_CHECKING:
    from dfer.experiments.sweeping.driving import Done, OnEvent
    from dfer.training.loop import Progress

_LONG = 7 * 24 * 3600.0
"""A cell takes minutes or hours: speed is reckoned over all of the sweep."""


@contextmanager
def sweep_shown(*, total: int, done: int, quiet: bool) -> Iterator["OnEvent"]:
    """A listener for a sweep of so many cells, some of which are done."""
    if quiet:
        yield lambda event: None
    elif sys.stderr.isatty():
        with _bars(total, done) as on_event:
            yield on_event
    else:
        yield _lines(total, done)


def _lines(total: int, done: int) -> "OnEvent":
    from dfer.experiments.launching.events import Lost
    from dfer.experiments.sweeping.driving import Done, Waiting

    count = done

    def on_event(event: object) -> None:
        nonlocal count
        match event:
            case Done():
                count += 1
                output.note(f"{count}/{total} {_result(event)}")
            case Lost():
                output.note(f"{event.work.name}: {event.reason}; it is started again")
            case Waiting():
                output.note(_waiting(event.cells))

    return on_event


@contextmanager
def _bars(total: int, done: int) -> Iterator["OnEvent"]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
    from rich.text import Text

    from dfer.experiments.launching.events import Advanced, Lost, Started
    from dfer.experiments.sweeping.driving import Done, Waiting

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=Console(stderr=True), transient=True, speed_estimate_period=_LONG
    ) as bars:
        whole = bars.add_task("cells", total=total, completed=done)
        running: dict[str, TaskID] = {}

        def task_of(name: str) -> TaskID:
            if name not in running:
                running[name] = bars.add_task(output.safe(name), total=None)
            return running[name]

        def print_line(line: str) -> None:
            bars.console.print(Text(output.safe(line)))

        def on_event(event: object) -> None:
            match event:
                case Started():
                    task_of(event.work.name)
                case Advanced():
                    bars.update(
                        task_of(event.work.name),
                        description=output.safe(f"{event.work.name}: {_at(event.progress)}"),
                        total=event.progress.total,
                        completed=event.progress.done,
                    )
                case Done():
                    bars.advance(whole)
                    print_line(_result(event))
                    if event.work.name in running:
                        bars.remove_task(running.pop(event.work.name))
                case Lost():
                    print_line(f"{event.work.name}: {event.reason}; it is started again")
                case Waiting():
                    print_line(_waiting(event.cells))

        yield on_event


def _at(progress: "Progress") -> str:
    return doing(progress) + ("" if progress.loss is None else f"  loss {progress.loss:.3f}")


def _result(event: "Done") -> str:
    """ "v3 dfer-clip fold 2 seed 1: UAR 41.20 WAR 43.00 (12 s)"."""
    run, name = event.run, event.work.name
    where = "" if event.here else ", by another sweep"
    if run.status == "failed":
        return f"{name}: failed{where}: {run.error.partition(chr(10))[0]}"
    seconds = "" if run.seconds is None else f" ({run.seconds:.0f} s{where})"
    return f"{name}: UAR {percent(run.uar)} WAR {percent(run.war)}{seconds}"


def _waiting(cells: int) -> str:
    return f"waiting for {output.count_of(cells, 'cell')} that another process computes"
