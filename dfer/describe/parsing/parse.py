"""An LLM's answer to descriptors: pure, repeatable, and never with a word that the answer does not hold.

What answers look like, and what each case should give, is in table (d2) of the project's LLM reference: lists
of every kind, JSON, tables, and one plain sentence as DFER-CLIP's own texts are. An item of a list is one
descriptor, whatever commas it holds; only sentences are split.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from dfer.describe.clip_tokens import token_ids
from dfer.describe.parsing.english import OPEN_ENDS, PROMPT_WORDS
from dfer.describe.parsing.items import Found, collect_items
from dfer.describe.parsing.json_answers import read_json
from dfer.describe.parsing.lines import read_lines, with_items
from dfer.describe.parsing.markers import (
    has_letter,
    one_line,
    plain_characters,
    plain_text,
    tidy,
    without_thinking,
)
from dfer.describe.parsing.sentences import read_sentences

PARSER_VERSION = "p2"  # stored with every parse: any change of what an answer gives is another version

_QUESTION_LINE = re.compile(r"^[ \t]*(?:\*\*)?(?:Q|Question)(?: ?\d+)?(?:\*\*)?:", re.MULTILINE)
_ANSWER_LINE = re.compile(r"^[ \t]*(?:\*\*)?(?:A|Answer)(?: ?\d+)?(?:\*\*)?:(?:\*\*)?", re.MULTILINE)
_ANSWER_ON_SAME_LINE = re.compile(r"(?<=\?)[ \t]*(?:A|Answer):")


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedAnswer:
    """`ignored` holds what was left out (talk, headings, echoes), `warnings` what a person should look at."""

    descriptors: tuple[str, ...]
    ignored: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def parse_answer(answer: str, *, question: str = "") -> ParsedAnswer:
    """The descriptors of one raw answer, in its order; the caller must refuse an empty result.

    `question` helps to recognise where the answer repeats it. Raises only ConfigurationError, as
    `clip_tokens.token_ids`, with which duplicates are found.
    """
    warnings: list[str] = []
    text, still_thinking = without_thinking(plain_characters(answer))
    if still_thinking:
        warnings.append("the answer ends while the model is still thinking")
    text, others = _own_block(text, question)
    if others:
        warnings.append("the answer holds other questions too; only the part about this one was used")
    found = _read(text, _echo_of(question), warnings)
    descriptors, left_out = _distinct(found.texts, warnings)
    if _looks_cut(found):
        warnings.append(f"the answer looks cut off: it ends with {found.tail[-60:]!r}")
    if len(descriptors) == 1:
        warnings.append("only one descriptor was found")
    return ParsedAnswer(
        descriptors=tuple(descriptors),
        ignored=tuple(line for line in [*others, *found.ignored, *left_out] if line),
        warnings=tuple(warnings),
    )


def _echo_of(question: str) -> Callable[[str], bool]:
    """Whether a text repeats the question: at least two of its words, or of such questions' words."""
    asked = PROMPT_WORDS | {word for word in _words(question) if len(word) > 3}
    return lambda text: len(asked.intersection(_words(text))) >= 2


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _own_block(text: str, question: str) -> tuple[str, list[str]]:
    """The part of `text` that answers `question`, and the parts about other questions.

    Completion models repeat the question, or go on with questions of their own; Menon & Vondrick's parser
    (classify_by_description) splits at "Q:" too. Without a sign, what comes before the first question counts.
    """
    starts = [match.start() for match in _QUESTION_LINE.finditer(text)]
    before, *blocks = (text[a:b] for a, b in zip([0, *starts], [*starts, len(text)], strict=True))
    asked = " ".join(_words(question))
    answered = [block for block in blocks if has_letter(_answer_in(block))]
    matching = [block for block in answered if asked and _repeats(block, asked)]
    if matching or not has_letter(before):
        ranked = matching[::-1] or (answered if asked else answered[::-1])
        own = ranked[0] if ranked else ""
        text = _answer_in(own)
    else:
        own = before
        text = _ANSWER_LINE.sub("", before, count=1)
    return text, [one_line(block) for block in [before, *blocks] if block != own and has_letter(block)]


def _repeats(block: str, asked: str) -> bool:
    """Whether a block that starts with "Q:" holds the question that was asked, or a line of it."""
    line = _QUESTION_LINE.sub("", block.partition("\n")[0])
    question = " ".join(_words(_ANSWER_ON_SAME_LINE.split(line)[0]))
    return asked in " ".join(_words(block)) or (question.count(" ") > 1 and question in asked)


def _answer_in(block: str) -> str:
    """What follows "A:" in a block that starts with "Q:", or else the line of the question."""
    marker = _ANSWER_LINE.search(block) or _ANSWER_ON_SAME_LINE.search(block)
    return block[marker.end() :] if marker else block.partition("\n")[2]


def _read(text: str, is_echo: Callable[[str], bool], warnings: list[str]) -> Found:
    if not (in_json := read_json(text)):
        return _read_plain(plain_text(text), is_echo)
    values, around, cut = in_json
    texts = [plain_text(value) for value in values]
    if cut:
        warnings.append("the answer looks cut off: its JSON does not end")
    inner = _read_plain(texts[0], is_echo) if len(texts) == 1 else Found(texts=texts, ignored=[], tail="")
    talk = [one_line(line) for line in plain_text(around).split("\n") if not line.lstrip().startswith("```")]
    return Found(texts=inner.texts, ignored=[*talk, *inner.ignored], tail=inner.tail)


def _read_plain(text: str, is_echo: Callable[[str], bool]) -> Found:
    lines = read_lines(text)
    if listed := with_items(lines):
        return collect_items(listed, is_echo)
    return read_sentences(lines, is_echo)


def _distinct(texts: list[str], warnings: list[str]) -> tuple[list[str], list[str]]:
    """The descriptors that differ to CLIP, which knows no case and no spacing; the texts without words."""
    first: dict[tuple[int, ...], str] = {}
    left_out: list[str] = []
    for text in texts:
        descriptor = tidy(text)
        if not has_letter(descriptor):
            left_out.append(one_line(text))
            continue
        same = first.setdefault(tuple(token_ids(descriptor)), descriptor)
        if same is not descriptor:
            warnings.append(f"a duplicate was removed: {one_line(text)!r} is to CLIP the same as {same!r}")
    return list(first.values()), left_out


def _looks_cut(found: Found) -> bool:
    """A guess: the caller checks finish_reason, but Menon's published descriptors were cut without a word."""
    tail = found.tail.rstrip("*_`\"' ")
    last = _words(tail[-40:])
    return tail.endswith((",", ";", "-", "(")) or (tail[-1:].isalpha() and last[-1] in OPEN_ENDS)
