"""Two ways of doing one thing, timed in alternating rounds, so that a noisy machine is unfair to neither."""

import statistics
import time
from collections.abc import Callable
from typing import Any


def ratio(
    name: str,
    *,
    reference: Callable[[], Any],
    candidate: Callable[[], Any],
    rounds: int,
    note: str,
    equal_to: str,
) -> dict[str, Any]:
    """How many times faster the candidate is: median of the rounds' ratios, with their quartiles."""
    reference()
    candidate()
    ratios = []
    for _ in range(rounds):
        slow, fast = _seconds(reference), _seconds(candidate)
        ratios.append(slow / fast)
    low, _, high = statistics.quantiles(ratios, n=4)
    return {
        "name": name,
        "ratio": round(statistics.median(ratios), 3),
        "low": round(low, 3),
        "high": round(high, 3),
        "equal_to": equal_to,
        "unit": "×",
        "note": note,
    }


def _seconds(action: Callable[[], Any]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
