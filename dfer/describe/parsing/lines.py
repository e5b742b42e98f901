"""The lines of an answer, and which of them are items of a list."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dfer.describe.parsing.english import is_talk
from dfer.describe.parsing.markers import is_bold, split_head, split_marker, word_count

Kind = Literal["blank", "item", "heading", "text"]

_FENCES = ("```", "~~~")
LONGEST_HEADING = 4  # words; a longer one is a sentence about the list
_LONGEST_PLAIN_ITEM = 8  # words of a line without a marker that still reads as an item
_OWN_NUMBER = re.compile(r"[ >*_]*\(?[0-9]{1,3}[.):]")
_NUMBER_INSIDE = re.compile(r"(?<!\S)[*_]{0,2}\(?([0-9]{1,2})[.)][*_]{0,2}(?=\s)")
_SHORTEST_LIST_ON_A_LINE = 3  # fewer may be figures in a sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """`number` is that of an item "2. …"; `marked` says that a marker, not a guess, made it an item."""

    kind: Kind
    text: str = ""
    indent: int = 0
    number: int | None = None
    marked: bool = False


def read_lines(text: str) -> list[Line]:
    """Each line with what it is. Tables become items "first cell: second cell"."""
    raw = [part.rstrip() for line in text.split("\n") for part in _at_numbers(line)]
    table = any(map(_is_table_rule, raw))
    lines = []
    for number, line in enumerate(raw):
        body = line.lstrip(" >")
        if body.startswith("|") or (table and "|" in body):
            below = raw[number + 1] if number + 1 < len(raw) else ""
            lines.append(_read_row(body, is_header=_is_table_rule(below)))
        else:
            lines.append(_read_line(body, indent=len(line) - len(body)))
    return lines


def _at_numbers(line: str) -> list[str]:
    """A whole list on one line, "1) lowered brows, 2) glaring eyes, 3) tight lips", as a line for each.

    Looks only behind the line's own marker, so that the same item reads the same under any number.
    """
    own = _OWN_NUMBER.match(line)
    starts: list[int] = []
    last = 0
    for match in _NUMBER_INSIDE.finditer(line, own.end() if own else 0):
        number = int(match[1])
        if number == last + 1 or (last == 0 and number == 2):
            starts.append(match.start())
            last = number
    if last < _SHORTEST_LIST_ON_A_LINE:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    first = [line[: starts[0]]] if line[: starts[0]].strip() else []
    return first + [indent + line[a:b] for a, b in zip(starts, [*starts[1:], len(line)], strict=True)]


def _read_line(body: str, indent: int) -> Line:
    if not body or body.startswith(_FENCES) or not body.strip("-*_= "):  # nothing, a code fence, a rule
        return Line(kind="blank")
    if body.startswith("#"):
        return Line(kind="heading", text=body.lstrip("# "), indent=indent)
    if marked := split_marker(body):
        text, number = marked
        return Line(kind="item", text=text.lstrip(), indent=indent, number=number, marked=True)
    kind: Kind = "heading" if is_bare_head(body) else "text"
    return Line(kind=kind, text=body, indent=indent)


def _read_row(body: str, *, is_header: bool) -> Line:
    if _is_table_rule(body):
        return Line(kind="blank")
    cells = [cell.strip() for cell in body.strip("| ").split("|")]
    if is_header:
        return Line(kind="heading", text=" | ".join(cells))
    if len(cells) > 1 and cells[0].strip("#.)* ").isdecimal():
        cells = cells[1:]
    return Line(kind="item", text=": ".join(cell for cell in cells[:2] if cell), marked=True)


def _is_table_rule(line: str) -> bool:
    return "|" in line and "-" in line and not line.strip("|-: ")


def is_bare_head(text: str) -> bool:
    """Whether `text` names what follows and says nothing itself: "Eyebrows:", "**Eyebrows**"."""
    return text.rstrip("*_ ").endswith(":") or is_bold(text)


def bare(text: str) -> str:
    return text.strip("*_: ")


def with_items(lines: Sequence[Line]) -> list[Line] | None:
    """`lines` with items among them, or None when they read as sentences.

    Without any marker, what makes items is: a head in each line, a head above each line, or that all lines
    are short.
    """
    if any(line.marked for line in lines):
        return _with_first_indent(lines)
    if not any(line.kind == "text" for line in lines):
        lines = [replace(line, kind="text") if line.kind == "heading" else line for line in lines]
    for attempt in (_with_headed_lines, _with_short_lines):
        found = attempt(lines)
        if sum(line.kind == "item" for line in found) > 1:
            return found
    return None


def _with_headed_lines(lines: Sequence[Line]) -> list[Line]:
    """Makes items of "Eyebrows: lowered" on one line, or "**Eyebrows**" and its text on two."""
    found: list[Line] = []
    for line in lines:
        above = found[-1] if found else Line(kind="blank")
        if line.kind == "text" and above.kind == "heading" and names_something(above.text):
            found[-1] = replace(above, kind="item", text=f"{bare(above.text)}: {line.text}")
        elif line.kind == "text" and split_head(line.text) and not is_talk(line.text):
            found.append(replace(line, kind="item"))
        elif line.kind != "blank" or above.kind != "heading":  # the text of a heading may follow a blank line
            found.append(line)
    return found


def _with_short_lines(lines: Sequence[Line]) -> list[Line]:
    """Makes every line an item, unless some are too long or look like one sentence in several lines."""
    texts = [line.text for line in lines if line.kind == "text" and not is_talk(line.text)]
    enumerating = sum("," in text[:-1] or ";" in text[:-1] for text in texts)
    wrapped = any(text.startswith(("and ", "or ")) for text in texts)
    if wrapped or 2 * enumerating >= len(texts) or any(word_count(t) > _LONGEST_PLAIN_ITEM for t in texts):
        return list(lines)
    return [
        replace(line, kind="item") if line.kind == "text" and not is_talk(line.text) else line
        for line in lines
    ]


def _with_first_indent(lines: Sequence[Line]) -> list[Line]:
    """Stripping an indented answer moved its first item out; put it back beside the others."""
    first, *others = [line for line in lines if line.kind == "item"]
    outer = min((line.indent for line in others), default=0)
    is_plain = first.number is None and not is_bare_head(first.text)
    if lines[0] is first and is_plain and outer > first.indent:
        return [replace(first, indent=outer), *lines[1:]]
    return list(lines)


def names_something(heading: str) -> bool:
    """Whether a heading is short enough to be the head of a text, and no talk."""
    return word_count(bare(heading)) <= LONGEST_HEADING and not is_talk(heading)
