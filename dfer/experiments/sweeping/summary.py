"""What came out of an experiment, in a few rows: by recipe and varied settings, a set each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from description_store.experiments import CellNow
from description_store.hashing import canonical_json
from description_store.records import Run


@dataclass(frozen=True, kw_only=True, slots=True)
class SummaryRow:
    """Means over folds and seeds, as fractions; deviations over runs (None for a single one)."""

    recipe: str
    varied: dict[str, Any]
    set_version: int
    runs: int
    uar_mean: float
    uar_std: float | None
    war_mean: float
    war_std: float | None


def summary(now: Iterable[CellNow]) -> list[SummaryRow]:
    """A row for each set, recipe and choice of settings that has finished runs, in the order of the cells."""
    groups: dict[tuple[str, str, int], list[tuple[CellNow, Run]]] = {}
    for one in now:
        if one.state == "finished" and one.run is not None:
            key = (one.cell.recipe, canonical_json(one.cell.varied), one.cell.set_version)
            groups.setdefault(key, []).append((one, one.run))
    return [_row(found) for found in groups.values()]


def _row(found: list[tuple[CellNow, Run]]) -> SummaryRow:
    cell = found[0][0].cell
    uar_mean, uar_std = _mean_and_deviation([run.uar for _, run in found if run.uar is not None])
    war_mean, war_std = _mean_and_deviation([run.war for _, run in found if run.war is not None])
    return SummaryRow(
        recipe=cell.recipe,
        varied=cell.varied,
        set_version=cell.set_version,
        runs=len(found),
        uar_mean=uar_mean,
        uar_std=uar_std,
        war_mean=war_mean,
        war_std=war_std,
    )


def _mean_and_deviation(values: Sequence[float]) -> tuple[float, float | None]:
    return fmean(values), stdev(values) if len(values) > 1 else None
