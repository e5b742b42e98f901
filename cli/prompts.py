"""`dfer prompts`: the templates of the questions."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import output
from .options import DEFAULT_DB, Db, Json, complete_class_set, complete_set, typed
from .prompt_argument import HELP, complete_prompt, resolve_prompt

if TYPE_CHECKING:
    from description_store.prompts import StoredPrompt
    from dfer.class_sets import ClassSet
    from dfer.describe.templates import PromptTemplate

app = typer.Typer(no_args_is_help=True, help="Prompts: the templates that questions are rendered from.")

Prompt = Annotated[
    str | None,
    typer.Argument(metavar="NAME|FILE|pt1:HASH", help=HELP, autocompletion=complete_prompt),
]
OfSet = Annotated[
    str | None, typer.Option("--set", help="The prompt that made this set.", autocompletion=complete_set)
]


@app.command("list")
def list_prompts(db: Db = DEFAULT_DB, json: Json = False) -> None:
    """The built-in prompts, and those in the store that differ from them."""
    from description_store import prompts
    from description_store.database import open_to_look
    from dfer.describe.templates import built_in_templates

    stored: list[StoredPrompt] = []
    if db.exists() and db.stat().st_size:
        with open_to_look(db) as store:
            stored = prompts.list_prompts(store)
    built_in = built_in_templates()
    used_by = {prompt.hash: [f"v{version}" for version in prompt.sets] for prompt in stored}
    rows = [_row(t, t.hash, t.name, used_by) for t in built_in]
    own_hashes = {t.hash for t in built_in}
    rows += [_row(_parsed(p), p.hash, p.name, used_by) for p in stored if p.hash not in own_hashes]
    if json:
        output.print_json({"prompts": rows})
        return
    output.print_table(
        ["name", "hash", "used by", "about"],
        [[row["name"], row["hash"][:12], " ".join(row["sets"]), row["about"]] for row in rows],
    )


@app.command()
def show(
    ctx: typer.Context, name: Prompt = None, of_set: OfSet = None, db: Db = DEFAULT_DB, json: Json = False
) -> None:
    """The exact text of a prompt."""
    from dfer.errors import UsageError

    of_set = typed(ctx, "of_set")  # `set` in dfer.toml is meant for `train`
    if (name is None) == (of_set is None):
        raise UsageError("one prompt is needed: a name, a file, pt1:HASH or --set", hint="dfer prompts list")
    found = _prompt_of_set(of_set, db)[0] if of_set else _find(name or "", db)
    if json:
        output.print_json({"name": found.name, "hash": found.hash, "text": found.text})
        return
    output.say(found.text, nl=False)


@app.command()
def render(
    ctx: typer.Context,
    name: Prompt = None,
    of_set: OfSet = None,
    classes: Annotated[
        str,
        typer.Option(
            help="The class set that orders and displays the classes. With --set, by default the set's own.",
            autocompletion=complete_class_set,
        ),
    ] = "mafw11",
    only: Annotated[
        list[str] | None, typer.Option("--class", help="Only this class; may be repeated.")
    ] = None,
    description: Annotated[
        str | None, typer.Option(help="For a prompt that shortens: a description that is too long.")
    ] = None,
    max_words: Annotated[
        int, typer.Option(min=1, help="For a prompt that shortens: how many words may stay.")
    ] = 30,
    db: Db = DEFAULT_DB,
    json: Json = False,
) -> None:
    """The questions as they would be sent; by default those of dfer-clip."""
    from dfer.class_sets import load_class_set
    from dfer.describe.templates import parse_template
    from dfer.errors import UsageError

    of_set = typed(ctx, "of_set")  # `set` in dfer.toml is meant for `train`
    if of_set and name:
        raise UsageError("--set names the prompt already", hint=f"leave out {name!r} or --set")
    if of_set:
        stored, class_set = _prompt_of_set(of_set, db)
        template = parse_template(name=stored.name, text=stored.text)
        if typed(ctx, "classes"):
            class_set = load_class_set(classes)
    else:
        template = resolve_prompt(name or "dfer-clip", db)
        class_set = load_class_set(classes)
    for wanted in only or ():
        if wanted not in class_set.names:
            raise UsageError(
                f"{class_set.name} has no class {wanted!r}", hint=f"it has {', '.join(class_set.names)}"
            )
    questions = _questions(template, class_set, description, max_words)
    shown = {c: question for c, question in questions.items() if not only or c in only}
    if json:
        output.print_json(
            {
                "prompt": template.name,
                "hash": template.hash,
                "class_set": class_set.name,
                "questions": shown,
            }
        )
        return
    for c, question in shown.items():
        output.say(f"[{c}]\n{question}\n")


def _questions(
    template: "PromptTemplate", class_set: "ClassSet", description: str | None, max_words: int
) -> dict[str, str]:
    from dfer.describe.templates import render_all, render_shorten
    from dfer.errors import UsageError

    if template.form == "describe":
        if description is not None:
            raise UsageError(f"prompt {template.name} asks for descriptions and shortens none")
        return render_all(template, class_set)
    if description is None:
        raise UsageError(
            f"prompt {template.name} shortens a description and needs one",
            hint="add --description TEXT, and --max-words N",
        )
    return {
        c.name: render_shorten(template, c, class_set, description=description, max_words=max_words)
        for c in class_set.classes
    }


def _prompt_of_set(name: str, db: Path) -> tuple["StoredPrompt", "ClassSet"]:
    """The prompt that made a set, and the classes that it was made for."""
    from description_store.database import open_to_look
    from description_store.prompts import find_prompt
    from description_store.sets import find_set, load_class_set_content
    from dfer.class_sets import ClassSet
    from dfer.errors import UsageError

    with open_to_look(db) as store:
        found = find_set(store, name)
        made = found.provenance
        if made.prompt_hash is None:
            raise UsageError(
                f"{found.name} was made without a prompt ({made.kind} {made.control or ''}".strip() + ")",
                hint=f"its parent: --set {made.parent_hash[:12]}" if made.parent_hash else "",
            )
        prompt = find_prompt(store, made.prompt_hash)
        content = load_class_set_content(store, found.class_set_hash)
    return prompt, ClassSet.model_validate({"name": found.class_set, "classes": content})


def _find(reference: str, db: Path) -> "StoredPrompt | PromptTemplate":
    """Shows what the store holds even where today's dfer would no longer accept it as a template."""
    from description_store.database import open_to_look
    from description_store.prompts import find_prompt

    if not reference.startswith("pt1:"):
        return resolve_prompt(reference, db)
    with open_to_look(db) as store:
        return find_prompt(store, reference)


def _row(
    template: "PromptTemplate | None", prompt_hash: str, name: str, used_by: dict[str, list[str]]
) -> dict[str, Any]:
    return {
        "name": name,
        "hash": prompt_hash,
        "about": template.about if template else "",
        "source": template.source if template else "",
        "form": template.form if template else None,
        "sets": used_by.get(prompt_hash, []),
    }


def _parsed(stored: "StoredPrompt") -> "PromptTemplate | None":
    """None for a text that an earlier dfer accepted and this one does not."""
    from dfer.describe.templates import parse_template
    from dfer.errors import ContentError

    try:
        return parse_template(name=stored.name, text=stored.text)
    except ContentError:
        return None
