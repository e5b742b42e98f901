"""Listens to the asking and has everything on disk the moment it happens."""

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlite_utils import Database

from description_store import claims
from description_store.answers import save_answer, save_attempt
from description_store.records import Answer, Attempt
from dfer.describe.asking.ask import Listener, Next, Turn, ask_all
from dfer.describe.asking.endpoint import Endpoint
from dfer.describe.asking.failures import Failure
from dfer.describe.asking.models import list_models, suggestion
from dfer.describe.asking.providers import Api
from dfer.describe.asking.request import AnswerRequest
from dfer.describe.collected import Collected, Manner, OnEvent
from dfer.describe.planning import Question
from dfer.errors import ContentError

_MODELS_SECONDS = 10.0


@dataclass(slots=True)
class Recorder:
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
