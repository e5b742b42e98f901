"""`dfer classes`: class sets."""

from typing import Annotated

import typer

from . import output
from .options import Json, complete_class_set

app = typer.Typer(no_args_is_help=True, help="Class sets: the ordered names of the emotions.")


@app.command("list")
def list_classes(json: Json = False) -> None:
    """The built-in class sets."""
    from dfer.class_sets import BUILT_IN, load_class_set

    sets = [load_class_set(name) for name in BUILT_IN]
    if json:
        output.print_json(
            {
                "class_sets": [
                    {"name": s.name, "classes": len(s.names), "about": s.about, "hash": s.hash} for s in sets
                ]
            }
        )
        return
    output.print_table(
        ["name", "classes", "about"], [[s.name, str(len(s.names)), s.about] for s in sets], right=["classes"]
    )


@app.command()
def show(
    name: Annotated[
        str, typer.Argument(help="A class set, or a .toml or .json file.", autocompletion=complete_class_set)
    ],
    json: Json = False,
) -> None:
    """The classes of one set, in order."""
    from dfer.class_sets import load_class_set

    class_set = load_class_set(name)
    if json:
        classes = class_set.model_dump(mode="json")["classes"]
        output.print_json(
            {"name": class_set.name, "about": class_set.about, "hash": class_set.hash, "classes": classes}
        )
        return
    rows = [
        [str(index), c.name, c.display, ", ".join(c.components)] for index, c in enumerate(class_set.classes)
    ]
    output.print_table(["#", "name", "shown as", "components"], rows, right=["#"])
