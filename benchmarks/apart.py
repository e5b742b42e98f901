"""Several ways of doing one thing, each in a process of its own, in alternating rounds.

For what depends on how a process holds its memory: one way would otherwise find the pages that another left.
A process is idle while the others have their turns.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.pairs import Act, rows_of, seconds_of

Prepare = Callable[[], tuple[Act, str]]
"""Made in its process: what is timed, and how equal its results are. A function of a module, or a partial."""


def ratios_apart(
    reference: Prepare, candidates: Mapping[str, Prepare], *, rounds: int
) -> list[dict[str, Any]]:
    """How many times faster each candidate is: medians of the rounds' ratios, with their quartiles."""
    spawn = get_context("spawn")
    sides = []
    for prepare in (reference, *candidates.values()):
        ours, theirs = spawn.Pipe()
        spawn.Process(target=_serve, args=(prepare, theirs), daemon=True).start()
        sides.append(ours)
        theirs.close()
        ours.send(True)  # one after the other: two that compile at once would wait for each other
        ours.recv()
    seconds: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for own, side in zip(seconds, sides, strict=True):
            side.send(True)
            own.append(side.recv())
    equal = []
    for side in sides:
        side.send(False)
        equal.append(side.recv())
    return rows_of(seconds[0], dict(zip(candidates, seconds[1:], strict=True)), equal[1:])


def measured_apart(name: str) -> list[dict[str, Any]]:
    """The lines of a benchmark of this folder: some change how their process holds its memory, for good."""
    # Not spawned: its loader workers would be, too, which takes seconds.
    with ProcessPoolExecutor(1) as own:
        return own.submit(_measured, name).result()


def _measured(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = import_module(f"benchmarks.{name}").run()
    return rows


def _serve(prepare: Prepare, pipe: Connection) -> None:
    act, equal_to = prepare()
    while pipe.recv():
        pipe.send(seconds_of(act))
    pipe.send(equal_to)
