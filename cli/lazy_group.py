"""The root group: a command is imported when it is asked for, so that `dfer --help` imports none."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from .errors import CommandGroup

# In the order of the page, with the first sentence of each command's own help: the page shows these.
HEADINGS = {
    "describe": "Ask an LLM for each class's descriptors and save them as the next version.",
    "models": "The models that the server offers, with the date until which, where it says so.",
    "train": "Train one recipe with one description set on one fold.",
    "evaluate": "Score test clips with a set's words: zero-shot, or by a trained run whose words are "
    "replaced.",
    "predict": "Recognise the emotion in videos, folders of frames or images.",
    "sweep": "Sets × recipes × folds × seeds × settings: every cell once, and on where a stopped sweep "
    "stopped.",
    "rank": "Rank sets zero-shot on validation clips: what to train first, and no result.",
    "refine": "Ask what distinguishes the classes that a set's validation clips are confused for, and keep "
    "what helps.",
    "compare": "Compare sets by their runs: means, and differences paired by fold and seed.",
    "downstream": "Predict scores, of symptoms for example, by a small head on a trained run's video tower.",
    "demo": "The whole way in a scratch folder, offline: describe, make controls, evaluate, train, compare.",
    "sets": "Description sets: look at them, change, check and compare them, carry them elsewhere.",
    "runs": "Runs: what was trained or evaluated, and what came out.",
    "experiments": "Experiments: the grids of `dfer sweep`, and how far they are.",
    "prompts": "Prompts: the templates that questions are rendered from.",
    "cache": "The cache: every answer as it came, kept for ever.",
    "classes": "Class sets: the ordered names of the emotions.",
    "data": "Clips on disk: check them, pack them, draw a synthetic world.",
    "db": "The description store: where it is, whether it is sound, copies of it.",
}


class LazyGroup(CommandGroup):
    """The root. Looking a command up in `commands` imports it; their names alone import nothing."""

    def __init__(self, **said: Any) -> None:
        if said.get("commands"):
            raise TypeError("name the command in HEADINGS; `@app.command()` at the root is not seen")
        super().__init__(**said | {"commands": _Commands()})

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        lines = [TyperCommand(name, help=heading) for name, heading in HEADINGS.items()]
        TyperGroup(name=self.name, commands=lines).format_commands(ctx, formatter)


class _Commands(Mapping[str, Any]):
    """The command of each heading, from the module of its name: its `app`, or its function of that name."""

    def __init__(self) -> None:
        self._imported: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._imported:
            self._imported[name] = _imported(name)
        return self._imported[name]

    def __iter__(self) -> Iterator[str]:
        return iter(HEADINGS)

    def __len__(self) -> int:
        return len(HEADINGS)


def _imported(name: str) -> Any:
    if name not in HEADINGS:
        raise KeyError(name)
    module = import_module(f".{name}", __package__)
    alone = typer.Typer(rich_markup_mode=None)
    if hasattr(module, "app"):
        alone.add_typer(module.app, name=name)
    else:
        alone.command(name)(getattr(module, name))
    return get_group(alone).commands[name]
