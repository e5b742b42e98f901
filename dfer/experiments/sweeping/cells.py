"""From a grid to its cells, before anything is read: which combinations there are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from description_store.records import DescriptionSet
from dfer.experiments.sweeping.grid import Grid, trains


@dataclass(frozen=True, kw_only=True, slots=True)
class Combination:
    """One cell: `varied` are the settings that the grid varies, `overrides` all that are not the recipe's."""

    description_set: DescriptionSet
    recipe: str
    varied: dict[str, Any]
    overrides: dict[str, Any]
    fold: int
    seed: int

    @property
    def options(self) -> dict[str, Any]:
        """Keyword arguments of `training.preparing.prepare`."""
        return {"recipe": self.recipe, "overrides": self.overrides, "fold": self.fold, "seed": self.seed}


def combinations(grid: Grid, sets: Sequence[DescriptionSet], folds: Sequence[int]) -> Iterator[Combination]:
    """All sets of one fold and seed before the next: the first rows of the table come early.

    A recipe that trains nothing has no seed: it is there once, with seed 0.
    """
    for nth, seed in enumerate(grid.seeds):
        for fold, recipe in product(folds, grid.recipes):
            if nth and not trains(recipe):
                continue
            for varied, description_set in product(variants(grid, recipe), sets):
                yield Combination(
                    description_set=description_set,
                    recipe=recipe,
                    varied=varied,
                    overrides=grid.overrides(recipe) | varied,
                    fold=fold,
                    seed=seed if trains(recipe) else 0,
                )


def variants(grid: Grid, recipe: str) -> list[dict[str, Any]]:
    """The full product of the values of the settings that are varied."""
    values = grid.varied(recipe)
    return [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]
