"""Answers to questions: from the cache where possible, else asked for; each is on disk when it arrives."""

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlite_utils import Database

from description_store import claims
from description_store.answers import Serving, find_answers, save_answer, save_attempt
from description_store.records import Answer, Attempt
from dfer.describe import facs_author
from dfer.describe.asking.ask import Listener, Next, Patience, Turn, ask_all
from dfer.describe.asking.endpoint import Endpoint
from dfer.describe.asking.failures import Failure
from dfer.describe.asking.models import list_models, suggestion
from dfer.describe.asking.providers import Api
from dfer.describe.asking.request import AnswerRequest
from dfer.describe.planning import Question
from dfer.errors import ConfigurationError, ContentError, DferError, ProviderError

_MODELS_SECONDS = 10.0

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


def collect(
    db: Database,
    questions: Sequence[Question],
    *,
    endpoint: Endpoint | None,
    api: Api = "auto",
    manner: Manner,
    on_event: OnEvent = no_event,
    into: Collected | None = None,
) -> Collected:
    """An answer for every question, added to those collected before. What cannot be had is told at the end.

    Raises:
        ConfigurationError: no key, unknown model, an address that is no LLM server.
        ProviderError: the server failed for some questions, or `offline` and some are not cached.
        ContentError: an answer was refused, cut, empty or garbled.
    """
    collected = into or Collected()
    collected.questions += questions
    found = {}
    if not manner.refresh:
        found = find_answers(db, [question.request.key for question in questions], manner.serving(api))
    for question in questions:
        if answer := found.get(question.request.key):
            collected.answers[question.label] = answer
            collected.cached.add(question.label)
            on_event(question.label, "cached", "")
    missing = [question for question in questions if question.label not in collected.answers]
    if missing and manner.offline:
        raise ProviderError(
            f"{len(missing)} of {len(questions)} answers are not cached: {_named(missing)}",
            hint="run once without --offline; `dfer cache explain` says what differs",
        )
    if missing and endpoint is None:
        _ask_offline_author(db, missing, collected, manner, on_event)
    elif missing and endpoint is not None:
        _Recorder(db, missing, collected, endpoint, api, manner, on_event).ask()
    _check_complete(questions, collected, manner.refresh)
    return collected


def _ask_offline_author(
    db: Database, questions: Sequence[Question], collected: Collected, manner: Manner, on_event: OnEvent
) -> None:
    for question in questions:
        request = question.request
        try:
            text = facs_author.answer(question.text)
        except ContentError as error:
            collected.failures[question.label] = error
            on_event(question.label, "unusable", error.message)
            continue
        answer = Answer(
            key=request.key,
            identity=request.identity,
            text=text,
            raw=text,
            verdict="clean",
            resolved_model=request.model,
        )
        collected.answers[question.label] = save_answer(db, answer, refresh=manner.refresh)
        collected.received.append(answer)
        on_event(question.label, "answered", "")


