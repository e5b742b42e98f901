"""Answers to questions: from the cache where possible, else asked for; each is on disk when it arrives."""

from collections.abc import Sequence

from sqlite_utils import Database

from description_store.answers import find_answers, save_answer
from description_store.records import Answer
from dfer.describe import facs_author
from dfer.describe.asking.endpoint import Endpoint
from dfer.describe.asking.providers import Api
from dfer.describe.collected import Collected, Manner, OnEvent, no_event
from dfer.describe.planning import Question
from dfer.errors import ConfigurationError, ContentError, ProviderError


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
        from dfer.describe.recording import Recorder  # asyncio: not needed for what is cached

        Recorder(db, missing, collected, endpoint, api, manner, on_event).ask()
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
