"""The way of the words: class set → questions → answers (cached or asked) → descriptors → description set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqlite_utils import Database

from description_store.answers import find_answer, save_answer, save_attempt, save_parse
from description_store.records import Answer, Attempt, DescriptionSet, Parse, Provenance
from description_store.sets import save_class_set, save_prompt, save_set
from dfer import __version__
from dfer.describe import facs_author
from dfer.describe.asking.ask import Listener, Patience, ask_all
from dfer.describe.asking.completion import beginning
from dfer.describe.asking.endpoint import Endpoint
from dfer.describe.asking.failures import Failure
from dfer.describe.asking.request import AnswerRequest
from dfer.describe.compiling import ClassWords, OnOverflow, compile_descriptions
from dfer.describe.parsing import PARSER_VERSION, parse_answer
from dfer.describe.planning import Questions
from dfer.errors import ConfigurationError, ContentError, DferError, ProviderError

Event = Literal["cached", "answered", "retry", "failed", "unusable"]
OnEvent = Callable[[str, Event, str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Described:
    """A saved set and what it took. Token sums are None where any answer's server did not say."""

    description_set: DescriptionSet
    created: bool
    cached: frozenset[str]
    calls_made: int
    calls_failed: int
    input_tokens: int | None
    output_tokens: int | None
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Collected:
    """Filled while answers come in."""

    answers: dict[str, Answer] = field(default_factory=dict)
    cached: set[str] = field(default_factory=set)
    received: list[Answer] = field(default_factory=list)
    failed_calls: int = 0
    failures: dict[str, DferError] = field(default_factory=dict)


def describe(
    db: Database,
    questions: Questions,
    *,
    context_tokens: int = 8,
    on_overflow: OnOverflow = "error",
    concurrency: int = 4,
    patience: Patience | None = None,
    refresh: bool = False,
    offline: bool = False,
    note: str = "",
    on_event: OnEvent = lambda name, event, detail: None,
) -> Described:
    """Answer every question, from the cache where possible, and save the next version.

    Answers are stored the moment they arrive; a set is saved only when it is complete and passes every check.

    Raises:
        ConfigurationError: no key, unknown model, an address that is no LLM server.
        ProviderError: the server failed for some classes, or `offline` and some are not cached.
        ContentError: an answer was refused, cut, empty, unparsable or over the token budget.
    """
    # Written before anything is asked: a store that cannot be written must not cost an answer.
    _save_origins(db, questions)
    collected = _Collected()
    if not refresh:
        for name, request in questions.requests.items():
            if answer := find_answer(db, request.key):
                collected.answers[name] = answer
                collected.cached.add(name)
                on_event(name, "cached", "")
    missing = {n: r for n, r in questions.requests.items() if n not in collected.answers}
    if missing and offline:
        raise ProviderError(
            f"{len(missing)} of {len(questions.requests)} answers are not cached: {', '.join(missing)}",
            hint="run once without --offline",
        )
    if questions.endpoint is None:
        _ask_offline_author(db, missing, collected, refresh=refresh, on_event=on_event)
    elif missing:
        _ask_server(
            db, missing, collected, questions.endpoint, concurrency, patience or Patience(), refresh, on_event
        )
    _check_complete(questions, collected)
    words = {name: _parse(db, answer, questions.requests[name]) for name, answer in collected.answers.items()}
    saved, created = _save(db, questions, words, context_tokens, on_overflow, note)
    return Described(
        description_set=saved,
        created=created,
        cached=frozenset(collected.cached),
        calls_made=len(collected.received),
        calls_failed=collected.failed_calls,
        input_tokens=_total([answer.input_tokens for answer in collected.received]),
        output_tokens=_total([answer.output_tokens for answer in collected.received]),
        warnings=_mixed_models(collected.answers),
    )


def _ask_offline_author(
    db: Database,
    missing: Mapping[str, AnswerRequest],
    collected: _Collected,
    *,
    refresh: bool,
    on_event: OnEvent,
) -> None:
    for name, request in missing.items():
        try:
            text = facs_author.answer(request.messages[0]["content"])
        except ContentError as error:
            collected.failures[name] = error
            on_event(name, "unusable", error.message)
            continue
        answer = Answer(
            key=request.key,
            identity=request.identity,
            text=text,
            raw=text,
            verdict="clean",
            resolved_model=request.model,
        )
        collected.answers[name] = save_answer(db, answer, refresh=refresh)
        collected.received.append(answer)
        on_event(name, "answered", "")


