"""The clauses of an answer written as sentences ("a smiling mouth, raised cheeks, and arched eyebrows.")."""

import re
from collections.abc import Callable, Sequence
from itertools import groupby

from dfer.describe.parsing.english import GOES_ON, LEADS_TO_LIST, is_talk
from dfer.describe.parsing.items import Found
from dfer.describe.parsing.lines import Line
from dfer.describe.parsing.markers import has_letter, one_line, word_count

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'(]?[A-Z])|(?<=!)\s+")
_BREAK = re.compile(r"[()]|[,;](?=\s|$)")


def read_sentences(lines: Sequence[Line], is_echo: Callable[[str], bool]) -> Found:
    """The clauses of all sentences, without talk, questions and what introduces the description."""
    texts: list[str] = []
    ignored: list[str] = []
    tail = ""
    for is_text, group in groupby(lines, key=lambda line: line.kind == "text"):
        words = " ".join(one_line(line.text) for line in group if line.kind != "blank")
        if not is_text and words:
            ignored.append(words)
            tail = ""
        for sentence in _SENTENCE_END.split(words) if is_text else ():
            introduction, rest = _split_introduction(sentence, is_echo)
            ignored.append(introduction)
            texts += _clauses(rest)
            tail = rest
    return Found(texts=texts, ignored=ignored, tail=tail)


def _split_introduction(sentence: str, is_echo: Callable[[str], bool]) -> tuple[str, str]:
    """What leads to the description ("Useful visual features of anger include"), and the description."""
    if sentence.endswith("?"):
        return sentence, ""
    before, colon, after = sentence.partition(":")
    if has_letter(after) and (is_talk(before) or is_echo(before)):
        return before + colon, after
    if is_talk(sentence):
        return sentence, ""
    lead = LEADS_TO_LIST.search(sentence)
    if lead and is_echo(sentence[: lead.start()]):
        return sentence[: lead.end()], sentence[lead.end() :]
    return "", sentence


def _clauses(sentence: str) -> list[str]:
    """Split at commas and semicolons outside brackets, and at the last "and" of such a list."""
    parts: list[str] = []
    start = depth = 0
    for match in _BREAK.finditer(sentence):
        if match[0] in "()":
            depth = max(0, depth + (1 if match[0] == "(" else -1))
        elif depth == 0:
            parts.append(sentence[start : match.start()])
            start = match.end()
    parts.append(sentence[start:])
    parts = [part.strip() for part in parts if part.strip()]
    if len(parts) > 1 and not parts[-1].startswith(("and ", "or ")):
        first, _, second = parts[-1].rpartition(" and ")
        if word_count(first) > 1 and word_count(second) > 1:  # not at "tense and trembling lips"
            parts[-1:] = [first, second]
    clauses: list[str] = []
    for part in parts:
        if clauses and GOES_ON.match(part):
            clauses[-1] += f", {part}"
        else:
            clauses.append(part)
    return clauses
