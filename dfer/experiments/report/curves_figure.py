"""Learning curves: training loss, and UAR where epochs were judged; a line per run, a colour per set."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dfer.experiments.report.drawing import TWO_COLUMNS, new_figure, series_style
from dfer.experiments.report.findings import Curve
from dfer.experiments.visible_text import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MARKED = 8
"""So many markers at most stand on the line of a set."""


def draw_curves(curves: Sequence[Curve]) -> "Figure | None":
    """Thin lines are runs, thick ones the means of a set's. None where nothing was trained."""
    if not curves:
        return None
    sets = list(dict.fromkeys(curve.set for curve in curves))
    judged = any(curve.uar for curve in curves)
    rows = -(-len(sets) // 6)  # of the legend
    figure = new_figure(TWO_COLUMNS if judged else 0.62 * TWO_COLUMNS, 2.6 + 0.2 * rows)
    panels = figure.subplots(1, 2 if judged else 1, squeeze=False)[0]
    for axes, what in zip(panels, ("loss", "uar"), strict=False):
        for number, name in enumerate(sets):
            own = [curve.loss if what == "loss" else curve.uar for curve in curves if curve.set == name]
            _draw(
                axes, number, str(visible(name)), [values for values in own if values], percent=what == "uar"
            )
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        axes.set_xlabel("epoch")
        axes.set_ylabel("mean training loss" if what == "loss" else "UAR of the judged clips, %")
        axes.xaxis.get_major_locator().set_params(integer=True)
    lines, names = panels[0].get_legend_handles_labels()
    legend = figure.legend(
        lines, names, loc="outside upper left", ncols=6, handlelength=2.6, columnspacing=1.2
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure


def _draw(axes: "Axes", number: int, name: str, runs: Sequence[Sequence[float]], *, percent: bool) -> None:
    if not runs:
        return
    style = series_style(number)
    scale = 100 if percent else 1
    if len(runs) > 1:
        for values in runs:
            thin = {"color": style["color"], "linestyle": style["linestyle"]}
            axes.plot(range(1, len(values) + 1), scale * np.array(values), linewidth=0.5, alpha=0.5, **thin)
    length = max(map(len, runs))
    mean = [np.mean([values[epoch] for values in runs if epoch < len(values)]) for epoch in range(length)]
    axes.plot(
        range(1, length + 1),
        scale * np.array(mean),
        label=name if not name.startswith("_") else f" {name}",  # matplotlib hides names that begin with _
        linewidth=1.6,
        markersize=4,
        markevery=max(1, length // _MARKED),
        **style,
    )
