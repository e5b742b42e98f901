"""Prompts: Jinja2 templates with a short TOML front matter, rendered in a sandbox, addressed by content.

A template sees `class_name` (the display name), `components` (of a compound emotion, else empty) and
`class_set`. Nothing is sent before every class has been rendered and no two classes ask the same question.
"""

import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from description_store.hashing import tagged_hash
from dfer.class_sets import ClassSet, EmotionClass
from dfer.errors import ContentError, UsageError

VARIABLES = ("class_name", "components", "class_set")
_CLASS_VARIABLES = {"class_name", "components"}

_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptTemplate:
    """`text` is the whole file, front matter included; `body` is what Jinja renders."""

    name: str
    text: str
    body: str
    about: str = ""
    source: str = ""

    @property
    def hash(self) -> str:
        return tagged_hash("pt1", self.text)


def built_in_templates() -> list[PromptTemplate]:
    files = sorted(f.name for f in resources.files("dfer_prompts").iterdir() if f.name.endswith(".j2"))
    return [load_template(file.removesuffix(".j2")) for file in files]


def load_template(name_or_file: str) -> PromptTemplate:
    """A template of this package by name, or a user's own by its path.

    Raises:
        UsageError: there is no such template or file.
        ContentError: the file is no template, or never uses the class.
    """
    folder = resources.files("dfer_prompts")
    built_in = folder / f"{name_or_file}.j2"
    if re.fullmatch(r"[\w-]+", name_or_file) and built_in.is_file():
        return parse_template(name=name_or_file, text=built_in.read_text(encoding="utf-8"))
    path = Path(name_or_file)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ContentError(f"prompt {path} is not UTF-8 text: {error}") from error
    except OSError as error:
        known = sorted(f.name.removesuffix(".j2") for f in folder.iterdir() if f.name.endswith(".j2"))
        raise UsageError(
            f"there is no prompt {name_or_file!r}",
            hint=f"built in: {', '.join(known)}; or name a template file of your own",
        ) from error
    return parse_template(name=path.stem, text=text)


def parse_template(*, name: str, text: str) -> PromptTemplate:
    """Read the front matter (`+++` TOML `+++`, optional) and refuse a body that never uses the class."""
    front: dict[str, object] = {}
    body = text
    if match := re.match(r"\+\+\+\r?\n(.*?)^\+\+\+[ \t]*\r?\n", text, re.DOTALL | re.MULTILINE):
        try:
            front = tomllib.loads(match[1])
        except tomllib.TOMLDecodeError as error:
            raise ContentError(f"prompt {name}: its front matter is not TOML: {error}") from error
        body = text[match.end() :]
    template = PromptTemplate(
        name=name,
        text=text,
        body=body,
        about=str(front.get("about", "")),
        source=str(front.get("source", "")),
    )
    _check_body(template)
    return template


def _check_body(template: PromptTemplate) -> None:
    # `{class}` is not Jinja: it would be sent as it stands, the same for every class.
    if match := re.search(r"(?<!\{)\{\s*(class|class_name|emotion|label)\s*\}(?!\})", template.body):
        raise ContentError(
            f"prompt {template.name} contains the literal text {match[0]!r}", hint="use {{ class_name }}"
        )
    try:
        used = meta.find_undeclared_variables(_ENVIRONMENT.parse(template.body))
    except TemplateError as error:
        raise ContentError(f"prompt {template.name} is not a Jinja2 template: {error}") from error
    if unknown := sorted(used - set(VARIABLES)):
        raise ContentError(
            f"prompt {template.name} uses {', '.join(unknown)}, which dfer does not give it",
            hint=f"it may use {', '.join(VARIABLES)}",
        )
    if not used & _CLASS_VARIABLES:
        raise ContentError(
            f"prompt {template.name} never uses the class, so every class would get the same answer",
            hint="use {{ class_name }} in it",
        )


def render(template: PromptTemplate, emotion: EmotionClass, class_set: ClassSet) -> str:
    """The question for one class, without white space around it."""
    try:
        question = _ENVIRONMENT.from_string(template.body).render(
            class_name=emotion.display, components=emotion.components, class_set=class_set.name
        )
    except Exception as error:  # whatever a user's template does: 1/0, a missing index, an unsafe attribute
        raise ContentError(
            f"prompt {template.name} cannot be rendered for {emotion.name!r}: {error}"
        ) from error
    return question.strip()


def render_all(template: PromptTemplate, class_set: ClassSet) -> dict[str, str]:
    """The questions for all classes, by class name.

    Raises:
        ContentError: a question is empty, or two classes would be asked the same.
    """
    questions = {c.name: render(template, c, class_set) for c in class_set.classes}
    owners: dict[str, str] = {}
    for name, question in questions.items():
        if not question:
            raise ContentError(f"prompt {template.name} renders nothing for class {name!r}")
        if (other := owners.setdefault(question, name)) is not name:
            raise ContentError(
                f"prompt {template.name} asks the same question for {other!r} and {name!r}",
                hint="use {{ class_name }} so that each class has its own",
            )
    return questions
