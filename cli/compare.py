"""`dfer compare`: description sets by their runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import comparison_output, output, published
from .options import DEFAULT_DB, Db, Force, Json, complete_set
from .set_names import stored_set

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from description_store.records import DescriptionSet, Run
    from dfer.experiments.comparison import Comparison
    from dfer.experiments.published_results import PublishedResult
    from dfer.experiments.report.report import Report


def compare(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SET SET...]", help="Two or more sets.", autocompletion=complete_set),
    ] = None,
    experiment: Annotated[
        str | None, typer.Option(help="Only runs of this experiment; its sets, if none are named.")
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="SET",
            help="Compare every other set with this one alone: fewer tests, so a difference shows sooner.",
            autocompletion=complete_set,
        ),
    ] = None,
    protocol: Annotated[
        str | None, typer.Option(help="Which runs, if several protocols fit: the beginning of its hash.")
    ] = None,
    by_class: Annotated[
        bool | None,
        typer.Option(
            "--by-class/--no-by-class",
            help="Class by class: what changed in the words, and in the recalls. Default: for two sets.",
        ),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a report that needs nothing else.")] = None,
    figures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the report's figures as SVG and PDF.")
    ] = None,
    latex: Annotated[Path | None, typer.Option(help="Write the table for a paper (booktabs).")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write a row per run.")] = None,
    force: Force = False,
    db: Db = DEFAULT_DB,
    json: Json = False,
) -> None:
    """Compare sets by their runs: means, and differences paired by fold and seed.

    Runs that differ in nothing but words, fold and seed are compared. A difference is claimed only where its
    95 % interval leaves out zero, its p is small when corrected for the number of comparisons, and a
    permutation test does not disagree.
    """
    from description_store.database import open_store
    from description_store.experiments import find_experiment
    from description_store.runs import list_runs, load_outcomes
    from dfer.errors import UsageError
    from dfer.experiments.comparison import compare as compare_runs
    from dfer.experiments.matched_controls import matched_controls

    for path in (html, latex, csv):
        if path is not None:
            output.refuse_existing(path, force=force)
    if figures is not None and figures.is_dir() and any(figures.iterdir()) and not force:
        raise UsageError(f"{figures} is not empty", hint="--force replaces figures there")
    with open_store(db, must_exist=True) as store:
        first = None if baseline is None else stored_set(store, baseline)
        cells = None if experiment is None else find_experiment(store, experiment).cells
        if not names and cells:
            names = list(dict.fromkeys(f"v{cell.set_version}" for cell in cells))
        found = [stored_set(store, name) for name in names or ()]
        sets = {one.name: one for one in (*found, *([first] if first else []))}
        if len(sets) < 2:
            raise UsageError("two different sets are needed to compare", hint="dfer compare v1 v2")
        all_runs = list_runs(store)
        hashes = {cell.spec_hash for cell in cells or ()}
        runs_of = {
            name: [
                run
                for run in all_runs
                if run.set_version == one.version and (cells is None or run.spec_hash in hashes)
            ]
            for name, one in sets.items()
        }
        comparison = compare_runs(
            runs_of,
            lambda run: load_outcomes(store, run.id),
            protocol=protocol,
            baseline=first.name if first else None,
            controls=matched_controls(sets),
        )
    cited = _published(comparison)
    told_by_class = len(comparison.pairs) == 1 if by_class is None else by_class
    if json:
        output.print_json(
            comparison_output.as_json(comparison, sets, by_class=told_by_class)
            | {"published": published.as_json(cited)}
        )
    else:
        comparison_output.print_comparison(comparison, sets, cited, by_class=told_by_class)
    if html or figures:
        output.note("drawing the report")
        report = _report(comparison, sets, cited, all_runs, baseline=first.name if first else None)
        if html:
            from dfer.experiments.report.page import report_page

            output.write_new(html, report_page(report), force=force)
        if figures:
            from dfer.experiments.report.paper_figures import write_figures

            write_figures(report, figures)
    if latex:
        from dfer.experiments.report.latex import latex_table

        output.write_new(latex, latex_table(comparison, sets), force=force)
    if csv:
        from dfer.experiments.report.run_table import csv_table

        output.write_new(csv, csv_table(comparison, sets), force=force)
    for path in filter(None, (html, figures, latex, csv)):
        output.note(f"written: {path}")


def _report(
    comparison: "Comparison",
    sets: "Mapping[str, DescriptionSet]",
    cited: "Sequence[PublishedResult]",
    runs: "Sequence[Run]",
    *,
    baseline: str | None,
) -> "Report":
    from dfer.experiments.report.report import gather
    from dfer.experiments.report.similarities import similarities_of

    similarities, why_not = similarities_of(comparison, sets)
    return gather(
        comparison,
        sets,
        published=cited,
        similarities=similarities,
        no_similarities=why_not,
        baseline=baseline,
        others=runs,
    )


def _published(comparison: "Comparison") -> "list[PublishedResult]":
    """What the papers have for any of the rows: they may have figures for one set's kind of words only."""
    from dfer.experiments.published_results import published_beside

    latest = [runs[-1] for runs in comparison.runs.values()]
    return list(dict.fromkeys(row for run in latest for row in published_beside(run.specification)))
