"""`dfer prompts`: the templates of the questions."""

from typing import Annotated

import typer

from . import output
from .options import Json, complete_class_set

app = typer.Typer(no_args_is_help=True, help="Prompts: the templates that questions are rendered from.")


@app.command("list")
def list_prompts(json: Json = False) -> None:
    """The built-in prompts."""
    from dfer.describe.templates import built_in_templates

    templates = built_in_templates()
    if json:
        output.print_json(
            {
                "prompts": [
                    {"name": t.name, "hash": t.hash, "about": t.about, "source": t.source} for t in templates
                ]
            }
        )
        return
    output.print_table(["name", "hash", "about"], [[t.name, t.hash[4:16], t.about] for t in templates])


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A prompt's name, or a template file.")], json: Json = False
) -> None:
    """A prompt as it stands in its file."""
    from dfer.describe.templates import load_template

    template = load_template(name)
    if json:
        output.print_json({"name": template.name, "hash": template.hash, "text": template.text})
        return
    typer.echo(template.text, nl=False)


@app.command()
def render(
    name: Annotated[str, typer.Argument(help="A prompt's name, or a template file.")] = "dfer-clip",
    classes: Annotated[
        str,
        typer.Option(
            help="The class set that orders and displays the classes.", autocompletion=complete_class_set
        ),
    ] = "mafw11",
    only: Annotated[
        list[str] | None, typer.Option("--class", help="Only this class; may be repeated.")
    ] = None,
    json: Json = False,
) -> None:
    """The questions as they would be sent."""
    from dfer.class_sets import load_class_set
    from dfer.describe.templates import load_template, render_all
    from dfer.errors import UsageError

    class_set = load_class_set(classes)
    for wanted in only or ():
        if wanted not in class_set.names:
            raise UsageError(
                f"{class_set.name} has no class {wanted!r}", hint=f"it has {', '.join(class_set.names)}"
            )
    questions = render_all(load_template(name), class_set)
    shown = {c: question for c, question in questions.items() if not only or c in only}
    if json:
        output.print_json({"prompt": name, "class_set": class_set.name, "questions": shown})
        return
    for c, question in shown.items():
        typer.echo(f"[{c}]\n{question}\n")
