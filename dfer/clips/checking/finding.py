"""What looking at a data set brings to light: all faults of one kind are one finding."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
"""error: training would stop or be wrong. warning: results may mislead. note: worth knowing."""

EXAMPLES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """`count` things of one kind; `places` say where, `examples` where for the first few, `more` how many are
    left out there.

    An example may stand for several, such as all clips of one label. `hint` says what to do.
    """

    kind: str
    severity: Severity
    message: str
    count: int
    examples: tuple[str, ...] = ()
    more: int = 0
    hint: str = ""
    places: tuple[str, ...] = ()


def grouped(
    kind: str,
    severity: Severity,
    where: Sequence[str],
    *,
    thing: str,
    things: str = "",
    message: str,
    hint: str = "",
) -> Iterator[Finding]:
    """One finding "3 `thing`s `message`" for all places, none where there is no place."""
    if where:
        yield Finding(
            kind=kind,
            severity=severity,
            message=f"{how_many(len(where), thing, things)} {message}",
            count=len(where),
            examples=tuple(where[:EXAMPLES]),
            more=max(0, len(where) - EXAMPLES),
            hint=hint,
            places=tuple(where),
        )


def how_many(number: int, thing: str, things: str = "") -> str:
    """ "1 clip", "3,000 clips", "2 classes" with a plural of its own."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def worst_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Errors, warnings, notes; each in the order in which they were found."""
    order = {"error": 0, "warning": 1, "note": 2}
    return tuple(sorted(findings, key=lambda finding: order[finding.severity]))
