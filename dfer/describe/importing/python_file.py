"""DFER-CLIP's `models/Text.py` and its many kin: which list holds the words, and whose words they are.

In the published files lists are named `class_descriptor_7` beside `class_names_7` and
`class_names_with_context_7`, with the number of classes, or a data set, at the end; some hold a list of texts
for each class. The lists have no class names of their own.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dfer.class_sets.aliases import DFER_CLIP_LABELS, canonical_label
from dfer.class_sets.class_set import stem
from dfer.describe.importing.class_names import is_list_of_names, names_for
from dfer.describe.importing.class_texts import ClassTexts, class_texts
from dfer.describe.importing.python_variables import read_variables
from dfer.errors import ContentError, UsageError

_DATA_SETS = ("dfew", "ferv39k", "afew", "mafw", "rafdb", "affectnet", "ferplus", "caer", "sfew", "fer2013")
_NAMED = 8


def read_python(
    text: str, *, source: str, variable: str | None = None, class_count: int | None = None
) -> ClassTexts:
    """The words of one variable. `class_count` helps to choose: of several, the one with so many classes.

    Raises:
        UsageError: a `variable` that is not there or cannot be read; several that could be meant.
        ContentError: no Python, no list of descriptions, lists whose classes nobody can tell; and as
            `class_texts`.
    """
    found = read_variables(text, source=source)
    lists = {label: value for name, value in found.values.items() for label, value in _lists(name, value)}
    warnings = []
    if unread := [f"{name} (line {line})" for name, line in found.unread.items() if not name.startswith("_")]:
        more = f" and {len(unread) - _NAMED} more" if len(unread) > _NAMED else ""
        warnings.append(f"not written out as text, so not read: {', '.join(unread[:_NAMED])}{more}")
    if variable in found.unread and variable not in lists:
        raise UsageError(
            f"{source}: {variable} is not written out: line {found.unread[variable]} computes or changes it",
            hint="dfer never runs the file; write the list out, one text a line",
        )
    chosen = _choose(lists, source, variable, class_count)
    value = lists[chosen]
    if isinstance(value, dict):
        return class_texts(value, source, warnings)
    names, guess = names_for(chosen, len(value), lists, source=source)
    return class_texts(dict(zip(names, value, strict=True)), source, [*warnings, *([guess] if guess else [])])


def _choose(lists: Mapping[str, Any], source: str, variable: str | None, class_count: int | None) -> str:
    if variable is not None:
        if variable not in lists:
            raise UsageError(f"{source} has no list of text {variable!r}", hint=_those(lists))
        return variable
    described = [label for label, value in lists.items() if not is_list_of_names(label, value)]
    if not described:
        raise ContentError(
            f"{source} has no list of descriptions at its top level",
            hint=_those(lists) or "is it the right file?",
        )
    fitting = [label for label in described if class_count in (None, len(lists[label]))]
    if len(fitting) == 1:
        return fitting[0]
    those = {label: lists[label] for label in fitting or described}
    which = "none of them" if not fitting else "more than one of them"
    count = f"{class_count} classes" if class_count is not None else "the descriptions"
    raise UsageError(f"{source}: {which} could hold {count}; name the variable", hint=_those(those))


def _lists(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The variable itself, or where it is a dictionary of data sets, each of those."""
    if isinstance(value, dict):
        if all(isinstance(inner, dict) for inner in value.values()) or _is_by_data_set(value):
            for key, inner in value.items():
                yield from _lists(f"{name}[{key!r}]", inner)
        else:
            yield name, value
    elif isinstance(value, list) and len(value) > 1 and not name.startswith("__"):
        yield name, value


def _is_by_data_set(value: Mapping[str, Any]) -> bool:
    return any(stem(key).startswith(_DATA_SETS) for key in value) and not any(
        canonical_label(key, DFER_CLIP_LABELS) for key in value
    )


def _those(lists: Mapping[str, Any]) -> str:
    if not lists:
        return ""
    return "in the file: " + ", ".join(f"{label} ({len(value)})" for label, value in lists.items())
