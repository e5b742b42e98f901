"""One description set as a file: with its ancestors, prompts, and the raw answers its words come from.

Made to be read in a diff: one descriptor a line, stable order, no number that only this store knows. Every
hash in it is derived again when it is read, so a file that was changed on the way is refused.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from description_store.errors import DamagedFile, UnknownName
from description_store.hashing import answer_key, canonical_json, class_set_hash, prompt_hash, tagged_hash
from description_store.records import (
    COMMA_LIST,
    Answer,
    Description,
    DescriptionSet,
    Provenance,
    Record,
    Rendering,
)

FORMAT = 1


class ExportedAsking(Record):
    """A request as it was asked for, where the server made us ask otherwise (docs/cache-key.md)."""

    asked_key: str
    dropped: tuple[str, ...]
    other_api: bool


class ExportedParse(Record):
    parser_version: str
    descriptors: tuple[str, ...]
    ignored: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class ExportedAnswer(Answer):
    """An answer with what it was asked as, and what parsers read from it.

    Id and generation are a store's own: they stand at their defaults, which are not written.
    """

    asked_as: tuple[ExportedAsking, ...] = ()
    parses: tuple[ExportedParse, ...] = ()

    @property
    def answer(self) -> Answer:
        return Answer.model_validate(self.model_dump(exclude={"id", "generation", "asked_as", "parses"}))


class Source(Record):
    """`answer` counts from 0 in the file's list."""

    answer: int
    parser_version: str


class ExportedDescription(Record):
    class_name: str
    descriptors: tuple[str, ...]
    text: str
    tokens: int
    dropped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()


class ExportedSet(Record):
    hash: str
    class_set: str
    class_set_hash: str
    rendering: Rendering = COMMA_LIST
    context_tokens: int
    note: str = ""
    dfer_version: str = ""
    created_at: str
    provenance: Provenance
    descriptions: tuple[ExportedDescription, ...]

    @property
    def description_set(self) -> DescriptionSet:
        """Unsaved, and without its sources, which are rows of a store."""
        words = tuple(Description(**d.model_dump(exclude={"sources"})) for d in self.descriptions)
        return DescriptionSet(**self.model_dump(exclude={"hash", "descriptions"}), descriptions=words)


class ExportedClassSet(Record):
    name: str
    classes: tuple[dict[str, Any], ...]


class ExportedPrompt(Record):
    name: str
    text: str


class ExportFile(Record):
    """`sets` begin with the oldest ancestor and end with the set itself, whose hash is `set`."""

    dfer_export: int
    set: str
    sets: tuple[ExportedSet, ...]
    class_sets: dict[str, ExportedClassSet]
    prompts: dict[str, ExportedPrompt]
    answers: tuple[ExportedAnswer, ...]


def write_export(content: ExportFile) -> str:
    """The file's text, ending in a checksum of everything before."""
    plain = content.model_dump(mode="json", exclude_defaults=True)
    plain["sha256"] = _checksum(plain)
    return json.dumps(plain, ensure_ascii=False, indent=1) + "\n"


def load_export(path: Path) -> ExportFile:
    """Raises UnknownName where the file cannot be read, and as `read_export`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnknownName(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DamagedFile(f"{path} is no UTF-8 text: {error.reason}") from error
    return read_export(text, source=path.name)


def read_export(text: str, *, source: str) -> ExportFile:
    """The content of an export, every hash in it derived again.

    Raises:
        DamagedFile: no dfer export, of a newer form, changed since it was written, or not consistent.
    """
    try:
        plain = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise DamagedFile(f"{source} is no JSON: {error}", hint="was it cut off?") from error
    if not isinstance(plain, dict) or "dfer_export" not in plain:
        raise DamagedFile(
            f"{source} is no export of a description set", hint="`dfer sets export v1` writes one"
        )
    if plain["dfer_export"] != FORMAT:
        raise DamagedFile(
            f"{source} has the form {plain['dfer_export']!r}, this dfer reads form {FORMAT}",
            hint="upgrade dfer to use it",
        )
    checksum = plain.pop("sha256", None)
    if checksum != _checksum(plain):
        raise DamagedFile(
            f"{source} was changed since it was exported: its checksum does not fit",
            hint="to edit words by hand: dfer sets export --format yaml, then dfer sets edit --file",
        )
    try:
        content = ExportFile.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DamagedFile(f"{source}: {where}: {first['msg']}") from error
    if wrong := _inconsistency(content):
        raise DamagedFile(f"{source}: {wrong}")
    return content


def source_of(path: Path) -> str:
    """What an import is said to come from: the file's name and the SHA-256 of its bytes."""
    return f"{path.name}, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}"


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _checksum(plain: dict[str, Any]) -> str:
    return tagged_hash("sha256", canonical_json(plain)).partition(":")[2]


def _inconsistency(content: ExportFile) -> str | None:
    """The first hash or reference that does not hold, in words."""
    if not content.sets or content.sets[-1].hash != content.set:
        return "the set it names is not its last"
    for digest, class_set in content.class_sets.items():
        if class_set_hash(class_set.classes) != digest:
            return f"the classes of {class_set.name} are not those of {digest}"
    for digest, prompt in content.prompts.items():
        if prompt_hash(prompt.text) != digest:
            return f"the text of prompt {prompt.name} is not that of {digest}"
    for answer in content.answers:
        if "key_version" not in answer.identity or answer_key(answer.identity) != answer.key:
            return f"the answer of {answer.key} was not asked for so"
    for one in content.sets:
        if one.description_set.hash != one.hash:
            return f"the words or the origin of {one.hash} are not its own"
        if one.class_set_hash not in content.class_sets:
            return f"the classes of {one.hash} are missing"
        prompts = (one.provenance.prompt_hash, one.provenance.shorten_prompt_hash)
        if missing := [digest for digest in prompts if digest and digest not in content.prompts]:
            return f"the prompt {missing[0]} is missing"
        for source in (source for d in one.descriptions for source in d.sources):
            if not 0 <= source.answer < len(content.answers) or source.parser_version not in {
                parse.parser_version for parse in content.answers[source.answer].parses
            }:
                return f"an answer of {one.hash} is missing"
    return None