def _ask_server(
    db: Database,
    missing: Mapping[str, AnswerRequest],
    collected: _Collected,
    endpoint: Endpoint,
    concurrency: int,
    patience: Patience,
    refresh: bool,
    on_event: OnEvent,
) -> None:
    class_of = {request.key: name for name, request in missing.items()}

    def is_answered(request: AnswerRequest) -> bool:
        answer = None if refresh else find_answer(db, request.key)
        if answer is None:
            return False
        name = class_of[request.key]
        collected.answers[name] = answer
        collected.cached.add(name)
        on_event(name, "cached", "")
        return True

    def on_answer(request: AnswerRequest, answer: Answer) -> None:
        name = class_of[request.key]
        kept = save_answer(db, answer, refresh=refresh)
        collected.received.append(answer)
        if kept.verdict == "clean":
            collected.answers[name] = kept
            on_event(name, "answered", f"{answer.seconds:.1f} s")
        else:
            collected.failures[name] = ContentError(f"{name}: {answer.reason}")
            on_event(name, "unusable", answer.reason)

    def on_failure(request: AnswerRequest, failure: Failure, again: bool) -> None:
        name = class_of[request.key]
        collected.failed_calls += 1
        save_attempt(
            db,
            Attempt(
                key=request.key,
                model=request.model,
                endpoint=request.endpoint,
                outcome=failure.outcome,
                http_status=failure.http_status,
                error_code=failure.error_code,
                message=failure.message,
                body=failure.body,
            ),
        )
        if not again:
            collected.failures[name] = failure.as_error()
        on_event(name, "retry" if again else "failed", failure.message)

    ask_all(
        list(missing.values()),
        endpoint=endpoint,
        concurrency=concurrency,
        patience=patience,
        listener=Listener(is_answered=is_answered, on_answer=on_answer, on_failure=on_failure),
    )


def _check_complete(questions: Questions, collected: _Collected) -> None:
    """One error for all that is missing: configuration before provider before content."""
    missing = [name for name in questions.requests if name not in collected.answers]
    if not missing:
        return
    causes = list(collected.failures.values())
    for kind in (ConfigurationError, ProviderError, ContentError):
        if worst := next((cause for cause in causes if isinstance(cause, kind)), None):
            break
    assert worst is not None, "a class without an answer has a failure, or a terminal one stopped the run"
    if isinstance(worst, ContentError):
        listed = "\n  ".join(cause.message for cause in causes)
        hint = (
            worst.hint or "every answer is kept; change the prompt or the model, or ask again with --refresh"
        )
        raise ContentError(
            f"{len(missing)} of {len(questions.requests)} answers are unusable:\n  {listed}", hint=hint
        )
    kept = f"{len(collected.answers)} of {len(questions.requests)} answers are there"
    raise type(worst)(f"{worst.message} ({kept}; missing: {', '.join(missing)})", hint=worst.hint)


def _parse(db: Database, answer: Answer, request: AnswerRequest) -> ClassWords:
    parsed = parse_answer(answer.text, question=request.messages[-1]["content"])
    assert answer.id is not None
    saved = save_parse(
        db,
        Parse(
            answer_id=answer.id,
            parser_version=PARSER_VERSION,
            descriptors=parsed.descriptors,
            ignored=parsed.ignored,
            warnings=parsed.warnings,
        ),
    )
    return ClassWords(descriptors=parsed.descriptors, warnings=parsed.warnings, parse_id=saved.id)


def _save(
    db: Database,
    questions: Questions,
    words: Mapping[str, ClassWords],
    context_tokens: int,
    on_overflow: OnOverflow,
    note: str,
) -> tuple[DescriptionSet, bool]:
    class_set, template = questions.class_set, questions.template
    descriptions = compile_descriptions(
        class_set, words, context_tokens=context_tokens, on_overflow=on_overflow
    )
    provenance = Provenance(
        kind="builtin" if questions.endpoint is None else "llm",
        model=questions.model,
        endpoint=questions.endpoint.base_url if questions.endpoint else None,
        prompt=template.name,
        prompt_hash=template.hash,
        params=questions.params,
        parser_version=PARSER_VERSION,
    )
    unsaved = DescriptionSet(
        class_set=class_set.name,
        class_set_hash=class_set.hash,
        descriptions=descriptions,
        provenance=provenance,
        context_tokens=context_tokens,
        note=note,
        dfer_version=__version__,
    )
    return save_set(db, unsaved)


def _save_origins(db: Database, questions: Questions) -> None:
    class_set, template = questions.class_set, questions.template
    save_prompt(db, prompt_hash=template.hash, name=template.name, text=template.text)
    save_class_set(
        db,
        class_set_hash=class_set.hash,
        name=class_set.name,
        content=class_set.model_dump(mode="json")["classes"],
    )


def _mixed_models(answers: Mapping[str, Answer]) -> tuple[str, ...]:
    """An undated model name may be another model tomorrow; the server says which one answered."""
    models = sorted({answer.resolved_model for answer in answers.values() if answer.resolved_model})
    if len(models) < 2:
        return ()
    return (f"the answers come from several models: {', '.join(beginning(model) for model in models)}",)


def _total(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
