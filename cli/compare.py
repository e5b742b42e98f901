"""`dfer compare`: description sets by their runs."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import output, published
from .options import DEFAULT_DB, Db, Json, complete_set
from .set_names import stored_set
from .set_output import made_how

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from description_store.records import Run
    from dfer.experiments.comparison import Comparison, Pair
    from dfer.experiments.published_results import PublishedResult
    from dfer.experiments.statistics import PairedDifference


def compare(
    names: Annotated[
        list[str], typer.Argument(metavar="SET SET...", help="Two or more sets.", autocompletion=complete_set)
    ],
    protocol: Annotated[
        str | None, typer.Option(help="Which runs, if several protocols fit: the beginning of its hash.")
    ] = None,
    db: Db = DEFAULT_DB,
    json: Json = False,
) -> None:
    """Compare sets by their runs: means, and differences paired by fold and seed."""
    from description_store.database import open_store
    from description_store.runs import list_runs
    from dfer.errors import UsageError
    from dfer.experiments.comparison import compare as compare_runs

    with open_store(db, must_exist=True) as store:
        found = [stored_set(store, name) for name in names]
        runs_of = {s.name: list_runs(store, set_version=s.version) for s in found}
    if len(runs_of) < 2:
        raise UsageError("two different sets are needed to compare", hint="dfer compare v1 v2")
    comparison = compare_runs(runs_of, protocol=protocol)
    kinds = {s.name: made_how(s.provenance) for s in found}
    figures = _published(comparison, runs_of)
    if json:
        output.print_json(_as_json(comparison, kinds) | {"published": published.as_json(figures)})
        return
    _print(comparison, kinds, figures)


def _published(comparison: "Comparison", runs_of: "Mapping[str, Sequence[Run]]") -> "list[PublishedResult]":
    """What the papers have for any of the rows: they may have figures for one set's kind of words only."""
    from dfer.experiments.published_results import published_beside

    latest = {
        name: run
        for name, runs in runs_of.items()
        for run in runs
        if run.protocol_hash == comparison.protocol
    }
    return list(dict.fromkeys(row for run in latest.values() for row in published_beside(run.specification)))


def _as_json(comparison: "Comparison", kinds: dict[str, str]) -> dict[str, Any]:
    run = comparison.example
    return {
        "protocol": comparison.protocol,
        "recipe": run.recipe,
        "dataset": run.dataset,
        "selection": run.selection,
        "rows": [
            {
                "set": row.set,
                "made_by": kinds[row.set],
                "runs": row.runs,
                "uar_mean": row.uar_mean,
                "uar_std": row.uar_std,
                "war_mean": row.war_mean,
                "war_std": row.war_std,
            }
            for row in comparison.rows
        ],
        "pairs": [
            {
                "a": pair.a,
                "b": pair.b,
                "uar_diff": pair.uar.mean,
                "uar_ci": pair.uar.interval,
                "war_diff": pair.war.mean,
                "war_ci": pair.war.interval,
                "p": pair.uar.p,
                "n": pair.uar.n,
            }
            for pair in comparison.pairs
        ],
        "unmatched": comparison.unmatched,
        "other_protocols": comparison.other_protocols,
    }


def _print(comparison: "Comparison", kinds: dict[str, str], figures: "Sequence[PublishedResult]") -> None:
    run = comparison.example
    clip = run.specification["clip"]
    output.say(
        f"{run.recipe} on {run.dataset} · CLIP {clip['architecture']} ({clip['pretrained']}) · "
        f"epoch selection: {run.selection}"
    )
    output.print_table(
        ["set", "runs", "UAR", "WAR", "made by"],
        [
            [r.set, str(r.runs), _mean(r.uar_mean, r.uar_std), _mean(r.war_mean, r.war_std), kinds[r.set]]
            for r in comparison.rows
        ],
        right=["runs", "UAR", "WAR"],
    )
    if figures:
        published.say(figures, run.specification, ours="these runs")
        output.say(published.settings_in_words(run.specification))
    for pair in comparison.pairs:
        output.say(in_words(pair))
    for name, runs in comparison.unmatched.items():
        output.warn(f"{name}: {output.count_of(runs, 'run')} of folds or seeds that other sets lack")
    if comparison.other_protocols:
        others = ", ".join(f"{h[4:12]} ({n} runs)" for h, n in comparison.other_protocols.items())
        output.warn(
            f"these sets have runs of other protocols too, left out: {others}; choose one with --protocol"
        )


def in_words(pair: "Pair") -> str:
    """ "v3 − v1: +0.90 UAR (95 % CI −0.40 … +2.10), …, 15 pairs: no evidence of a difference in UAR"."""
    if pair.uar.n == 0:
        return f"{pair.a} − {pair.b}: no runs of the same fold and seed, so nothing to pair"
    differences = f"{_difference(pair.uar, 'UAR')}, {_difference(pair.war, 'WAR')}"
    return f"{pair.a} − {pair.b}: {differences}, {output.count_of(pair.uar.n, 'pair')}: {_verdict(pair.uar)}"


def _verdict(uar: "PairedDifference") -> str:
    if uar.interval is None:
        return "too few to tell a difference from noise"
    low, high = uar.interval
    if uar.p is None:
        return "the same in every pair" if low == high == 0 else "the same difference in every pair"
    if low <= 0 <= high:
        return f"no evidence of a difference in UAR (p = {uar.p:.2f})"
    return f"a difference in UAR (p = {uar.p:.3f})"


def _mean(mean: float, deviation: float | None) -> str:
    return f"{100 * mean:.2f}" + ("" if deviation is None else f" ± {100 * deviation:.2f}")


def _difference(difference: "PairedDifference", metric: str) -> str:
    assert difference.mean is not None
    text = f"{output.points(difference.mean, signed=True)} {metric}"
    if difference.interval is None:
        return text
    low, high = (output.points(bound, signed=True) for bound in difference.interval)
    return f"{text} (95 % CI {low} … {high})"
