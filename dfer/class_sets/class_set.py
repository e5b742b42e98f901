"""Class sets: the ordered class names that labels, descriptions and scores refer to.

Labels are stored by name everywhere; an integer exists only beside the class set that orders it.
"""

import difflib
import json
import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator

from description_store.hashing import class_set_hash
from dfer.errors import ContentError, UsageError

BUILT_IN = ("dfew7", "ferv39k7", "afew7", "mafw11", "mafw43")


class EmotionClass(BaseModel):
    """One class: `name` is its identity, `display` how people and LLMs read it, `components` its parts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    display: str = ""
    components: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_plain_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @field_validator("name", "display")
    @classmethod
    def _one_tidy_line(cls, value: str) -> str:
        value = " ".join(value.split())
        if any(not character.isprintable() for character in value):
            raise ValueError(f"{value!r} holds characters that cannot be printed")
        return value

    @model_validator(mode="after")
    def _name_is_not_empty(self) -> "EmotionClass":
        if not self.name:
            raise ValueError("a class name is empty")
        if not self.display:
            object.__setattr__(self, "display", " and ".join(self.components) or self.name)
        return self


class ClassSet(BaseModel):
    """Ordered classes under one name. The order is part of what it is: see `hash`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    about: str = ""
    classes: tuple[EmotionClass, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.classes)

    @property
    def hash(self) -> str:
        """Identity of names, display names, components and their order (not of the set's own name)."""
        return class_set_hash(self.model_dump(mode="json")["classes"])

    @model_validator(mode="after")
    def _classes_can_be_told_apart(self) -> "ClassSet":
        if len(self.classes) < 2:
            raise ValueError(f"needs at least two classes, found {len(self.classes)}")
        seen: dict[str, str] = {}
        for name in self.names:
            if (other := seen.setdefault(stem(name), name)) is not name:
                problem = "is listed twice" if other == name else f"and {other!r} differ only in spelling"
                raise ValueError(f"class {name!r} {problem}")
        shown: dict[str, str] = {}
        for c in self.classes:
            if (owner := shown.setdefault(c.display.casefold(), c.name)) is not c.name:
                raise ValueError(f"classes {owner!r} and {c.name!r} are both displayed as {c.display!r}")
        return self


def stem(name: str) -> str:
    """What two class names must not share: letters and digits only, lower case.

    "Happy face", "happy_face" and "happy-face" collide, because they would name the same folder, column or
    file and nobody could tell their results apart.
    """
    return re.sub(r"[\W_]+", "", name.casefold()) or name.casefold()


def load_class_set(name_or_file: str) -> ClassSet:
    """A built-in class set by name, or a user's own from a TOML or JSON file.

    A file holds `classes`, a list of names or of `{name, display?, components?}`, and optionally `name` and
    `about`; a JSON file may be the bare list.

    Raises:
        UsageError: no such built-in set and no such file.
        ContentError: the file is not a valid class set.
    """
    if name_or_file in BUILT_IN:
        text = (resources.files("dfer.class_sets") / f"{name_or_file}.toml").read_text(encoding="utf-8")
        return _parse(tomllib.loads(text), default_name=name_or_file, source=name_or_file)
    path = Path(name_or_file)
    if path.suffix.lower() not in (".toml", ".json"):
        near = difflib.get_close_matches(name_or_file.lower(), BUILT_IN, n=1)
        raise UsageError(
            f"unknown class set {name_or_file!r}" + (f": did you mean {near[0]}?" if near else ""),
            hint=f"built in: {', '.join(BUILT_IN)}; or name a .toml or .json file of your own",
        )
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except OSError as error:
        raise UsageError(
            f"cannot read the class set {name_or_file!r}: {error.strerror}",
            hint=f"built in: {', '.join(BUILT_IN)}",
        ) from error
    except ValueError as error:  # TOML, JSON and UTF-8 errors are all ValueErrors
        raise ContentError(f"class set file {path} cannot be parsed: {error}") from error
    if isinstance(content, list):
        content = {"classes": content}
    return _parse(content, default_name=path.stem, source=str(path))


def _parse(content: Any, *, default_name: str, source: str) -> ClassSet:
    if not isinstance(content, dict):
        raise ContentError(f"class set {source}: expected a list of classes or a table with `classes`")
    try:
        return ClassSet.model_validate({"name": default_name, **content})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise ContentError(f"class set {source}: {where + ': ' if where else ''}{message}") from error
