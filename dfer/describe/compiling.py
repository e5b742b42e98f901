"""From each class's descriptors to its text, and every check that a whole description set must pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from description_store.records import COMMA_LIST, Description, Rendering
from dfer.class_sets import ClassSet, EmotionClass
from dfer.describe.class_words import class_words_in
from dfer.describe.clip_tokens import count_tokens, overflow, special_token_in, token_budget, token_ids
from dfer.describe.language import foreign_reason
from dfer.describe.rendering import join, listed, render
from dfer.describe.same_to_clip import alike
from dfer.errors import ContentError

OnOverflow = Literal["error", "trim", "ask"]

_NAMED = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassWords:
    """One class's descriptors on their way into a set, with the parses that they come from.

    `dropped`: descriptors that are left out already.
    """

    descriptors: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    parse_ids: tuple[int, ...] = ()


def compile_descriptions(
    class_set: ClassSet,
    words: Mapping[str, ClassWords],
    *,
    rendering: Rendering = COMMA_LIST,
    context_tokens: int,
    on_overflow: OnOverflow = "error",
    only_english: bool = False,
    advice: str = "give the classes other words",
) -> tuple[Description, ...]:
    """Descriptions for every class of the set, in its order, each text within the token budget.

    "ask" is an error here: whoever can ask has asked for shorter words before. Where `rendering` makes
    compound emotions of their parts, `words` need not hold them. `advice`: what to do about words that
    cannot be used for another reason than their length.

    Raises:
        ContentError: one message that lists every class with a problem: no descriptor, text over the budget
            (with its count and the words that do not fit), CLIP's special tokens in the text, words that are
            not English (with `only_english`), or the same text to CLIP as another class.
    """
    budget = token_budget(context_tokens)
    problems: list[str] = []
    compiled: dict[str, Description] = {}
    for emotion in sorted(class_set.classes, key=lambda c: _of_parts(c, rendering)):
        try:
            if _of_parts(emotion, rendering):
                compiled[emotion.name] = _compile_parts(
                    emotion, class_set, compiled, budget, rendering, on_overflow
                )
            else:
                own = words[emotion.name]
                compiled[emotion.name] = _compile(emotion, own, budget, rendering, on_overflow, only_english)
        except ContentError as error:
            problems.append(error.message)
    descriptions = [compiled[name] for name in class_set.names if name in compiled]
    problems += [
        f"{listed(names)}: the same text, so CLIP cannot tell them apart" for names in alike(descriptions)
    ]
    if problems:
        raise ContentError(
            "no description set was saved:\n  " + "\n  ".join(problems),
            hint=_what_to_do(problems, on_overflow, advice),
        )
    shared = _shared_descriptors(descriptions, class_set)
    return tuple(
        d.model_copy(
            update={"warnings": d.warnings + tuple(shared.get(d.class_name, ())) + _leaks(d, class_set)}
        )
        for d in descriptions
    )


def too_long(words: Mapping[str, ClassWords], *, context_tokens: int) -> dict[str, str]:
    """The texts that do not fit the token budget, by class."""
    budget = token_budget(context_tokens)
    texts = {name: join(own.descriptors) for name, own in words.items() if own.descriptors}
    return {name: text for name, text in texts.items() if count_tokens(text) > budget}


def _compile(
    emotion: EmotionClass,
    words: ClassWords,
    budget: int,
    rendering: Rendering,
    on_overflow: OnOverflow,
    only_english: bool,
) -> Description:
    name = emotion.name
    kept = list(words.descriptors)
    dropped: list[str] = []
    if not kept:
        raise ContentError(f"{name}: no descriptor{' was found in the answer' if words.parse_ids else ''}")
    if only_english and (reason := foreign_reason(join(kept))):
        raise ContentError(f"{name}: {reason}")
    text = render(kept, display=emotion.display, rendering=rendering)
    while on_overflow == "trim" and len(kept) > 1 and _longest(text) > budget:
        # Of texts of their own one that is too long goes; of one list its end does.
        over = [i for i, line in enumerate(text.split("\n")) if count_tokens(line) > budget]
        dropped.insert(0, kept.pop(over[-1] if rendering.form == "each" else -1))
        text = render(kept, display=emotion.display, rendering=rendering)
    return Description(
        class_name=name,
        descriptors=tuple(kept),
        text=text,
        tokens=_within(budget, name, text),
        dropped=(*dropped, *words.dropped),
        warnings=words.warnings,
        parse_ids=words.parse_ids,
    )


def _of_parts(emotion: EmotionClass, rendering: Rendering) -> bool:
    return rendering.compounds is not None and bool(emotion.components)


def _compile_parts(
    emotion: EmotionClass,
    class_set: ClassSet,
    compiled: Mapping[str, Description],
    budget: int,
    rendering: Rendering,
    on_overflow: OnOverflow,
) -> Description:
    """EmoCLIP §III-C: the texts of the parts, to be averaged, or one after the other."""
    if missing := [name for name in emotion.components if name not in compiled]:
        raise ContentError(f"{emotion.name}: its part {', '.join(missing)} has no description")
    display = {c.name: c.display for c in class_set.classes}
    kept = {name: list(compiled[name].descriptors) for name in emotion.components}
    between = "\n" if rendering.compounds == "average" else " "

    def text() -> str:
        return between.join(
            render(words, display=display[name], rendering=rendering) for name, words in kept.items()
        )

    dropped: list[str] = []
    while on_overflow == "trim" and _longest(text()) > budget and max(map(len, kept.values())) > 1:
        dropped.insert(0, max(kept.values(), key=len).pop())
    descriptors: dict[tuple[int, ...], str] = {}
    for descriptor in (descriptor for words in kept.values() for descriptor in words):
        descriptors.setdefault(tuple(token_ids(descriptor)), descriptor)
    return Description(
        class_name=emotion.name,
        descriptors=tuple(descriptors.values()),
        text=text(),
        tokens=_within(budget, emotion.name, text()),
        dropped=tuple(dropped),
    )


def _longest(text: str) -> int:
    return max(map(count_tokens, text.split("\n")))


def _within(budget: int, name: str, text: str) -> int:
    """The tokens of the longest text, which CLIP must be able to read to its end."""
    if special := special_token_in(text):
        raise ContentError(f"{name}: the text contains {special!r}, at which CLIP would stop reading")
    tokens, longest = max((count_tokens(line), line) for line in text.split("\n"))
    if tokens > budget:
        raise ContentError(
            f"{name}: {tokens} tokens, but the budget is {budget}; beyond it: {overflow(longest, budget)!r}"
        )
    return tokens


def _what_to_do(problems: list[str], on_overflow: OnOverflow, advice: str) -> str:
    over = any("the budget is" in problem for problem in problems)
    if over and on_overflow == "ask":
        return (
            "the LLM was asked for fewer words, and its answer is still too long: --on-overflow trim drops "
            "whole descriptors; fewer --context-tokens leave more room"
        )
    if over:
        return (
            "--on-overflow trim drops whole descriptors from the end and records them, ask (in describe) has "
            "the LLM shorten them; fewer --context-tokens leave more room. All answers are kept"
        )
    if all("English" in problem or "Latin" in problem for problem in problems):
        return "CLIP's text encoder knows English; --allow-non-english takes the words all the same"
    return advice


def _named(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _shared_descriptors(descriptions: Sequence[Description], class_set: ClassSet) -> dict[str, list[str]]:
    """Warnings by class. A compound emotion may share descriptors with whatever shares a part with it."""
    parts = {c.name: {c.name, *c.components} for c in class_set.classes}
    owners: dict[tuple[int, ...], list[tuple[str, str]]] = {}
    for d in descriptions:
        for descriptor in d.descriptors:
            owners.setdefault(tuple(token_ids(descriptor)), []).append((d.class_name, descriptor))
    warnings: dict[str, list[str]] = {}
    for sharing in owners.values():
        for name, descriptor in sharing:
            if others := [other for other, _ in sharing if not parts[name] & parts[other]]:
                warnings.setdefault(name, []).append(f"{descriptor!r} is also said of {_named(others)}")
    return warnings


def _leaks(description: Description, class_set: ClassSet) -> tuple[str, ...]:
    """Of the descriptors only: a rendering that names the class does so on purpose."""
    emotion = next(c for c in class_set.classes if c.name == description.class_name)
    warnings = []
    for name, found in class_words_in("; ".join(description.descriptors), emotion):
        form = "" if found.casefold() == name.casefold() else f" ({found!r})"
        warnings.append(f"the class name {name!r} is in the text{form}")
    return tuple(warnings)
