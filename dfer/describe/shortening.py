"""Text over the token budget: ask the same LLM to say it in fewer words (`--on-overflow ask`)."""

from collections.abc import Mapping
from dataclasses import replace

from sqlite_utils import Database

from dfer.describe.clip_tokens import count_tokens, token_budget
from dfer.describe.collected import Collected, Manner, OnEvent
from dfer.describe.collecting import collect
from dfer.describe.compiling import ClassWords
from dfer.describe.planning import Questions
from dfer.describe.rendering import join
from dfer.describe.templates import PromptTemplate, render_shorten
from dfer.describe.wording import read_words
from dfer.errors import ContentError

# English descriptions take about 1.3 CLIP tokens a word, their commas included; some room is left.
_TOKENS_PER_WORD = 1.6


def shorten(
    db: Database,
    questions: Questions,
    words: Mapping[str, ClassWords],
    long_texts: Mapping[str, str],
    *,
    template: PromptTemplate,
    context_tokens: int,
    manner: Manner,
    collected: Collected,
    on_event: OnEvent,
) -> dict[str, ClassWords]:
    """New words for the classes in `long_texts`; what asking for them took is added to `collected`.

    They still come from the answers that were too long as well, so those stay on record as sources.

    Raises:
        ContentError: the offline author, which cannot be asked; two classes with the same question; else as
            `collect`.
    """
    if questions.endpoint is None:
        raise ContentError(
            f"{questions.model} cannot shorten its text for {', '.join(long_texts)}",
            hint="--on-overflow trim drops whole descriptors from the end",
        )
    max_words = int(token_budget(context_tokens) / _TOKENS_PER_WORD)
    emotions = {emotion.name: emotion for emotion in questions.class_set.classes}
    asked = questions.follow_up(
        (
            name,
            render_shorten(
                template, emotions[name], questions.class_set, description=text, max_words=max_words
            ),
        )
        for name, text in long_texts.items()
    )
    if len({question.text for question in asked}) < len(asked):
        raise ContentError(
            f"prompt {template.name} asks the same for {', '.join(long_texts)}",
            hint="use {{ class_name }} so that each class has its own question",
        )
    collect(
        db,
        asked,
        endpoint=questions.endpoint,
        api=questions.api,
        manner=manner,
        on_event=on_event,
        into=collected,
    )
    answers = {question.class_name: [collected.answers[question.label]] for question in asked}
    return {
        name: replace(
            own,
            warnings=(
                *own.warnings,
                f"shortened by asking, from {count_tokens(long_texts[name])} to "
                f"{count_tokens(join(own.descriptors))} tokens",
            ),
            parse_ids=(*words[name].parse_ids, *own.parse_ids),
        )
        for name, own in read_words(db, answers, shortened=True).items()
        if own.descriptors
    }
