"""How to ask, and what has been collected so far."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from description_store.answers import Serving
from description_store.records import Answer
from dfer.describe.asking.patience import Patience
from dfer.describe.asking.providers import Api
from dfer.describe.planning import Question
from dfer.errors import DferError

Event = Literal["cached", "answered", "waiting", "retry", "adapted", "failed", "unusable"]
OnEvent = Callable[[str, Event, str], None]


def no_event(label: str, event: Event, detail: str) -> None:
    """For whoever does not want to watch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """How to ask: none of it is part of the question.

    `drop_unsupported`: leave out a parameter that the server does not take. `accept_truncated`: an answer
    that was cut at the output limit will do, without its last item.
    """

    concurrency: int = 4
    patience: Patience = field(default_factory=Patience)
    refresh: bool = False
    offline: bool = False
    drop_unsupported: bool = False
    accept_truncated: bool = False

    def serving(self, api: Api) -> Serving:
        """What the cache may serve; where an API was named, nothing that came by the other one."""
        return Serving(
            without_dropped=self.drop_unsupported,
            truncated=self.accept_truncated,
            other_api=api == "auto",
        )


@dataclass(slots=True)
class Collected:
    """Filled while answers come in. `answers` and `failures` go by the questions' labels."""

    questions: list[Question] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    cached: set[str] = field(default_factory=set)
    received: list[Answer] = field(default_factory=list)
    failed_calls: int = 0
    failures: dict[str, DferError] = field(default_factory=dict)
    adaptations: list[str] = field(default_factory=list)

    def by_class(self) -> dict[str, list[Answer]]:
        """The answers of each class, in the order of its questions."""
        found: dict[str, list[Answer]] = {}
        for question in self.questions:
            found.setdefault(question.class_name, []).append(self.answers[question.label])
        return found

    def asked_classes(self) -> set[str]:
        """The classes for which something had to be asked."""
        return {question.class_name for question in self.questions if question.label not in self.cached}
