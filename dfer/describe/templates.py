"""Prompts: Jinja2 templates with a short TOML front matter, rendered in a sandbox, addressed by content.

A template sees `class_name` (the display name), `components` (of a compound emotion, else empty), `class_set`
and `others` (the display names of the other classes, in order). One of the form "shorten" asks for less of a
description that is too long, and sees `description` and `max_words` too. Nothing is sent before every class
has been rendered and no two classes ask the same question.
"""

import difflib
import functools
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

from jinja2 import Template, TemplateError, meta

from description_store.hashing import prompt_hash
from dfer.class_sets import ClassSet, EmotionClass
from dfer.describe.sandbox import LIMIT, BoundedSandbox, TooLarge
from dfer.errors import ContentError, UsageError

Form = Literal["describe", "shorten"]

VARIABLES: dict[Form, tuple[str, ...]] = {
    "describe": ("class_name", "components", "class_set", "others"),
    "shorten": ("class_name", "components", "class_set", "others", "description", "max_words"),
}
_CLASS_VARIABLES = {"class_name", "components"}
_FRONT_MATTER = ("about", "form", "source")

_ENVIRONMENT = BoundedSandbox()


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptTemplate:
    """`text` is the whole file, front matter included; `body` is what Jinja renders, with `variables`."""

    name: str
    text: str
    body: str
    variables: frozenset[str]
    about: str = ""
    source: str = ""
    form: Form = "describe"

    @property
    def hash(self) -> str:
        return prompt_hash(self.text)


def built_in_names() -> list[str]:
    files = (file.name for file in resources.files("dfer_prompts").iterdir())
    return sorted(name.removesuffix(".j2") for name in files if name.endswith(".j2"))


def built_in_templates() -> list[PromptTemplate]:
    return [load_template(name) for name in built_in_names()]


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
        raise UsageError(
            f"there is no prompt {name_or_file!r}",
            hint=f"built in: {', '.join(built_in_names())}; or name a template file of your own",
        ) from error
    return parse_template(name=path.stem, text=text)


def parse_template(*, name: str, text: str) -> PromptTemplate:
    """Read the front matter (`+++` TOML `+++`, optional) and check that the body can do what its form is for.

    Raises:
        ContentError: unknown front matter; no Jinja2; a variable that is not given; a body that never uses
            the class, or in the form "shorten" the description.
    """
    front: dict[str, object] = {}
    body = text
    if match := re.match(r"\+\+\+\r?\n(.*?)^\+\+\+[ \t]*\r?\n", text, re.DOTALL | re.MULTILINE):
        try:
            front = tomllib.loads(match[1])
        except tomllib.TOMLDecodeError as error:
            raise ContentError(f"prompt {name}: its front matter is not TOML: {error}") from error
        body = text[match.end() :]
    form = _form_of(name, front)
    return PromptTemplate(
        name=name,
        text=text,
        body=body,
        variables=_checked_variables(name, body, form),
        about=str(front.get("about", "")),
        source=str(front.get("source", "")),
        form=form,
    )


def _form_of(name: str, front: dict[str, object]) -> Form:
    for key in front:
        if key not in _FRONT_MATTER:
            near = difflib.get_close_matches(key, _FRONT_MATTER, n=1)
            raise ContentError(
                f"prompt {name}: its front matter has an unknown key {key!r}",
                hint=f"did you mean {near[0]!r}?" if near else f"known are {', '.join(_FRONT_MATTER)}",
            )
    asked = front.get("form", "describe")
    for form in VARIABLES:
        if asked == form:
            return form
    near = difflib.get_close_matches(str(asked), VARIABLES, n=1)
    raise ContentError(
        f"prompt {name}: there is no form {asked!r}",
        hint=f"did you mean {near[0]!r}?" if near else f"there are {' and '.join(VARIABLES)}",
    )


def _checked_variables(name: str, body: str, form: Form) -> frozenset[str]:
    # `{class}` is not Jinja: it would be sent as it stands, the same for every class.
    if match := re.search(r"(?<!\{)\{\s*(class|class_name|emotion|label)\s*\}(?!\})", body):
        raise ContentError(
            f"prompt {name} contains the literal text {match[0]!r}", hint="use {{ class_name }}"
        )
    try:
        used = meta.find_undeclared_variables(_ENVIRONMENT.parse(body))
    except TemplateError as error:
        raise ContentError(f"prompt {name} is not a Jinja2 template: {error}") from error
    if unknown := sorted(used - set(VARIABLES[form])):
        of_shorten = set(unknown) <= set(VARIABLES["shorten"])
        raise ContentError(
            f"prompt {name} uses {', '.join(unknown)}, which dfer does not give it",
            hint='only a prompt with `form = "shorten"` in its front matter gets that'
            if of_shorten
            else f"it may use {', '.join(VARIABLES[form])}",
        )
    if form == "shorten" and "description" not in used:
        raise ContentError(
            f"prompt {name} never uses the description that it should shorten",
            hint="use {{ description }} in it",
        )
    if form == "describe" and not used & _CLASS_VARIABLES:
        raise ContentError(
            f"prompt {name} never uses the class, so every class would get the same answer",
            hint="use {{ class_name }} in it",
        )
    return frozenset(used)


def render(template: PromptTemplate, emotion: EmotionClass, class_set: ClassSet) -> str:
    """The question for one class, without white space around it.

    Raises:
        ContentError: the template fails, makes more than LIMIT characters, or is of the form "shorten".
    """
    if template.form == "shorten":
        raise ContentError(
            f"prompt {template.name} shortens descriptions and cannot ask for one",
            hint="it is the form for `--on-overflow ask`",
        )
    return _render(template, emotion, class_set)


def render_shorten(
    template: PromptTemplate, emotion: EmotionClass, class_set: ClassSet, *, description: str, max_words: int
) -> str:
    """The question for a shorter form of one class's description, without white space around it.

    Raises:
        ContentError: the template fails, makes nothing or more than LIMIT characters, or is of another form.
    """
    if template.form != "shorten":
        raise ContentError(
            f"prompt {template.name} asks for descriptions and cannot shorten one",
            hint='a prompt for `--on-overflow ask` has `form = "shorten"` in its front matter',
        )
    question = _render(template, emotion, class_set, description=description, max_words=max_words)
    if not question:
        raise ContentError(f"prompt {template.name} renders nothing for class {emotion.name!r}")
    return question


@functools.cache
def _compiled(body: str) -> Template:
    """Hundreds of classes are asked by one template."""
    return _ENVIRONMENT.from_string(body)


def _render(template: PromptTemplate, emotion: EmotionClass, class_set: ClassSet, **more: str | int) -> str:
    try:
        question = _compiled(template.body).render(
            class_name=emotion.display,
            components=emotion.components,
            class_set=class_set.name,
            others=tuple(c.display for c in class_set.classes if c.name != emotion.name),
            **more,
        )
    except TooLarge as error:
        raise ContentError(
            f"prompt {template.name} grows over {LIMIT:,} characters for {emotion.name!r}",
            hint="is there a loop in a loop, or a text times a number? No question may be so long",
        ) from error
    except Exception as error:  # whatever a user's template does: 1/0, a missing index, an unsafe attribute
        raise ContentError(
            f"prompt {template.name} cannot be rendered for {emotion.name!r}: {error}"
        ) from error
    return question.strip()


def render_all(template: PromptTemplate, class_set: ClassSet) -> dict[str, str]:
    """The questions for all classes, by class name.

    Raises:
        ContentError: a question is empty, two classes would be asked the same, or as `render`.
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
