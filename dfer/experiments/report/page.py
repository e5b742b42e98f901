"""The report of a comparison as one HTML file that needs nothing else: no network, no script."""

import re
from functools import partial
from typing import Any

import numpy as np
from jinja2 import PackageLoader
from markupsafe import Markup, escape

from dfer import __version__
from dfer.describe.descriptor_origins import author_of
from dfer.experiments.cautions import cautions
from dfer.experiments.class_similarity import ClassSimilarity
from dfer.experiments.in_words import clips_in_words, mean_count, p_in_words, power_in_words, verdict
from dfer.experiments.paired_difference import Difference
from dfer.experiments.published_results import PublishedResult, departures
from dfer.experiments.report.curves_figure import draw_curves
from dfer.experiments.report.drawing import DARK_SERIES, SERIES, drawing, inline_svg
from dfer.experiments.report.findings import Curve, shares
from dfer.experiments.report.forest_figure import draw_forest
from dfer.experiments.report.origins import date, environments, origin_of_runs, origin_of_set
from dfer.experiments.report.report import Report
from dfer.experiments.report.reproducing import command, placeholders
from dfer.experiments.report.shading import change_level, level, style
from dfer.experiments.report.summary import summary, title
from dfer.experiments.similarity_figure import MOST_WITH_VALUES, colour_range
from dfer.experiments.statistics.sample import Floats
from dfer.experiments.visible_text import page_environment, visible
from dfer.percentage_points import points

_FEW = 3
"""So many matrices or pairs stand open; of more, or of very large ones, only the first."""


def report_page(report: Report) -> str:
    """The page's text, the same for the same report."""
    environment = page_environment(PackageLoader("dfer.experiments", "pages/report"))
    environment.filters |= {
        "points": points,
        "signed": partial(points, signed=True),
        "percent": _percent,
        "interval": _interval,
        "level": level,
        "date": date,
        "clips": mean_count,
        "p": p_in_words,
        "author": author_of,
        "told_of": _told_of,
        "told": _told,
        "breakable": _breakable,
    }
    comparison = report.comparison
    return environment.get_template("page.html.j2").render(
        report=report,
        comparison=comparison,
        example=comparison.example,
        title=title(report),
        summary=summary(report),
        warnings=cautions(comparison, report.sets),
        family=comparison.family,
        shading=Markup(style()),
        series=list(zip(SERIES, DARK_SERIES, strict=True)),
        many=len(report.classes) > MOST_WITH_VALUES,
        few=_FEW,
        forest=_forest(report),
        curves=_curves(report),
        trainings=_trainings(report.curves),
        pairs=[
            (pair, verdict(pair.difference, pair.p_holm, family=comparison.family))
            for pair in comparison.pairs
        ],
        clips_in_words=clips_in_words,
        power=power_in_words(comparison),
        change_of=_change_of,
        most_changed=_most_changed(report),
        confusions=[(name, _matrix(confusion)) for name, confusion in report.confusions.items()],
        similarities=[(similarity, _cosines(similarity)) for similarity in report.similarities],
        published_note=_published_note(report),
        origins=_origins(report),
        protocol=origin_of_runs(comparison.example),
        environments=environments([run for _, run in report.runs]),
        commands=_commands(report),
        placeholders=placeholders([run for _, run in report.runs], report.others),
        version=__version__,
    )


def _forest(report: Report) -> Markup | None:
    with drawing("forest"):
        figure = draw_forest(report.comparison)
        if figure is None:
            return None
        return inline_svg(
            figure,
            name="forest",
            title="Forest plot of the differences",
            description="A row per pair of sets: its difference in UAR and in WAR with 95 % intervals, about "
            "a line at zero. The table that follows has all of its numbers.",
        )


