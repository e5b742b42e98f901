"""What distinguishes one class from another on the face: the question, and what came of asking it."""

from dataclasses import dataclass, replace
from itertools import combinations

from sqlite_utils import Database

from description_store.records import Provenance
from dfer.class_sets import ClassSet, EmotionClass
from dfer.describe.collected import Collected, Manner, OnEvent, no_event
from dfer.describe.collecting import collect
from dfer.describe.compiling import ClassWords
from dfer.describe.facs_author import asks_to_distinguish
from dfer.describe.language import foreign_reason
from dfer.describe.origin import provenance_of
from dfer.describe.planning import Question, Questions
from dfer.describe.rendering import join
from dfer.describe.templates import PromptTemplate, render
from dfer.describe.wording import read_words
from dfer.errors import ContentError, UsageError


@dataclass(frozen=True, kw_only=True, slots=True)
class Calls:
    """Answers from the cache, answers that were asked for, and calls that failed."""

    cached: int = 0
    made: int = 0
    failed: int = 0

    def __add__(self, other: "Calls") -> "Calls":
        return Calls(
            cached=self.cached + other.cached, made=self.made + other.made, failed=self.failed + other.failed
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A question and its answer, or why there is none: `problem`, where another question may do better, or
    `failure`, where none will.

    `provenance` says where the words come from, as that of a described set does.
    """

    question: str
    calls: Calls
    words: ClassWords | None = None
    provenance: Provenance | None = None
    problem: str = ""
    failure: Exception | KeyboardInterrupt | None = None


def distinguishing_question(template: PromptTemplate, emotion: EmotionClass, other: EmotionClass) -> str:
    """The template's question for `emotion` in a class set of these two. Raises as `templates.render`."""
    return render(template, emotion, ClassSet(name="confused", classes=(emotion, other)))


def check_prompt(template: PromptTemplate, questions: Questions) -> None:
    """Whether it asks about two classes, and the author hears that of any two.

    Raises:
        UsageError: it names one class only; or the offline author, which hears a single question, is asked
            another, or knows at most one of the classes.
        ContentError: as `templates.render`.
    """
    if "others" not in template.variables:
        raise UsageError(
            f"prompt {template.name} does not name the class that another is taken for",
            hint="--prompt distinguish does; in a template of your own use {{ others }} beside "
            "{{ class_name }}",
        )
    class_set = questions.class_set
    of_each_two = (distinguishing_question(template, *pair) for pair in combinations(class_set.classes, 2))
    heard = map(asks_to_distinguish, of_each_two)  # what is not heard of some classes is passed over later
    if questions.endpoint is None and not any(heard):
        raise UsageError(
            f"{questions.model} does not hear what prompt {template.name} asks of any two classes of "
            f"{class_set.name}",
            hint="it answers --prompt distinguish about emotions that it knows; for others name an LLM with "
            "--model",
        )


def ask(
    db: Database,
    questions: Questions,
    template: PromptTemplate,
    emotion: EmotionClass,
    other: EmotionClass,
    *,
    only_english: bool = True,
    manner: Manner,
    on_event: OnEvent = no_event,
) -> Asked:
    """Ask what distinguishes `emotion` from `other`, of whom and how `questions` say.

    What goes wrong, Ctrl-C among it, is told and not raised, so that the calls it took are counted.
    """
    text = distinguishing_question(template, emotion, other)
    asked = _in_their_place(questions, template, text, emotion, label=f"{emotion.name}, {other.name}")
    collected = Collected()
    try:
        collect(
            db,
            asked.all,
            endpoint=asked.endpoint,
            api=asked.api,
            manner=manner,
            on_event=on_event,
            into=collected,
        )
        words = read_words(db, collected.by_class())[emotion.name]
        _check(words, only_english=only_english)
    except ContentError as error:
        return Asked(question=text, calls=_calls(collected), problem=error.message)
    except (Exception, KeyboardInterrupt) as error:
        return Asked(question=text, calls=_calls(collected), failure=error)
    return Asked(
        question=text,
        words=words,
        calls=_calls(collected),
        provenance=provenance_of(asked, collected, None, (), None),
    )


def _in_their_place(
    questions: Questions, template: PromptTemplate, text: str, emotion: EmotionClass, *, label: str
) -> Questions:
    """The same requests, as many as there are samples, with this one question."""
    samples = questions.all[: questions.samples]
    return replace(
        questions,
        template=template,
        all=tuple(
            Question(
                label=f"{label} #{number}" if len(samples) > 1 else label,
                class_name=emotion.name,
                request=replace(one.request, messages=({"role": "user", "content": text},)),
            )
            for number, one in enumerate(samples, start=1)
        ),
    )


def _check(words: ClassWords, *, only_english: bool) -> None:
    if not words.descriptors:
        raise ContentError("no descriptor was found in the answer")
    if only_english and (reason := foreign_reason(join(words.descriptors))):
        raise ContentError(reason)


def _calls(collected: Collected) -> Calls:
    return Calls(cached=len(collected.cached), made=len(collected.received), failed=collected.failed_calls)
