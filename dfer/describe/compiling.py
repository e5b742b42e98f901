"""From a class's descriptors to its text, and every check that a whole description set must pass."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from description_store.records import Description
from dfer.class_sets import ClassSet
from dfer.describe.clip_tokens import count_tokens, overflow, special_token_in, token_budget, token_ids
from dfer.describe.language import foreign_reason
from dfer.errors import ContentError

OnOverflow = Literal["error", "trim", "ask"]

# English makes words of an emotion's name: happiness, happy, happily; anger, angry; surprise, surprised.
_NAME_ENDING = re.compile(r"(?:iness|ety|er|e)$|(?P<noun>ness|ment)$")
_NAMED = 4
_WORD_ENDING = (
    "(?:s|d|ed|edly|es|ing|ingly|y|ily|ier|ful|fully|ly|ous|ously|uous|uously|e|er|ered|ry|rily|dened"
    "|iness|ness|ment|ety)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassWords:
    """One class's descriptors on their way into a set, with the parses that they come from.

    `dropped`: descriptors that are left out already.
    """

    descriptors: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    parse_ids: tuple[int, ...] = ()


def join(descriptors: Sequence[str]) -> str:
    """One comma list with a full stop, as DFER-CLIP writes its descriptions ("a, b, and c.")."""
    if len(descriptors) < 3:
        return " and ".join(descriptors) + "."
    return ", ".join(descriptors[:-1]) + f", and {descriptors[-1]}."


def compile_descriptions(
    class_set: ClassSet,
    words: Mapping[str, ClassWords],
    *,
    context_tokens: int,
    on_overflow: OnOverflow = "error",
    only_english: bool = False,
) -> tuple[Description, ...]:
    """Descriptions for every class of the set, in its order, each within the token budget.

    "ask" is an error here: whoever can ask has asked for shorter words before.

    Raises:
        ContentError: one message that lists every class with a problem: no descriptor, text over the budget
            (with its count and the words that do not fit), CLIP's special tokens in the text, words that are
            not English (with `only_english`), or the same text to CLIP as another class.
    """
    budget = token_budget(context_tokens)
    problems: list[str] = []
    descriptions: list[Description] = []
    for name in class_set.names:
        try:
            descriptions.append(_compile(name, words[name], budget, on_overflow, only_english))
        except ContentError as error:
            problems.append(error.message)
    problems += _same_to_clip(descriptions)
    if problems:
        raise ContentError(
            "no description set was saved:\n  " + "\n  ".join(problems),
            hint=_what_to_do(problems, on_overflow),
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
    name: str, words: ClassWords, budget: int, on_overflow: OnOverflow, only_english: bool
) -> Description:
    kept = list(words.descriptors)
    dropped: list[str] = []
    if not kept:
        raise ContentError(f"{name}: no descriptor was found in the answer")
    if special := special_token_in(join(kept)):
        raise ContentError(f"{name}: the text contains {special!r}, at which CLIP would stop reading")
    if only_english and (reason := foreign_reason(join(kept))):
        raise ContentError(f"{name}: {reason}")
    while on_overflow == "trim" and len(kept) > 1 and count_tokens(join(kept)) > budget:
        dropped.insert(0, kept.pop())
    text = join(kept)
    tokens = count_tokens(text)
    if tokens > budget:
        raise ContentError(
            f"{name}: {tokens} tokens, but the budget is {budget}; beyond it: {overflow(text, budget)!r}"
        )
    return Description(
        class_name=name,
        descriptors=tuple(kept),
        text=text,
        tokens=tokens,
        dropped=(*dropped, *words.dropped),
        warnings=words.warnings,
        parse_ids=words.parse_ids,
    )


def _what_to_do(problems: list[str], on_overflow: OnOverflow) -> str:
    over = any("the budget is" in problem for problem in problems)
    if over and on_overflow == "ask":
        return (
            "the LLM was asked for fewer words, and its answer is still too long: --on-overflow trim drops "
            "whole descriptors; fewer --context-tokens leave more room"
        )
    if over:
        return (
            "all answers are kept; --on-overflow trim drops whole descriptors from the end and records them, "
            "ask has the LLM shorten them; fewer --context-tokens leave more room"
        )
    if all("English" in problem or "Latin" in problem for problem in problems):
        return "CLIP's text encoder knows English; --allow-non-english takes the words all the same"
    return "all answers are kept; change the prompt, or ask again with --refresh"


def _same_to_clip(descriptions: Sequence[Description]) -> list[str]:
    """CLIP lower-cases and collapses white space, so equality is decided by token ids."""
    owners: dict[tuple[int, ...], str] = {}
    problems = []
    for d in descriptions:
        other = owners.setdefault(tuple(token_ids(d.text)), d.class_name)
        if other != d.class_name:
            problems.append(f"{other} and {d.class_name}: the same text, so CLIP cannot tell them apart")
    return problems


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
                more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
                named = ", ".join(others[:_NAMED]) + more
                warnings.setdefault(name, []).append(f"{descriptor!r} is also said of {named}")
    return warnings


def _leaks(description: Description, class_set: ClassSet) -> tuple[str, ...]:
    emotion = next(c for c in class_set.classes if c.name == description.class_name)
    names = {description.class_name, emotion.display, *emotion.components}
    warnings = []
    for name in sorted(names):
        if found := re.search(rf"\b(?:{_forms(name)})\b", description.text, re.IGNORECASE):
            form = "" if found[0].casefold() == name.casefold() else f" ({found[0]!r})"
            warnings.append(f"the class name {name!r} is in the text{form}")
    return tuple(warnings)


def _forms(name: str) -> str:
    """A pattern of the name and of the words that English makes of it."""
    forms = [re.escape(name)]
    ending = _NAME_ENDING.search(name)
    stem = re.escape(name[: ending.start()] if ending else name)
    forms.append(f"{stem}{_WORD_ENDING}")
    if ending and ending["noun"]:
        forms.append(stem)  # sadness, sad
    return "|".join(forms)
