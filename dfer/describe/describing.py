"""The way of the words: class set → questions → answers (cached or asked) → descriptors → description set."""

from dataclasses import dataclass

from sqlite_utils import Database

from description_store.annotations import add_note
from description_store.prompts import save_prompt
from description_store.records import DescriptionSet
from description_store.sets import save_set
from dfer import __version__
from dfer.class_sets.stored import store_class_set
from dfer.describe.cautions import cautions
from dfer.describe.collected import Manner, OnEvent, no_event
from dfer.describe.collecting import collect
from dfer.describe.compiling import ClassWords, OnOverflow, compile_descriptions, too_long
from dfer.describe.origin import provenance_of
from dfer.describe.planning import Questions
from dfer.describe.shortening import shorten
from dfer.describe.templates import PromptTemplate, load_template
from dfer.describe.wording import read_words
from dfer.errors import UsageError

ONCE = Manner()
ASK_AGAIN = "all answers are kept; change the prompt, or ask again with --refresh"


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
    words = read_words(db, collected.by_class(), keep=keep)
    shorter: dict[str, ClassWords] = {}
    if shorten_template and (long_texts := too_long(words, context_tokens=context_tokens)):
        _save_prompt(db, shorten_template)
        shorter = shorten(
            db,
            questions,
            words,
            long_texts,
            template=shorten_template,
            context_tokens=context_tokens,
            manner=manner,
            collected=collected,
            on_event=on_event,
        )
    descriptions = compile_descriptions(
        questions.class_set,
        words | shorter,
        context_tokens=context_tokens,
        on_overflow=on_overflow,
        only_english=only_english,
        advice=ASK_AGAIN,
    )
    shortened_by = shorten_template if shorter else None
    saved, created = save_set(
        db,
        DescriptionSet(
            class_set=questions.class_set.name,
            class_set_hash=questions.class_set.hash,
            descriptions=descriptions,
            provenance=provenance_of(questions, collected, keep, tuple(shorter), shortened_by),
            context_tokens=context_tokens,
            note=note,
            dfer_version=__version__,
        ),
    )
    if note and not created:
        add_note(db, saved.version, note)
    return Described(
        description_set=saved,
        created=created,
        cached=frozenset(questions.class_set.names) - collected.asked_classes(),
        calls_cached=len(collected.cached),
        calls_made=len(collected.received),
        calls_failed=collected.failed_calls,
        input_tokens=_total([answer.input_tokens for answer in collected.received]),
        output_tokens=_total([answer.output_tokens for answer in collected.received]),
        adaptations=tuple(collected.adaptations),
        warnings=tuple(cautions(list(collected.answers.values()))),
    )


def _save_origins(db: Database, questions: Questions) -> None:
    _save_prompt(db, questions.template)
    store_class_set(db, questions.class_set)


def _save_prompt(db: Database, template: PromptTemplate) -> None:
    save_prompt(db, prompt_hash=template.hash, name=template.name, text=template.text)


def _total(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
