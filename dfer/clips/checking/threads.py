"""Doing one thing to many clips at once: most of it is waiting for a disk, often a network's."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

OnProgress = Callable[[str, int, int], None]
"""What is being done, how many are done, and of how many."""

_THREADS = 8
"""More take turns at the interpreter: with 16 a busy machine of two cores took half as long again."""


def of_each(
    function: Callable[[Item], Result], items: Iterable[Item], *, stage: str, on_progress: OnProgress
) -> dict[Item, Result]:
    """`function` of each item, in the order of the items."""
    wanted = list(items)
    results: dict[Item, Result] = {}
    if wanted:
        on_progress(stage, 0, len(wanted))
    with ThreadPoolExecutor(_THREADS) as pool:
        for item, result in zip(wanted, pool.map(function, wanted), strict=True):
            results[item] = result
            on_progress(stage, len(results), len(wanted))
    return results
