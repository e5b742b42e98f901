"""What a launcher tells of the cells that it computes."""

from collections.abc import Callable
from dataclasses import dataclass

from dfer.experiments.launching.work import Result, Work
from dfer.training.loop import Progress


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """`where` is for people: "process 1234", "node 10.0.0.2"."""

    work: Work
    where: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Advanced:
    work: Work
    progress: Progress


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """Its process or node died; the launcher starts it again."""

    work: Work
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """Also where the run failed."""

    work: Work
    result: Result


Event = Started | Advanced | Lost | Finished

OnLate = Callable[[Finished], None]
"""Told of runs that were finished while a launcher ended its processes, and can yield nothing any more."""
