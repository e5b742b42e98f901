"""Every cell of a grid checked and given its specification, before any is computed."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from description_store.hashing import canonical_json
from description_store.records import Cell, DescriptionSet
from dfer.errors import DferError
from dfer.experiments.launching.work import Work
from dfer.experiments.sweeping.cells import Combination, combinations, variants
from dfer.experiments.sweeping.grid import Grid, check_addresses, check_said_once, trains
from dfer.models.settings import recipe_settings
from dfer.training.data_source import DataSource
from dfer.training.preparing import Loaded, load, prepare
from dfer.training.running import Machine

if TYPE_CHECKING:
    from dfer.training.specification import RunSpecification


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A cell, as it is stored and as it is computed."""

    cell: Cell
    work: Work


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The cells of a grid, no two of them the same run; and what was loaded, by classes."""

    cells: tuple[Planned, ...]
    loaded: dict[tuple[str, ...], Loaded]


def plan(
    grid: Grid,
    sets: Sequence[DescriptionSet],
    *,
    machine: Machine,
    out: Path,
    tensorboard: Path | None = None,
    on_clip: Callable[[int, int], None] = lambda done, total: None,
) -> Plan:
    """Read clips once per class set and CLIP once; check every cell.

    Raises:
        DferError: of cells that cannot be computed, all are told at once, in the class of the first error;
            or as the readers of clips and of CLIP's weights do.
    """
    check_addresses(grid)
    check_said_once(grid)
    _check_settings(grid)
    source = DataSource(
        dataset=grid.dataset,
        data=grid.data.absolute(),
        root=None if grid.root is None else grid.root.absolute(),
        allow_missing_classes=grid.allow_missing_classes,
    )
    loaded = _load_all(grid, sets, replace(source, on_clip=on_clip))
    folds = grid.folds if grid.folds != "all" else _folds_of(next(iter(loaded.values())))
    refusals = _Refusals()
    found: dict[str, Planned] = {}
    known: dict[str, RunSpecification] = {}
    total = 0
    with _each_warning_once():
        for combination in combinations(grid, sets, folds):
            total += 1
            # The seed is the one thing that nothing else depends on.
            key = canonical_json([combination.description_set.hash, combination.options | {"seed": None}])
            options = combination.options | _options(grid, combination.recipe)
            with refusals.of(_name(combination)):
                options["clip_settings"] = grid.clip_settings(combination.recipe)
                if key not in known:
                    names = combination.description_set.class_names
                    known[key] = prepare(
                        combination.description_set, source, loaded=loaded[names], **options
                    ).spec
                spec = known[key].model_copy(update={"seed": combination.seed})
                cell = _cell(combination, spec.hash)
                work = Work(
                    name=cell.name,
                    description_set=combination.description_set,
                    source=source,
                    options=options,
                    spec=spec,
                    out=out.absolute(),
                    machine=machine,
                    tensorboard=tensorboard,
                )
                found.setdefault(cell.spec_hash, Planned(cell=cell, work=work))
    refusals.tell(of=total)
    return Plan(cells=tuple(found.values()), loaded=loaded)


def _options(grid: Grid, recipe: str) -> dict[str, Any]:
    """Further keyword arguments of `prepare`; without training, those of `dfer evaluate`."""
    return {
        "architecture": grid.clip,
        "pretrained": grid.pretrained,
        "selection": grid.selection if trains(recipe) else "last",
        "augmentation": grid.augmentation if trains(recipe) else None,
        "precision": grid.precision,
    }


def _check_settings(grid: Grid) -> None:
    """What needs no clips and no CLIP comes before seconds of reading them."""
    refusals = _Refusals()
    total = 0
    for recipe in grid.recipes:
        for varied in variants(grid, recipe):
            total += 1
            said = "".join(f" {name}={canonical_json(value)}" for name, value in varied.items())
            with refusals.of(f"{recipe}{said}"):
                recipe_settings(recipe, grid.overrides(recipe) | varied)
                grid.clip_settings(recipe)
    refusals.tell(of=total, what="variants of recipes")


def _load_all(
    grid: Grid, sets: Sequence[DescriptionSet], source: DataSource
) -> dict[tuple[str, ...], Loaded]:
    loaded: dict[tuple[str, ...], Loaded] = {}
    for names in dict.fromkeys(description_set.class_names for description_set in sets):
        first = next(iter(loaded.values()), None)
        loaded[names] = load(
            source,
            names,
            architecture=grid.clip,
            pretrained=grid.pretrained,
            clip=None if first is None else first.clip,
        )
    return loaded


def _folds_of(loaded: Loaded) -> tuple[int, ...]:
    folds = {clip.fold for clip in loaded.read.clips if clip.fold is not None}
    return tuple(sorted(folds)) or (1,)


def _cell(combination: Combination, spec_hash: str) -> Cell:
    return Cell(
        spec_hash=spec_hash,
        set_version=combination.description_set.version,
        recipe=combination.recipe,
        fold=combination.fold,
        seed=combination.seed,
        varied=combination.varied,
    )


def _name(combination: Combination) -> str:
    return _cell(combination, "").name


class _Refusals:
    """What is wrong with which cells: all of it is told together."""

    def __init__(self) -> None:
        self._errors: dict[tuple[type[DferError], str, str], list[str]] = {}

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        try:
            yield
        except DferError as error:
            self._errors.setdefault((type(error), error.message, error.hint), []).append(name)

    def tell(self, *, of: int, what: str = "cells") -> None:
        """Raises the first error's class where there is any."""
        if not self._errors:
            return
        (kind, message, hint), names = next(iter(self._errors.items()))
        if len(self._errors) == 1 and len(names) == of:
            raise kind(message, hint=hint)
        refused = len({name for names in self._errors.values() for name in names})
        lines = [
            f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {message}"
            for (_, message, _), names in self._errors.items()
        ]
        raise kind("\n  ".join([f"{refused} of {of} {what} cannot be computed", *lines]), hint=hint)


@contextmanager
def _each_warning_once() -> Iterator[None]:
    """Hundreds of cells may share what is to be warned of."""
    said: set[str] = set()

    def is_new(record: logging.LogRecord) -> bool:
        message = record.getMessage()
        new = message not in said
        said.add(message)
        return new

    loggers = [logging.getLogger(name) for name in ("dfer.clips", "dfer.models", "dfer.training")]
    for logger in loggers:
        logger.addFilter(is_new)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(is_new)
