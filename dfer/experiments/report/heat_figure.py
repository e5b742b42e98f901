"""Recalls and confusions as fields of colour, for papers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dfer.experiments.report.drawing import ONE_COLUMN, TWO_COLUMNS, new_figure
from dfer.experiments.report.findings import shares
from dfer.experiments.report.report import Report
from dfer.experiments.report.shading import shades
from dfer.experiments.similarity_figure import MOST_WITH_VALUES
from dfer.experiments.statistics.sample import Floats
from dfer.experiments.visible_text import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_recalls(report: Report) -> "Figure":
    """Sets × classes, in percent."""
    values = np.array([[np.nan if r is None else r for r in recalls] for recalls in report.recalls.values()])
    few = len(report.classes) <= MOST_WITH_VALUES
    if few:  # a row per set
        figure = new_figure(ONE_COLUMN if len(report.classes) <= 7 else TWO_COLUMNS, 1.2 + 0.22 * len(values))
        _heat(figure.subplots(), values, rows=list(report.sets), columns=report.classes, upright=False)
    else:  # many classes fit on a page from the top down
        width = max(ONE_COLUMN, 1.8 + 0.36 * len(values))
        figure = new_figure(width, 0.8 + 0.15 * len(report.classes))
        _heat(figure.subplots(), values.T, rows=report.classes, columns=list(report.sets), upright=False)
    return figure


def draw_confusions(report: Report) -> "Figure":
    """A panel per set; rows are what the clips show, in percent of their class."""
    number, classes = len(report.sets), len(report.classes)
    across = min(number, 3 if classes <= MOST_WITH_VALUES else 2)
    down = -(-number // across)
    side = (TWO_COLUMNS - 0.9) / across if number > 1 else 0.6 * TWO_COLUMNS
    figure = new_figure(TWO_COLUMNS if number > 1 else side + 0.9, (side + 0.25) * down + 0.7)
    panels = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True).flat
    for axes, (name, confusion) in zip(panels, report.confusions.items(), strict=False):
        size = min(8.0, 72 * side / classes * 0.62)
        _heat(axes, shares(confusion), rows=report.classes, columns=report.classes, upright=True, size=size)
        axes.set_title(str(visible(name)), fontsize=8, parse_math=False)
    figure.supxlabel("taken for (percent of the clips of a row)", fontsize=8)
    figure.supylabel("shown", fontsize=8)
    for axes in list(figure.axes)[number:]:
        axes.set_visible(False)
    for place in range(max(0, number - across), number):  # the last of each column, where panels are missing
        figure.axes[place].tick_params(labelbottom=True)
    return figure


def _heat(
    axes: "Axes",
    values: Floats,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    upright: bool,
    size: float = 7,
) -> None:
    """`values` (rows, columns) are fractions; NaN stays empty."""
    from matplotlib.colors import ListedColormap

    scale = shades("light", of="fractions")
    colours = ListedColormap([back for back, _ in scale])
    axes.imshow(np.ma.masked_invalid(values), cmap=colours, vmin=0, vmax=1, aspect="auto")
    named: dict[str, Any] = {"parse_math": False, "fontsize": size}
    axes.set_xticks(
        range(len(columns)), [str(visible(n)) for n in columns], rotation=90 if upright else 40, **named
    )
    if not upright:
        for label in axes.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), [str(visible(name)) for name in rows], **named)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if len(columns) > MOST_WITH_VALUES:
        return
    for (row, column), value in np.ndenumerate(values):
        if not np.isnan(value):
            ink = scale[min(round(value * (len(scale) - 1)), len(scale) - 1)][1]
            text = f"{100 * value:.0f}"
            axes.text(column, row, text, ha="center", va="center", fontsize=min(7, size), color=ink)
