"""The items of a list: what continues them, what heads they stand under, what around them is talk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dfer.describe.parsing.english import is_talk
from dfer.describe.parsing.lines import LONGEST_HEADING, Line, bare, is_bare_head, names_something
from dfer.describe.parsing.markers import one_line, split_head, tidy, word_count

_CLEARLY_DEEPER = 2  # spaces; one space is a stray


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The texts of future descriptors and the lines left out.

    `tail` is how the last text ends in the answer; empty when talk follows it, so that it must be whole.
    """

    texts: list[str]
    ignored: list[str]
    tail: str = ""


@dataclass(kw_only=True, slots=True)
class Item:
    """One marked line with the lines that continue it, and the section and item that it stands under."""

    line: Line
    section: str
    parts: list[str] = field(default_factory=list)
    parent: "Item | None" = None
    has_children: bool = False

    @property
    def text(self) -> str:
        """A bare head takes what follows on the next lines as its text."""
        if is_bare_head(self.line.text) and self.parts:
            return f"{bare(self.line.text)}: {' '.join(self.parts)}"
        return " ".join([self.line.text, *self.parts])

    @property
    def is_heading(self) -> bool:
        """Items with others below them name what those are about, unless they say more themselves."""
        if not self.has_children or self.parts:
            return False
        text = self.line.text
        return is_bare_head(text) or (split_head(text) is None and word_count(text) <= LONGEST_HEADING)


def collect_items(lines: Sequence[Line], is_echo: Callable[[str], bool]) -> Found:
    """The items of a list; one that stands under a head comes as "head: text".

    `is_echo` knows headings that repeat the question.
    """
    items: list[Item] = []
    ignored: list[str] = []
    section = ""
    after_blank = False
    ends_with_item = False
    for position, line in enumerate(lines):
        if line.kind == "blank":
            after_blank = True
            continue
        following = lines[position + 1] if position + 1 < len(lines) else Line(kind="blank")
        if line.kind == "item":
            items.append(Item(line=line, section=section, parent=_parent(items, line)))
            ends_with_item = True
        elif ends_with_item and _continues(line, items[-1].line, after_blank=after_blank):
            items[-1].parts.append(line.text)
        else:
            names = line.kind == "heading" or (following.kind == "item" and word_count(line.text) <= 3)
            usable = names and names_something(line.text)
            section = bare(line.text) if usable else "" if line.kind == "heading" else section
            ignored.append(line.text)
            ends_with_item = False
        after_blank = False
    texts = []
    for item in items:
        if item.is_heading or (is_bare_head(item.line.text) and is_talk(item.line.text)):
            ignored.append(item.line.text)
        else:
            texts.append(_under_its_head(item, is_echo))
    # Some lists end each item with a comma; then the last one's says nothing.
    by_comma = len(texts) > 1 and all(text.endswith((",", ";")) for text in texts)
    tail = texts[-1] if texts and ends_with_item and not by_comma else ""
    return Found(texts=texts, ignored=list(map(one_line, ignored)), tail=tail)


def _continues(line: Line, item: Line, *, after_blank: bool) -> bool:
    if is_talk(line.text) or line.kind != "text":
        return False
    if after_blank:
        return line.indent >= item.indent + _CLEARLY_DEEPER
    return line.indent > item.indent or line.text[0].islower()


def _parent(items: Sequence[Item], line: Line) -> Item | None:
    above = items[-1] if items else None
    while above is not None and not _stands_below(above, line):
        above = above.parent
    if above is not None:
        above.has_children = True
    return above


def _stands_below(above: Item, line: Line) -> bool:
    if not line.marked:
        return False
    if above.line.number is not None and line.number is None and line.indent >= above.line.indent:
        return True  # bullets under a number need no indent
    is_next = (
        above.line.number is not None and line.number == above.line.number + 1 and not above.has_children
    )
    return line.indent >= above.line.indent + _CLEARLY_DEEPER and not is_next


def _under_its_head(item: Item, is_echo: Callable[[str], bool]) -> str:
    above = item.parent
    while above is not None and not above.is_heading:
        above = above.parent
    head = bare(tidy(above.line.text)) if above is not None else item.section
    if not head or is_echo(head) or word_count(head) > LONGEST_HEADING:
        return item.text
    return f"{head}: {item.text}"
