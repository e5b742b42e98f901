"""What a sweep is told: description sets × recipes × folds × seeds × values of settings."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dfer.clips.settings import ClipSettings
from dfer.errors import UsageError
from dfer.models.settings import RECIPES, TrainedSettings
from dfer.training.reading_defaults import clip_settings_of

Names = Annotated[tuple[str, ...], Field(min_length=1)]


class Grid(BaseModel):
    """Frozen, and closed. `settings` and `vary` are by setting: for all recipes, or "coop.context_tokens" for
    one. `folds` "all" are those that the data set has. `pretrained` None stands for random weights.

    What is about training (epochs, batch size, selection, augmentation, balance) leaves recipes alone that
    train nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    descriptions: Names
    data: Path
    dataset: str = "csv"
    root: Path | None = None
    allow_missing_classes: bool = False
    recipes: Names = ("dfer-clip",)
    folds: tuple[int, ...] | Literal["all"] = (1,)
    seeds: tuple[int, ...] = (1,)
    vary: dict[str, tuple[Any, ...]] = {}
    settings: dict[str, Any] = {}
    clip: str = "ViT-B-32"
    pretrained: str | None = None
    epochs: int | None = None
    batch_size: int | None = None
    selection: Literal["last", "best-val", "best-test"] = "last"
    augmentation: str | None = None
    sampling: Literal["segments", "windows"] | None = None
    downsample: int | None = None
    random_test_windows: bool | None = None
    short_clips: str | None = None
    broken_frames: str | None = None
    balance: str | None = None
    precision: Literal["fp32", "bf16"] = "fp32"

    def overrides(self, recipe: str) -> dict[str, Any]:
        """The settings that every cell of the recipe has in place of the published ones."""
        named = {"epochs": self.epochs, "batch_size": self.batch_size} if trains(recipe) else {}
        said = {name: value for name, value in named.items() if value is not None}
        return _of_recipe(recipe, self.settings) | said

    def varied(self, recipe: str) -> dict[str, tuple[Any, ...]]:
        """The values that each of the varied settings takes on in cells of the recipe."""
        return _of_recipe(recipe, self.vary)

    def clip_settings(self, recipe: str) -> ClipSettings:
        """Raises UsageError where settings do not go together."""
        return clip_settings_of(
            recipe,
            sampling=self.sampling,
            downsample=self.downsample,
            random_test_windows=self.random_test_windows,
            short_clips=self.short_clips,
            broken_frames=self.broken_frames,
            balance=self.balance if trains(recipe) else None,
        )


def trains(recipe: str) -> bool:
    """Whether a recipe trains anything; an unknown one is left to `recipe_settings`."""
    return recipe not in RECIPES or isinstance(RECIPES[recipe], TrainedSettings)


def _of_recipe(recipe: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said for all recipes, and over it what is said for this one."""
    for_all = {name: value for name, value in said.items() if "." not in name}
    own = {
        name.removeprefix(f"{recipe}."): value
        for name, value in said.items()
        if name.startswith(f"{recipe}.")
    }
    return for_all | own


def check_addresses(grid: Grid) -> None:
    """Raises UsageError for "cop.context_tokens": what is said for a recipe that is not in the grid waits for
    it, but one that does not exist is misspelt."""
    for name in (*grid.settings, *grid.vary):
        recipe, dot, _ = name.partition(".")
        if dot and recipe not in RECIPES:
            raise UsageError(f"{name}: there is no recipe {recipe!r}", hint=f"one of {', '.join(RECIPES)}")


def check_said_once(grid: Grid) -> None:
    """Raises UsageError for a setting that is varied and also has one value; one recipe may have its own."""
    named = {"epochs": grid.epochs, "batch_size": grid.batch_size}
    fixed = {*grid.settings, *(name for name, value in named.items() if value is not None)}
    if twice := sorted(fixed & grid.vary.keys()):
        raise UsageError(f"{twice[0]} is varied, but also said for all cells", hint="leave one of them out")


def parse_numbers(text: str, *, what: str) -> tuple[int, ...]:
    """ "1-3,5" → (1, 2, 3, 5). Each number once, in the order said.

    Raises:
        UsageError: anything else, or a range that goes down.
    """
    numbers: dict[int, None] = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?", part, re.ASCII)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not first <= last < first + _MOST:
            raise UsageError(
                f"--{what} {text}: expected numbers, of a range the lower first",
                hint=f"for example --{what} 1-3,5",
            )
        numbers |= dict.fromkeys(range(first, last + 1))
    return tuple(numbers)


_MOST = 10_000
"""A longer range is a slip of the fingers, not a plan."""


def parse_folds(text: str) -> tuple[int, ...] | Literal["all"]:
    """As `parse_numbers`; "all" stands for those that the data set has."""
    return "all" if text.strip() == "all" else parse_numbers(text, what="folds")


def parse_names(texts: Sequence[str], *, what: str) -> tuple[str, ...]:
    """ "v1,v3" and "@control" → ("v1", "v3", "@control"). Each once.

    Raises:
        UsageError: there are none.
    """
    names = tuple(dict.fromkeys(name.strip() for text in texts for name in text.split(",") if name.strip()))
    if not names:
        raise UsageError(f"--{what}: expected one or more names, separated by commas")
    return names


def parse_vary(texts: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """ "context_tokens=4,8" → {"context_tokens": (4, 8)}; a JSON list holds values that have commas.

    Raises:
        UsageError: no setting, no values, or one setting twice.
    """
    varied: dict[str, tuple[Any, ...]] = {}
    for text in texts:
        name, equals, said = text.partition("=")
        whole = _as_json(said)
        values = whole if isinstance(whole, list) else [_as_json(part) for part in said.split(",")]
        if not equals or not name.strip() or not values or "" in values:
            raise UsageError(
                f"--vary {text}: expected SETTING=VALUE,VALUE", hint="for example --vary context_tokens=4,8"
            )
        if not _is_json(values):
            raise UsageError(f"--vary {text}: expected finite numbers, words or lists of them")
        if name.strip() in varied:
            raise UsageError(f"--vary {name.strip()} twice", hint="say all of its values at once")
        varied[name.strip()] = tuple(values)
    return varied


def _as_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text.strip()


def _is_json(values: Any) -> bool:
    """Python reads NaN, and 1e999 as infinite; neither has a place in a specification."""
    try:
        json.dumps(values, allow_nan=False)
    except ValueError:
        return False
    return True
