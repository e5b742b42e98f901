"""The way of the words: class set → questions → answers (cached or asked) → descriptors → description set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from description_store.hashing import canonical_json
from description_store.records import Answer, DescriptionSet, Provenance
from description_store.sets import save_class_set, save_prompt, save_set
from dfer import __version__
from dfer.describe.asking.completion import beginning
from dfer.describe.asking.parameters import LIMIT_NAMES
from dfer.describe.collecting import Collected, Manner, OnEvent, collect, no_event
from dfer.describe.compiling import ClassWords, OnOverflow, compile_descriptions, too_long
from dfer.describe.parsing import PARSER_VERSION
from dfer.describe.planning import Questions
from dfer.describe.shortening import shorten
from dfer.describe.templates import PromptTemplate, load_template
from dfer.describe.wording import read_words, was_cut
from dfer.errors import UsageError

ONCE = Manner()


@dataclass(frozen=True, kw_only=True, slots=True)
class Described:
    """A saved set and what it took. Token sums are None where any answer's server did not say.

    `cached`: the classes of which no answer had to be asked for. Calls count answers, of which a class may
    need several. `adaptations`: what the server made us ask otherwise, as `on_event` was told.
    """

    description_set: DescriptionSet
    created: bool
    cached: frozenset[str]
    calls_cached: int
    calls_made: int
    calls_failed: int
    input_tokens: int | None
    output_tokens: int | None
    adaptations: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def describe(
    db: Database,
    questions: Questions,
    *,
    context_tokens: int = 8,
    on_overflow: OnOverflow = "error",
    keep: int | None = None,
    only_english: bool = True,
    shorten_template: PromptTemplate | None = None,
    manner: Manner = ONCE,
    note: str = "",
    on_event: OnEvent = no_event,
) -> Described:
    """Answer every question, from the cache where possible, and save the next version.

    Answers are stored the moment they arrive; a set is saved only when it is complete and passes every check.

    Raises:
        ConfigurationError: no key, unknown model, an address that is no LLM server.
        ProviderError: the server failed for some classes, or `offline` and some are not cached.
        ContentError: an answer was refused, cut, empty, garbled, unparsable, not English or over the budget.
    """
    if on_overflow == "ask":
        shorten_template = shorten_template or load_template("shorten")
        if shorten_template.form != "shorten":
            raise UsageError(
                f"prompt {shorten_template.name} does not ask for fewer words",
                hint='a template with form = "shorten" in its front matter does',
            )
    # Written before anything is asked: a store that cannot be written must not cost an answer.
    _save_origins(db, questions)
    collected = collect(
        db, questions.all, endpoint=questions.endpoint, api=questions.api, manner=manner, on_event=on_event
    )
    answers: dict[str, list[Answer]] = {name: [] for name in questions.class_set.names}
    for question in questions.all:
        answers[question.class_name].append(collected.answers[question.label])
    words = read_words(db, answers, keep=keep)
    further = Collected()
    shorter: dict[str, ClassWords] = {}
    if shorten_template and (long_texts := too_long(words, context_tokens=context_tokens)):
        _save_prompt(db, shorten_template)
        shorter, further = shorten(
            db,
            questions,
            words,
            long_texts,
            template=shorten_template,
            context_tokens=context_tokens,
            manner=manner,
            on_event=on_event,
        )
    descriptions = compile_descriptions(
        questions.class_set,
        words | shorter,
        context_tokens=context_tokens,
        on_overflow=on_overflow,
        only_english=only_english,
    )
    class_set, template = questions.class_set, questions.template
    every = [*collected.answers.values(), *further.answers.values()]
    saved, created = save_set(
        db,
        DescriptionSet(
            class_set=class_set.name,
            class_set_hash=class_set.hash,
            descriptions=descriptions,
            provenance=Provenance(
                kind="builtin" if questions.endpoint is None else "llm",
                model=questions.model,
                endpoint=questions.endpoint.name if questions.endpoint else None,
                prompt=template.name,
                prompt_hash=template.hash,
                params=questions.params,
                sent=_sent_otherwise(questions, every),
                samples=questions.samples if questions.samples > 1 else None,
                keep=keep,
                truncated=tuple(name for name, own in answers.items() if any(map(was_cut, own))) or None,
                shortened=tuple(shorter) or None,
                shorten_prompt_hash=shorten_template.hash if shorten_template and shorter else None,
                parser_version=PARSER_VERSION,
            ),
            context_tokens=context_tokens,
            note=note,
            dfer_version=__version__,
        ),
    )
    asked_for = {
        question.class_name for question in questions.all if question.label not in collected.cached
    } | set(shorter if further.received else ())
    received = [*collected.received, *further.received]
    return Described(
        description_set=saved,
        created=created,
        cached=frozenset(class_set.names) - asked_for,
        calls_cached=len(collected.cached) + len(further.cached),
        calls_made=len(received),
        calls_failed=collected.failed_calls + further.failed_calls,
        input_tokens=_total([answer.input_tokens for answer in received]),
        output_tokens=_total([answer.output_tokens for answer in received]),
        adaptations=(*collected.adaptations, *further.adaptations),
        warnings=(
            *_mixed_models(every),
            *_limit_ignored(every),
            *_silent_ends(received),
        ),
    )


def _save_origins(db: Database, questions: Questions) -> None:
    class_set = questions.class_set
    _save_prompt(db, questions.template)
    save_class_set(
        db,
        class_set_hash=class_set.hash,
        name=class_set.name,
        content=class_set.model_dump(mode="json")["classes"],
    )


def _save_prompt(db: Database, template: PromptTemplate) -> None:
    save_prompt(db, prompt_hash=template.hash, name=template.name, text=template.text)


def _sent_otherwise(questions: Questions, answers: Sequence[Answer]) -> tuple[dict[str, Any], ...] | None:
    """Api and parameters that answers were really got with, where a server made us ask otherwise."""
    asked = questions.all[0].request
    as_asked = canonical_json({"api": asked.api, "params": asked.identity["params"]})
    sent = {
        canonical_json(one): one
        for one in ({"api": a.identity["api"], "params": a.identity["params"]} for a in answers)
    }
    return tuple(sent[text] for text in sorted(sent) if text != as_asked) or None


def _mixed_models(answers: Sequence[Answer]) -> tuple[str, ...]:
    """An undated model name may be another model tomorrow; the server says which one answered."""
    models = sorted({answer.resolved_model for answer in answers if answer.resolved_model})
    if len(models) < 2:
        return ()
    return (f"the answers come from several models: {', '.join(beginning(model) for model in models)}",)


def _limit_ignored(answers: Sequence[Answer]) -> tuple[str, ...]:
    """Some servers take an output limit without a word and do not keep it."""
    over = [
        (answer.output_tokens, limit)
        for answer in answers
        for limit in (_limit_of(answer.identity["params"]),)
        if limit is not None and answer.output_tokens is not None and answer.output_tokens > limit
    ]
    if not over:
        return ()
    most, limit = max(over)
    return (f"the server ignored the output limit: {most} tokens where {limit} were allowed",)


def _limit_of(params: Mapping[str, Any]) -> int | None:
    return next((params[name] for name in LIMIT_NAMES if name in params), None)


def _silent_ends(answers: Sequence[Answer]) -> tuple[str, ...]:
    silent = [a for a in answers if a.finish_reason is None and a.identity["api"] != "builtin"]
    if not silent:
        return ()
    return (
        "the server does not say how its answers ended (no finish_reason): a cut answer would not be noticed",
    )


def _total(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
