"""What a table of figures is made of: recalls, confusions and learning curves of each set's runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from description_store.records import Run
from dfer.experiments.statistics.sample import Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """One training: a value per epoch, as far as it went. `uar` is empty where epochs were not judged."""

    run: str
    set: str
    fold: int
    seed: int
    loss: tuple[float, ...]
    uar: tuple[float, ...]


def mean_recalls(runs: Sequence[Run], classes: Sequence[str]) -> tuple[float | None, ...]:
    """In the order of `classes`: the mean over folds of the mean over their seeds. None where no fold has
    clips of the class."""
    folds = _by_fold(runs)
    return tuple(
        _mean(
            [mean for fold in folds if (mean := _mean([run.per_class.get(name) for run in fold])) is not None]
        )
        for name in classes
    )


def mean_confusion(runs: Sequence[Run]) -> Floats:
    """(classes, classes): clips of the row's class taken for the column's. Means over the seeds of a fold,
    summed over folds, so that each clip counts once for each fold that tests it."""
    of_folds = [np.mean([run.confusion for run in fold], axis=0) for fold in _by_fold(runs)]
    summed: Floats = np.sum(of_folds, axis=0)
    return summed


def shares(confusion: Floats) -> Floats:
    """Each row as fractions of its clips; NaN where there are none."""
    clips = confusion.sum(axis=1, keepdims=True)
    found = np.full_like(confusion, np.nan)
    np.divide(confusion, clips, out=found, where=clips > 0)
    return found


def curves_of(name: str, runs: Sequence[Run]) -> tuple[Curve, ...]:
    """Those of a set's runs that were trained themselves: an evaluation has no history."""
    return tuple(
        Curve(
            run=run.name,
            set=name,
            fold=run.fold,
            seed=run.seed,
            loss=_series(run, "loss"),
            uar=_series(run, "uar"),
        )
        for run in sorted(runs, key=lambda run: (run.fold, run.seed))
        if run.history
    )


def _series(run: Run, name: str) -> tuple[float, ...]:
    return tuple(value for row in run.history if (value := row.get(name)) is not None)


def _by_fold(runs: Sequence[Run]) -> list[list[Run]]:
    ordered = sorted(runs, key=lambda run: (run.fold, run.seed))
    return [list(fold) for _, fold in groupby(ordered, key=lambda run: run.fold)]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
