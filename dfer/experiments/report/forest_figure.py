"""Forest plot: each pair's difference and its interval, UAR beside WAR."""

from typing import TYPE_CHECKING

from dfer.experiments.comparison import Comparison, Pair
from dfer.experiments.paired_difference import Difference
from dfer.experiments.report.drawing import SERIES, SOFT, TWO_COLUMNS, new_figure
from dfer.experiments.visible_text import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_forest(comparison: Comparison) -> "Figure | None":
    """Pairs from the top down, filled where a difference in UAR is shown. None where no pair has a figure."""
    pairs = [pair for pair in comparison.pairs if pair.difference.uar is not None]
    if not pairs:
        return None
    figure = new_figure(TWO_COLUMNS, 0.75 + 0.24 * len(pairs))
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, metric in ((left, "UAR"), (right, "WAR")):
        for place, pair in enumerate(pairs):
            found = pair.difference.uar if metric == "UAR" else pair.difference.war
            if found is not None:
                filled = metric == "UAR" and pair.is_shown
                _draw(axes, place, found, marker="s" if metric == "UAR" else "o", filled=filled)
        axes.axvline(0, color=SOFT, linewidth=0.8)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.set_xlabel(f"difference in {metric}, percentage points")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    left.set_yticks(range(len(pairs)), [_name(pair) for pair in pairs], parse_math=False)
    left.set_ylim(len(pairs) - 0.5, -0.5)
    return figure


def _draw(axes: "Axes", place: int, found: Difference, *, marker: str, filled: bool) -> None:
    mean = 100 * found.mean
    if found.interval is not None:
        low, high = (100 * bound for bound in found.interval)
        axes.plot([low, high], [place, place], color=SERIES[0], linewidth=1.4, solid_capstyle="butt")
        axes.plot([low, high], [place, place], color=SERIES[0], linestyle="none", marker="|", markersize=6)
    axes.plot(
        [mean],
        [place],
        marker="x" if found.interval is None else marker,
        markersize=5,
        markerfacecolor=SERIES[0] if filled else "white",
        markeredgecolor=SERIES[0],
        linestyle="none",
    )


def _name(pair: Pair) -> str:
    return str(visible(f"{pair.a} − {pair.b}"))
