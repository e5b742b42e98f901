"""Plain text: `class: text`, one a line. Several lines of one class add up."""

from dfer.describe.importing.class_texts import ClassTexts, class_texts
from dfer.errors import ContentError

_NAMED = 5


def read_plain(text: str, *, source: str) -> ClassTexts:
    """Blank lines and lines that begin with `#` say nothing. Only the first colon of a line counts.

    Raises:
        ContentError: lines without a class or without a text, by their numbers; and as `class_texts`.
    """
    lines: dict[str, list[str]] = {}
    problems: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        name, colon, rest = (part.strip() for part in line.partition(":"))
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if colon and name and rest:
            lines.setdefault(name, []).append(rest)
        else:
            problems.append(f"line {number}: expected `class: text`, found {line.strip()[:60]!r}")
    if problems:
        more = f"\n  and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
        raise ContentError(f"{source} cannot be imported:\n  " + "\n  ".join(problems[:_NAMED]) + more)
    several = any(len(texts) > 1 for texts in lines.values())
    return class_texts({name: t if several else t[0] for name, t in lines.items()}, source)
