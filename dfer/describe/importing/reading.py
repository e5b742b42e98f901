"""A description file of the field: which format it is, its words, and how its project makes text of them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from description_store.records import Rendering
from dfer.describe.importing.class_texts import ClassTexts
from dfer.describe.importing.exact_text import one_text_each, several_texts_each, with_added_lines
from dfer.describe.importing.json_file import read_json
from dfer.describe.importing.phrases import looks_cut, phrases
from dfer.describe.importing.plain_file import read_plain
from dfer.describe.importing.python_file import read_python
from dfer.describe.importing.sentences import mostly_sentences
from dfer.describe.importing.source_text import source_text
from dfer.describe.importing.yaml_file import read_yaml
from dfer.errors import ContentError, UsageError

Format = Literal["dfer-clip", "emoclip", "descriptors", "sentences", "plain"]
Container = Literal["python", "json", "yaml", "plain"]

FORMATS: dict[str, str] = {
    "dfer-clip": "a Python file with lists of texts, as DFER-CLIP's models/Text.py",
    "emoclip": "YAML with a sentence for each class, as EmoCLIP's class_descriptions.yml",
    "descriptors": "JSON with a list of phrases for each class, as classify_by_description's",
    "sentences": "JSON with a list of sentences for each class, as CuPL's",
    "plain": "lines of `class: text`",
}
_BY_SUFFIX: dict[str, Container] = {".py": "python", ".json": "json", ".yml": "yaml", ".yaml": "yaml"}
_PYTHON_LIST = re.compile(r"^\w+[ \t]*(?::[^=\n]+)?=[ \t]*[\[({]", re.MULTILINE)
_YAML_LIST = re.compile(r"^[^\s#:][^:\n]*:[ \t]*(?:[|>]-?[ \t]*)?\n(?:[ \t]+\S|-[ \t])", re.MULTILINE)
_PLAIN_LINE = re.compile(r"^[^\s#:][^:\n]*:[ \t]*\S", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedWords:
    """`words`: class as the file spells it → descriptors, in the file's order. `rendering` makes of them the
    texts that the file's project gives CLIP. `warnings`: what a person should look at."""

    format: Format
    words: dict[str, tuple[str, ...]]
    rendering: Rendering
    warnings: tuple[str, ...] = ()


def read_words(
    path: Path, *, format: str | None = None, variable: str | None = None, class_count: int | None = None
) -> ImportedWords:
    """The words of a file, whose format is told by its suffix and content unless it is given.

    `variable` is for Python files: which list to read; `class_count` chooses among several by their length.
    Except for "descriptors", which its project puts into a sentence, the rendered texts are the file's own.

    Raises:
        UsageError: no such file or format, a `variable` that is not there, or several that could be meant.
        ContentError: a file of no format, an export of dfer's own, or classes whose words cannot be used.
    """
    if format is not None and format not in FORMATS:
        raise UsageError(f"there is no format {format!r}", hint=_formats())
    text = source_text(path)
    container = _container(path, text, format)
    if variable is not None and container != "python":
        raise UsageError(f"{path} has no variables", hint="only Python files have; leave the variable out")
    match container:
        case "python":
            found = read_python(text, source=str(path), variable=variable, class_count=class_count)
        case "json":
            found = read_json(text, source=str(path))
        case "yaml":
            found = read_yaml(text, source=str(path))
        case "plain":
            found = read_plain(text, source=str(path))
    return _as_words(_format(found, container) if format is None else format, found)  # type: ignore[arg-type]


def _as_words(format: Format, found: ClassTexts) -> ImportedWords:
    warnings = list(found.warnings)
    if format == "descriptors":
        words, rendering, more = phrases(found.texts)
        warnings += more
    elif not found.listed:
        single = {name: own[0] for name, own in found.texts.items()}
        words, rendering = one_text_each(single, split=format != "emoclip")
    elif format == "plain" and not mostly_sentences(_all_texts(found)):
        words, rendering = with_added_lines(found.texts)
    else:
        words, rendering = several_texts_each(found.texts)
    if found.listed:
        warnings += [f"{n}: looks cut off: {w!r}" for n, own in words.items() for w in own if looks_cut(w)]
    return ImportedWords(format=format, words=words, rendering=rendering, warnings=tuple(warnings))


def _container(path: Path, text: str, format: str | None) -> Container:
    by_suffix = _BY_SUFFIX.get(path.suffix.lower())
    match format:
        case "dfer-clip":
            return "python"
        case "plain":
            return "plain"
        case "emoclip":
            return "yaml"
        case "descriptors" | "sentences" if by_suffix in ("json", "yaml"):
            return by_suffix
        case "descriptors" | "sentences":
            return "yaml" if _YAML_LIST.search(text) and text.lstrip()[:1] != "{" else "json"
    if by_suffix is not None:
        return by_suffix
    if text.lstrip()[:1] in ("{", "["):
        return "json"
    if _PYTHON_LIST.search(text):
        return "python"
    if _YAML_LIST.search(text):
        return "yaml"
    if _PLAIN_LINE.search(text):
        return "plain"
    raise ContentError(f"{path} is no description file of a format that dfer knows", hint=_formats())


def _format(found: ClassTexts, container: Container) -> Format:
    if container == "python":
        return "dfer-clip"
    if container == "plain":
        return "plain"
    if found.listed and not mostly_sentences(_all_texts(found)):
        return "descriptors"
    return "emoclip" if container == "yaml" else "sentences"


def _all_texts(found: ClassTexts) -> list[str]:
    return [text for own in found.texts.values() for text in own]


def _formats() -> str:
    return "dfer reads " + "; ".join(f"{name} ({what})" for name, what in FORMATS.items())
