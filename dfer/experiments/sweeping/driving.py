"""The driver of a sweep: it hands out cells, hears what became of them, and alone writes the store."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from sqlite_utils import Database

from description_store import claims
from description_store.database import open_store
from description_store.errors import StoreError
from description_store.experiments import CellNow, cells_now
from description_store.records import Run
from description_store.runs import latest_by_spec, save_run
from dfer.errors import DferError
from dfer.experiments.launching.events import Advanced, Event, Finished, Lost, OnLate, Started
from dfer.experiments.launching.work import Result, Work
from dfer.experiments.sweeping.interrupting import Interrupts, interrupts
from dfer.experiments.sweeping.planning import Planned
from dfer.training.resuming import forget_state

Launcher = Callable[[Iterator[Work], OnLate], Iterator[Event]]

TOO_OFTEN = 3
"""So many cells in a row that fail in the same way, which dfer did not foresee, end a sweep."""

_LOOK_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """A cell has a stored run, finished or failed; of another sweep, if it was not made `here`."""

    work: Work
    run: Run
    here: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """So many cells are being computed by other processes, and there is nothing else to do."""

    cells: int


OnEvent = Callable[[Started | Advanced | Lost | Done | Waiting], None]


def to_do(now: Sequence[CellNow], *, retry_failed: bool) -> set[str]:
    """The specification hashes of what is not done, and not given up."""
    undone = ("open", "running", "failed") if retry_failed else ("open", "running")
    return {one.cell.spec_hash for one in now if one.state in undone}


def drive(
    db: Database,
    path: Path,
    cells: Sequence[Planned],
    *,
    launcher: Launcher,
    retry_failed: bool = False,
    on_event: OnEvent = lambda event: None,
) -> list[CellNow]:
    """Compute the cells that are not done, and store each run as soon as it is there.

    `path` is that of `db`. No other sweep computes a cell meanwhile; one that another sweep has is waited for
    in the end. A failed cell stops nothing; but where one after the other fails in the same way, the machine
    is at fault, not the cells.

    Returns:
        What became of every cell.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM; all processes are gone, and what was stored is stored.
        StoreError: the store cannot be written any more.
        DferError: `TOO_OFTEN` cells in a row failed in the same unforeseen way.
    """
    records = [planned.cell for planned in cells]
    wanted = to_do(cells_now(db, records), retry_failed=retry_failed)
    left = [planned.work for planned in cells if planned.cell.spec_hash in wanted]
    failures = _latest_failures(db, left)
    with interrupts() as signals, _renewed_claims(db, path) as holder:
        told = 0
        alike: list[str] = []
        while left:
            busy: list[Work] = []
            works = _claimed(db, left, holder=holder, busy=busy, failures=failures, on_event=on_event)
            if (first := next(works, None)) is not None:
                keep = partial(_keep, db, holder=holder, busy=busy, on_event=on_event)
                launched = partial(launcher, chain([first], works))
                _listen(launched, alike, keep=keep, signals=signals, on_event=on_event)
            if len(busy) == len(left):
                if len(busy) != told:
                    on_event(Waiting(cells=len(busy)))
                told = len(busy)
                time.sleep(_LOOK_SECONDS)
            left = busy
    return cells_now(db, records)


def _listen(
    launched: Callable[[OnLate], Iterator[Event]],
    alike: list[str],
    *,
    keep: Callable[[Finished], None],
    signals: Interrupts,
    on_event: OnEvent,
) -> None:
    """Until all is computed; or the first error, after which what was finished meanwhile is kept, too."""
    late: list[Finished] = []
    try:
        with closing(launched(late.append)) as events:  # type: ignore[type-var]
            for event in events:
                if not isinstance(event, Finished):
                    on_event(event)
                    continue
                with signals.held():
                    keep(event)
                _check_alike(alike, event.result)
    finally:
        with signals.held():
            for finished in late:
                keep(finished)


def _keep(db: Database, finished: Finished, *, holder: str, busy: list[Work], on_event: OnEvent) -> None:
    """Store the run and give up its claim; where another process trains it, it joins what is `busy`."""
    work, result = finished.work, finished.result
    run = None if result.failure == "busy" else _stored(db, result)
    claims.release(db, holder, claims.run_key(work.spec_hash))
    if run is None:
        busy.append(work)
    else:
        on_event(Done(work=work, run=run))


def _check_alike(alike: list[str], result: Result) -> None:
    """`alike` are the errors of the latest cells that failed in the same way. Raises DferError."""
    error = result.run.error
    if result.failure != "unforeseen" or error not in alike:
        alike.clear()
    if result.failure == "unforeseen":
        alike.append(error)
    if len(alike) == TOO_OFTEN:
        raise DferError(
            f"{TOO_OFTEN} cells in a row failed in the same way: {error.partition(chr(10))[0]}",
            hint="mend it, then the same command with --retry-failed; without, it goes on with the others",
        )


def _stored(db: Database, result: Result) -> Run:
    """Nobody else may store a finished run of this; unless we slept so long that we were taken for dead."""
    run = save_run(db, result.run, result.predictions, once=True)
    if run.status == "finished":
        forget_state(result.run)
        forget_state(run)
    return run


def _claimed(
    db: Database,
    works: Sequence[Work],
    *,
    holder: str,
    busy: list[Work],
    failures: dict[str, int],
    on_event: OnEvent,
) -> Iterator[Work]:
    """What nobody else computes or has computed since; each is claimed when it is asked for."""
    for work in works:
        found = claims.run_or_claim(db, work.spec_hash, holder=holder)
        if isinstance(found, Run):
            on_event(Done(work=work, run=found, here=False))
        elif found == "busy":
            busy.append(work)
        elif failed := _failed_since(db, work, failures):
            claims.release(db, holder, claims.run_key(work.spec_hash))
            on_event(Done(work=work, run=failed, here=False))
        else:
            yield work


def _latest_failures(db: Database, works: Sequence[Work]) -> dict[str, int]:
    found = latest_by_spec(db, [work.spec_hash for work in works], status="failed")
    return {spec_hash: run.id for spec_hash, run in found.items()}


def _failed_since(db: Database, work: Work, before: dict[str, int]) -> Run | None:
    """The failed run that another sweep stored while we waited for it."""
    failed = latest_by_spec(db, [work.spec_hash], status="failed").get(work.spec_hash)
    if failed is None or failed.error == "interrupted" or failed.id <= before.get(work.spec_hash, 0):
        return None
    return failed


@contextmanager
def _renewed_claims(db: Database, path: Path) -> Iterator[str]:
    """A holder of claims, renewed by a thread with a connection of its own; in the end all are given up."""
    holder = claims.new_holder()
    ended = threading.Event()

    def renew() -> None:
        # A store that is locked for long: the next beat will do, claims live longer than locks.
        while not ended.is_set():
            with suppress(StoreError, sqlite3.Error), open_store(path, must_exist=True) as own:
                while not ended.wait(claims.RENEW_SECONDS):
                    claims.renew(own, holder)
            ended.wait(claims.RENEW_SECONDS)

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield holder
    finally:
        ended.set()
        thread.join()
        with suppress(StoreError, sqlite3.Error):  # claims end with their holder; other errors must be heard
            claims.release(db, holder)
