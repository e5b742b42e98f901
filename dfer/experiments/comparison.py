"""Description sets compared by their runs, like with like: one protocol, paired by fold and seed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from description_store.records import Run
from dfer.errors import UsageError
from dfer.experiments.statistics import PairedDifference, mean_and_deviation, paired_difference


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One set's runs: fractions, and standard deviations over runs (None for a single run)."""

    set: str
    runs: int
    uar_mean: float
    uar_std: float | None
    war_mean: float
    war_std: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """a − b over the runs of the same fold and seed."""

    a: str
    b: str
    uar: PairedDifference
    war: PairedDifference


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Rows are over the folds and seeds that all sets have runs of; `unmatched` counts other runs, by set.

    Where no fold and seed is common to all, rows are over each set's own runs, and all are unmatched.
    `other_protocols` counts the runs of protocols left out, by hash: all sets have runs there too.
    """

    protocol: str
    example: Run
    rows: tuple[Row, ...]
    pairs: tuple[Pair, ...]
    unmatched: dict[str, int]
    other_protocols: dict[str, int]


def compare(runs_of: Mapping[str, Sequence[Run]], *, protocol: str | None = None) -> Comparison:
    """A row per set and a paired difference per two sets.

    Runs are comparable if all but words, fold and seed is equal: that is their protocol. Of several protocols
    that all sets have runs in, the one of the latest run is taken, unless `protocol` (the beginning of its
    hash) names another.

    Raises:
        UsageError: a set without finished runs, or no protocol that all sets share.
    """
    finished = {name: latest_of_each(runs) for name, runs in runs_of.items()}
    for name, runs in finished.items():
        if not runs:
            raise UsageError(f"{name} has no finished runs", hint=f"dfer train --descriptions {name} …")
    shared = set.intersection(*({run.protocol_hash for run in runs} for runs in finished.values()))
    if protocol is not None:
        shared = {
            known for known in shared if known.removeprefix("rp1:").startswith(protocol.removeprefix("rp1:"))
        }
    if not shared:
        raise UsageError(
            f"{', '.join(finished)} have no runs that differ only in words, fold and seed",
            hint="train them with the same recipe, settings, data, CLIP and selection: "
            + _what_there_is(finished),
        )
    latest = max(
        (run for runs in finished.values() for run in runs if run.protocol_hash in shared), key=lambda r: r.id
    )
    chosen = latest.protocol_hash
    comparable = {n: [run for run in runs if run.protocol_hash == chosen] for n, runs in finished.items()}
    keys = [{(run.fold, run.seed) for run in runs} for runs in comparable.values()]
    common = set.intersection(*keys)
    matched = {n: [r for r in runs if (r.fold, r.seed) in common] for n, runs in comparable.items()}
    return Comparison(
        protocol=chosen,
        example=latest,
        rows=tuple(_row(name, matched[name] or runs) for name, runs in comparable.items()),
        pairs=tuple(_pair(a, b, comparable[a], comparable[b]) for a, b in combinations(comparable, 2)),
        unmatched={
            n: len(runs) - len(matched[n]) for n, runs in comparable.items() if len(runs) > len(matched[n])
        },
        other_protocols=dict(
            Counter(
                run.protocol_hash
                for runs in finished.values()
                for run in runs
                if run.protocol_hash in shared - {chosen}
            )
        ),
    )


def latest_of_each(runs: Sequence[Run]) -> list[Run]:
    """Finished runs; of runs that repeat a specification, the latest."""
    return list({run.spec_hash: run for run in runs if run.status == "finished"}.values())


def _row(name: str, runs: Sequence[Run]) -> Row:
    uar_mean, uar_std = mean_and_deviation([_uar(run) for run in runs])
    war_mean, war_std = mean_and_deviation([_war(run) for run in runs])
    return Row(
        set=name, runs=len(runs), uar_mean=uar_mean, uar_std=uar_std, war_mean=war_mean, war_std=war_std
    )


def _pair(a: str, b: str, runs_a: Sequence[Run], runs_b: Sequence[Run]) -> Pair:
    first = {(run.fold, run.seed): run for run in runs_a}
    second = {(run.fold, run.seed): run for run in runs_b}
    both = sorted(first.keys() & second.keys())
    folds = [fold for fold, _ in both]
    return Pair(
        a=a,
        b=b,
        uar=paired_difference(
            [_uar(first[key]) for key in both], [_uar(second[key]) for key in both], groups=folds
        ),
        war=paired_difference(
            [_war(first[key]) for key in both], [_war(second[key]) for key in both], groups=folds
        ),
    )


def _uar(run: Run) -> float:
    assert run.uar is not None, "a finished run has metrics"
    return run.uar


def _war(run: Run) -> float:
    assert run.war is not None, "a finished run has metrics"
    return run.war


def _what_there_is(finished: Mapping[str, Sequence[Run]]) -> str:
    return "; ".join(
        f"{name}: " + ", ".join(sorted({f"{r.recipe} on {r.dataset}, {r.selection}" for r in runs}))
        for name, runs in finished.items()
    )
