"""A set's words as a small YAML file: what `dfer sets edit` opens, and `export --format yaml` writes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from description_store.records import DescriptionSet, Rendering
from dfer.class_sets import ClassSet
from dfer.describe.children import own_words
from dfer.describe.importing.yaml_file import UniqueKeyLoader
from dfer.describe.rendering import choose_rendering
from dfer.errors import ContentError

_KEYS = ("class_set", "context_tokens", "rendering", "note", "classes")


@dataclass(frozen=True, kw_only=True, slots=True)
class WordsFile:
    """What such a file says; None where it is silent."""

    descriptors: dict[str, tuple[str, ...]]
    rendering: Rendering | None
    context_tokens: int | None
    class_set: str | None
    note: str


def write_words(found: DescriptionSet, class_set: ClassSet, *, heading: str) -> str:
    """`heading` becomes comments. Compounds that are made of their parts are not in the file."""
    comments = "".join(f"# {line}".rstrip() + "\n" for line in heading.splitlines())
    content = {
        "class_set": found.class_set,
        "context_tokens": found.context_tokens,
        "rendering": found.rendering.model_dump(mode="json", exclude_none=True),
        "note": "",
        "classes": {name: list(own.descriptors) for name, own in own_words(found, class_set).items()},
    }
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=10_000)
    return comments + text


def read_words_file(text: str, *, source: str) -> WordsFile:
    """Everything in the file is text to us: a descriptor `no` stays "no".

    Raises:
        ContentError: no YAML, or not of this form: where, what was found, what was expected.
    """
    try:
        content = yaml.load(text, Loader=UniqueKeyLoader)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        raise ContentError(f"{source} is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ContentError(f"{source}: expected the keys {', '.join(_KEYS)}, found {_kind(content)}")
    if unknown := [key for key in content if key not in _KEYS]:
        raise ContentError(f"{source}: unknown key {unknown[0]!r}", hint=f"known: {', '.join(_KEYS)}")
    classes = content.get("classes")
    if not isinstance(classes, dict):
        raise ContentError(f"{source}: `classes` must map class names to lists, found {_kind(classes)}")
    return WordsFile(
        descriptors={str(name): _descriptors(name, words, source) for name, words in classes.items()},
        rendering=_rendering(content.get("rendering"), source),
        context_tokens=_number(_text(content, "context_tokens", source), source),
        class_set=_text(content, "class_set", source) or None,
        note=_text(content, "note", source),
    )


def is_words_file(text: str) -> bool:
    """Whether a YAML file is of this form, and not EmoCLIP's, which maps classes to sentences at its top."""
    return any(line.startswith("classes:") for line in text.splitlines())


def check_classes(
    words: Mapping[str, tuple[str, ...]], class_set: ClassSet, rendering: Rendering, *, source: str
) -> None:
    """Raises ContentError unless the file has every class that has words of its own, and no other."""
    of_parts = {c.name for c in class_set.classes if c.components and rendering.compounds}
    needed = [name for name in class_set.names if name not in of_parts]
    missing = [name for name in needed if name not in words]
    extra = [name for name in words if name not in needed]
    if missing or extra:
        wrong = [f"missing {', '.join(missing)}"] if missing else []
        wrong += [f"not in {class_set.name}: {', '.join(extra)}"] if extra else []
        raise ContentError(f"{source} is not of {class_set.name}: {'; '.join(wrong)}")


def _descriptors(name: str, words: Any, source: str) -> tuple[str, ...]:
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        bad = next((w for w in words if not isinstance(w, str)), words) if isinstance(words, list) else words
        raise ContentError(
            f"{source}, {name}: expected a list of descriptors, found {_kind(bad)}",
            hint="one descriptor per line, each after '- '; put it in quotes if it holds ': '",
        )
    return tuple(words)


def _rendering(content: Any, source: str) -> Rendering | None:
    if content in (None, ""):
        return None
    try:
        read = Rendering.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ContentError(f"{source}: rendering {where}: {first['msg']}") from error
    return choose_rendering(**{"form": "list"} | read.model_dump(exclude_unset=True))


def _text(content: dict[Any, Any], key: str, source: str) -> str:
    value = content.get(key, "")
    if not isinstance(value, str):
        raise ContentError(f"{source}: {key} must be text, found {_kind(value)}")
    return value


def _number(text: str, source: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,4}", text):
        raise ContentError(f"{source}: context_tokens must be a small whole number, found {text!r:.60}")
    return int(text)


def _kind(value: Any) -> str:
    if value in (None, ""):
        return "nothing"
    if isinstance(value, str):
        return f"the text {value!r:.60}"
    return "a list" if isinstance(value, list) else "a mapping"
