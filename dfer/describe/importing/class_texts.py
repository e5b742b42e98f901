"""What every format comes to: each class with the texts that the file gives it, checked one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dfer.describe.parsing.markers import has_letter
from dfer.errors import ContentError


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassTexts:
    """`texts`: class as the file spells it → its texts, each one printable line; `listed`: the file gives
    its classes lists of texts, not one text each."""

    texts: dict[str, tuple[str, ...]]
    listed: bool
    warnings: tuple[str, ...] = ()


def class_texts(content: Mapping[str, object], source: str, warnings: Sequence[str] = ()) -> ClassTexts:
    """The texts of a mapping from classes to a text or a list of texts.

    An item of a list that has no letter says nothing ("." in published CuPL files): it is left out, with a
    warning.

    Raises:
        ContentError: one message that lists every class with something else: a number, a mapping, a list in
            a list, nothing, characters that cannot be printed; names that are empty or the same.
    """
    problems: list[str] = []
    notes = list(warnings)
    texts: dict[str, tuple[str, ...]] = {}
    for written, value in content.items():
        name = one_line(written)
        if not name or not name.isprintable():
            problems.append(f"{written[:40]!r} is no class name")
        elif name in texts:
            problems.append(f"{name}: is there twice")
        elif wrong := _wrong(value):
            problems.append(f"{name}: expected a text or a list of texts, found {wrong}")
        else:
            items = [value] if isinstance(value, str) else value
            assert isinstance(items, Sequence)
            lines = [one_line(item) for item in items]
            texts[name] = tuple(line for line in lines if has_letter(line))
            if not texts[name]:
                problems.append(f"{name}: has no description")
            elif dropped := [line for line in lines if not has_letter(line)]:
                notes.append(f"{name}: left out, having no words: {', '.join(map(repr, dropped[:3]))}")
            if odd := next((line for line in texts[name] if not line.isprintable()), None):
                problems.append(f"{name}: holds characters that cannot be printed: {odd[:60]!r}")
    if not content:
        problems.append("no class is described")
    if problems:
        raise ContentError(
            f"{source} cannot be imported:\n  " + "\n  ".join(problems),
            hint="each class needs one text, or a list of texts",
        )
    listed = any(not isinstance(value, str) for value in content.values())
    return ClassTexts(texts=texts, listed=listed, warnings=tuple(notes))


def one_line(text: str) -> str:
    return " ".join(text.split())


def kind_of(value: object) -> str:
    """What was found, in words. Never the value of a container, which may be endless."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, str):
        return f"the text {value[:60]!r}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value:.6g}"
    return "a mapping" if isinstance(value, Mapping) else "a list"


def _wrong(value: object) -> str:
    """What is wrong with what a class holds; empty when nothing is."""
    if isinstance(value, str):
        return ""
    if not isinstance(value, list | tuple):
        return kind_of(value)
    return next((f"{kind_of(item)} in its list" for item in value if not isinstance(item, str)), "")