@dataclass(slots=True)
class _Recorder:
    """Listens to the asking and writes down what happens, in the thread that opened the store."""

    db: Database
    questions: Sequence[Question]
    collected: Collected
    endpoint: Endpoint
    api: Api
    manner: Manner
    on_event: OnEvent
    labels: dict[str, str] = field(init=False)
    waiting: set[str] = field(init=False, default_factory=set)
    not_found: dict[str, Failure] = field(init=False, default_factory=dict)
    holder: str = field(init=False)

    def __post_init__(self) -> None:
        self.labels = {question.request.key: question.label for question in self.questions}
        self.holder = claims.new_holder()

    def ask(self) -> None:
        listener = Listener(
            on_turn=self.on_turn,
            on_answer=self.on_answer,
            on_failure=self.on_failure,
            on_adaptation=self.on_adaptation,
            on_stopping=self.on_stopping,
            keep_alive=self.keep_alive,
            keep_alive_seconds=claims.RENEW_SECONDS,
        )
        # Nothing else is written before an answer that is asked for again.
        claims.check_writable(self.db)
        try:
            ask_all(
                [question.request for question in self.questions],
                endpoint=self.endpoint,
                concurrency=self.manner.concurrency,
                patience=self.manner.patience,
                listener=listener,
                drop_unsupported=self.manner.drop_unsupported,
                may_switch_api=self.api == "auto",
            )
        finally:
            claims.release(self.db, self.holder)
        if self.not_found:
            self.suggest_models()

    def on_turn(self, request: AnswerRequest) -> Turn:
        if self.manner.refresh:
            return "ask"
        label = self.labels[request.key]
        taken = claims.answer_or_claim(
            self.db, request.key, holder=self.holder, serving=self.manner.serving(self.api)
        )
        if taken == "claimed":
            return "ask"
        if taken == "busy":
            if label not in self.waiting:
                self.waiting.add(label)
                self.on_event(label, "waiting", "another process is asking this")
            return "busy"
        self.collected.answers[label] = taken
        self.collected.cached.add(label)
        self.on_event(label, "cached", "")
        return "answered"

    def on_answer(self, request: AnswerRequest, dropped: frozenset[str], answer: Answer, again: bool) -> None:
        label = self.labels[request.key]
        kept = save_answer(
            self.db,
            answer,
            asked_key=request.key,
            dropped=sorted(dropped),
            other_api=answer.identity["api"] != request.api,
            refresh=self.manner.refresh,
            claimed_by=None if again else self.holder,
        )
        self.collected.received.append(answer)
        if again:
            self.on_event(label, "retry", answer.reason)
            return
        if kept.verdict == "clean" or (kept.verdict == "length" and self.manner.accept_truncated):
            self.collected.answers[label] = kept
            self.on_event(label, "answered", f"{answer.seconds:.1f} s")
        else:
            self.collected.failures[label] = ContentError(answer.reason)
            self.on_event(label, "unusable", answer.reason)

    def on_failure(self, request: AnswerRequest, failure: Failure, then: Next, seconds: float) -> None:
        label = self.labels[request.key]
        self.collected.failed_calls += 1
        save_attempt(
            self.db,
            Attempt(
                key=request.key,
                model=request.model,
                endpoint=request.endpoint,
                outcome=failure.outcome,
                http_status=failure.http_status,
                error_code=failure.error_code,
                message=failure.message,
                body=failure.body,
                seconds=round(seconds, 3),
            ),
        )
        if then == "give up":
            claims.release(self.db, self.holder, request.key)
            self.collected.failures[label] = failure.as_error()
            # Without /v1 the address is the likelier mistake: some servers list models at their root too.
            if failure.outcome == "unknown model" or (
                failure.outcome == "not found" and request.api == "chat" and self.has_usual_path
            ):
                self.not_found[label] = failure
            self.on_event(label, "failed", failure.message)
        elif then == "try again":
            wait = f" (waiting {failure.retry_after:.0f} s as asked)" if failure.retry_after else ""
            self.on_event(label, "retry", failure.message + wait)

    def on_adaptation(self, said: str) -> None:
        self.collected.adaptations.append(said)
        self.on_event("", "adapted", said)

    def on_stopping(self, in_flight: int) -> None:
        self.on_event("", "waiting", f"for {in_flight} answers on their way; Ctrl-C gives them up")

    def keep_alive(self) -> None:
        # A store that is locked for long: the next beat will do, claims live longer than locks.
        with contextlib.suppress(sqlite3.OperationalError):
            claims.renew(self.db, self.holder)

    @property
    def has_usual_path(self) -> bool:
        return self.endpoint.base_url.endswith("/v1")

    def suggest_models(self) -> None:
        """A model that was not found may be misspelt or retired: the server's own list says which.

        A server that lists its models is at this address, so that what it did not find is the model.
        """
        try:
            models = list_models(self.endpoint, timeout=_MODELS_SECONDS)
        except Exception:
            return  # whatever is wrong with the list, the answer to the question said enough
        wanted = self.questions[0].request.model
        for label, failure in self.not_found.items():
            hint, message = suggestion(models, wanted), failure.message
            if hint and failure.outcome == "not found":
                hint = f"the address is right, it lists models; {hint}"
                message = message.replace("has no chat completions", f"knows no model {wanted!r}")
            self.collected.failures[label] = failure.kind(message, hint=hint or failure.hint)


def _check_complete(questions: Sequence[Question], collected: Collected, refresh: bool) -> None:
    """One error for all that is missing: configuration before provider before content."""
    missing = [question for question in questions if question.label not in collected.answers]
    if not missing:
        return
    causes = list(collected.failures.values())
    for kind in (ConfigurationError, ProviderError, ContentError):
        if worst := next((cause for cause in causes if isinstance(cause, kind)), None):
            break
    assert worst is not None, "a question without an answer has a failure, or a terminal one stopped the run"
    others = [cause.message for cause in dict.fromkeys(causes) if cause.message != worst.message]
    if isinstance(worst, ContentError):
        labels: dict[str, list[str]] = {}
        for label, cause in collected.failures.items():
            labels.setdefault(cause.message, []).append(label)
        listed = "\n  ".join(f"{', '.join(alike)}: {message}" for message, alike in labels.items())
        hint = (
            worst.hint
            or "every answer is kept; the same command asks these again, or change the prompt or the model"
        )
        raise ContentError(f"{len(missing)} of {len(questions)} answers are unusable:\n  {listed}", hint=hint)
    kept = f"{len(collected.answers)} of {len(questions)} answers are there"
    also = "".join(f"\n  also: {message}" for message in dict.fromkeys(others))
    hint = worst.hint
    if refresh:
        hint = f"--refresh asks for all again; without it the new answers and the earlier ones serve ({hint})"
    raise type(worst)(f"{worst.message} ({kept}; missing: {_named(missing)}){also}", hint=hint)


def _named(questions: Sequence[Question]) -> str:
    named = [question.label for question in questions[:12]]
    return ", ".join(named) + (f" and {len(questions) - 12} more" if len(questions) > 12 else "")