def _curves(report: Report) -> Markup | None:
    with drawing("curves"):
        figure = draw_curves(report.curves)
        if figure is None:
            return None
        return inline_svg(
            figure,
            name="curves",
            title="Learning curves",
            description="Training loss by epoch, and UAR where epochs were judged: a thin line per run, a "
            "thick one for the mean of each set. The table that follows has first, last and best values.",
        )


def _trainings(curves: tuple[Curve, ...]) -> list[dict[str, Any]]:
    return [
        {
            "curve": curve,
            "epochs": len(curve.loss),
            "first": curve.loss[0] if curve.loss else None,
            "last": curve.loss[-1] if curve.loss else None,
            "best": max(curve.uar, default=None),
            "best_epoch": 1 + int(np.argmax(curve.uar)) if curve.uar else None,
        }
        for curve in curves
    ]


def _most_changed(report: Report) -> float:
    """The greatest change of any class, so that colours of all pairs mean the same."""
    changes = [
        abs(change.difference.mean)
        for pair in report.changes
        for change in pair.classes
        if change.difference is not None
    ]
    return max(changes, default=0.0) or 1.0


def _change_of(difference: Difference, most: float) -> int:
    return change_level(difference.mean, most=most)


def _matrix(confusion: Floats) -> list[list[tuple[float, float] | None]]:
    """(share of the row's clips, clips) of each cell; None where there are no clips."""
    return [
        [(float(share), float(count)) if count > 0 else None for share, count in zip(*rows, strict=True)]
        for rows in zip(shares(confusion), confusion, strict=True)
    ]


def _cosines(similarity: ClassSimilarity) -> list[list[tuple[float, int]]]:
    """The lower triangle, below the diagonal: each cosine and its step between the least and the greatest."""
    between = np.array(similarity.cosines)
    np.fill_diagonal(between, np.nan)
    low, high = colour_range(between)
    return [
        [(float(cosine), level((float(cosine) - low) / (high - low))) for cosine in row[:place]]
        for place, row in enumerate(similarity.cosines)
    ]


def _published_note(report: Report) -> str:
    """What these runs did otherwise than the papers."""
    spec = report.comparison.example.specification
    changed = departures(spec["recipe"], spec["settings"])
    told = ", ".join(f"{name}={value}" for name, value in changed.items())
    clip = spec["clip"].get("architecture", "unknown")
    selection = f"epoch selection {spec['selection']}, " if report.comparison.trained else ""
    return (
        f"These runs: {selection}CLIP {clip} (the papers': ViT-B-32), the recipe's "
        f"own settings{f' but {told}' if told else ''}. A comparison only if clips are the published ones."
    )


def _origins(report: Report) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    names = {one.hash: name for name, one in report.sets.items()}
    return [(name, origin_of_set(one, names)) for name, one in report.sets.items()]


def _commands(report: Report) -> list[tuple[str, list[str]]]:
    """By set, a command for each run."""
    return [
        (name, [command(run, others=report.others) for of, run in report.runs if of == name])
        for name in report.sets
    ]


def _told_of(published: PublishedResult) -> dict[str, str]:
    own = published.method.startswith(published.paper)
    return {
        "table": f"Table {published.table}" if own else f"{published.paper}'s Table {published.table}",
        "selection": published.selection or "nothing trained",
    }


def _percent(fraction: float | None) -> str:
    return "–" if fraction is None else f"{100 * fraction:.1f}"


def _interval(difference: Difference | None) -> str:
    if difference is None or difference.interval is None:
        return "–"
    low, high = (points(bound, signed=True) for bound in difference.interval)
    return f"{low} … {high}"


def _told(sentence: str) -> Markup:
    """Of our own sentences: commands between backticks, and a p that stays with its number."""
    kept = str(escape(visible(sentence))).replace("p = ", "p\u00a0=\u00a0").replace("95 %", "95\u00a0%")
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", kept))


def _breakable(name: str) -> Markup:
    """A class name that may go on in another line after an underscore."""
    return Markup(str(escape(visible(name))).replace("_", "_<wbr>"))
