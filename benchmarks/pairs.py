"""Two ways of doing one thing, timed in alternating rounds, so that a noisy machine is unfair to neither."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Act = Callable[[], Any]


def ratio(
    name: str, *, reference: Act, candidate: Act, rounds: int, note: str, equal_to: str
) -> dict[str, Any]:
    """How many times faster the candidate is: median of the rounds' ratios, with their quartiles."""
    reference()
    candidate()
    slow, fast = [], []
    for _ in range(rounds):
        slow.append(seconds_of(reference))
        fast.append(seconds_of(candidate))
    [found] = rows_of(slow, {name: fast}, [equal_to])
    return found | {"note": note}


def rows_of(
    reference: Sequence[float], candidates: Mapping[str, Sequence[float]], equal_to: Sequence[str]
) -> list[dict[str, Any]]:
    """From the seconds of each round; notes tell the medians."""
    against = statistics.median(reference)
    return [
        row(
            name,
            [one / other for one, other in zip(reference, seconds, strict=True)],
            unit="×",
            equal_to=equal,
            note=f"{statistics.median(seconds):.3g} s against {against:.3g} s",
        )
        for (name, seconds), equal in zip(candidates.items(), equal_to, strict=True)
    ]


def row(
    name: str, measured: Sequence[float], *, unit: str, note: str = "", equal_to: str = "", digits: int = 3
) -> dict[str, Any]:
    """A line of the table: the median of what was measured, and its quartiles."""
    low, _, high = statistics.quantiles(measured, n=4) if len(measured) > 1 else [*measured] * 3
    return {
        "name": name,
        "ratio": round(statistics.median(measured), digits),
        "low": round(low, digits),
        "high": round(high, digits),
        "equal_to": equal_to,
        "unit": unit,
        "note": note,
    }


def seconds_of(action: Act) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
