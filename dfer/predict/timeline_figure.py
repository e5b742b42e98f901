"""A clip's timeline drawn: a line for each class over seconds, and above them which class is ahead."""

from itertools import groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dfer.experiments.report.drawing import (
    LINE,
    SOFT,
    TWO_COLUMNS,
    drawing,
    new_figure,
    save,
    series_style,
)
from dfer.experiments.visible_text import visible
from dfer.predict.prediction import ClipPrediction

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAMED = 11
"""So many classes at most have a colour and a name; of more, those that are ever the most probable."""
_MARKED = 12
"""So many markers at most stand on a line."""
_DOTS_PER_INCH = 200


def draw_timeline(found: ClipPrediction, class_names: tuple[str, ...], path: Path) -> None:
    """Draw to a `.png`, `.svg` or `.pdf`; a class has the same colour in the picture of every clip.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    import matplotlib

    with drawing("timeline"), matplotlib.rc_context({"savefig.dpi": _DOTS_PER_INCH}):
        save(timeline_figure(found, class_names), path)


def timeline_figure(found: ClipPrediction, class_names: tuple[str, ...]) -> "Figure":
    """Within `drawing`. Each window stands at its middle; beyond the first and the last lines are flat."""
    probabilities = np.array([window.probabilities for window in found.windows])  # (windows, classes)
    named = _named(probabilities)
    figure = new_figure(TWO_COLUMNS, 3.0 + 0.2 * -(-len(named) // 6))
    ahead, lines = figure.subplots(2, 1, sharex=True, height_ratios=(1, 12))
    middles = np.array([(window.start + window.end) / 2 for window in found.windows])
    end = found.seconds or 1.0
    times = np.array([0.0, *middles, end])
    drawn = 100 * probabilities[[0, *range(len(middles)), -1]]
    for place in range(len(class_names)):
        if place not in named:
            lines.plot(times, drawn[:, place], color=LINE, linewidth=0.8, zorder=1)
    for place in named:
        lines.plot(
            times,
            drawn[:, place],
            label=_label(class_names[place]),
            linewidth=1.6,
            markersize=4,
            markevery=slice(1, -1, max(1, len(middles) // _MARKED)),
            zorder=2,
            **series_style(place),
        )
    _draw_ahead(ahead, found, class_names, end)
    lines.set_xlim(0, end)
    lines.set_ylim(0, 100)
    lines.grid(axis="y")
    lines.set_axisbelow(True)
    lines.set_xlabel("seconds")
    lines.set_ylabel("probability, %")
    legend = figure.legend(loc="outside upper left", ncols=7, handlelength=2.0, columnspacing=0.9)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure


def _draw_ahead(axes: "Axes", found: ClipPrediction, class_names: tuple[str, ...], end: float) -> None:
    """A band of the most probable classes' colours: each window's reaches half way to its neighbours'."""
    middles = [(window.start + window.end) / 2 for window in found.windows]
    edges = [
        0.0,
        *((before + after) / 2 for before, after in pairwise(middles)),
        end,
    ]
    for best, own in groupby(range(len(middles)), key=lambda number: found.windows[number].best):
        numbers = list(own)
        left, right = edges[numbers[0]], edges[numbers[-1] + 1]
        axes.axvspan(left, right, color=series_style(best)["color"], linewidth=0)
        name = _label(class_names[best])
        # A letter of this size is about 0.06 inches wide.
        if (right - left) / end * TWO_COLUMNS * 0.9 > 0.06 * len(name) + 0.1:
            text = axes.text((left + right) / 2, 0.5, name, ha="center", va="center_baseline", color="white")
            text.set_parse_math(False)
    axes.set_yticks([])
    axes.tick_params(bottom=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_ylabel("ahead", rotation=0, ha="right", va="center", color=SOFT)


def _named(probabilities: np.ndarray) -> list[int]:
    """The classes that get a colour, in class order."""
    classes = probabilities.shape[1]
    if classes <= _NAMED:
        return list(range(classes))
    return sorted(np.argsort(-probabilities.max(axis=0), kind="stable")[:_NAMED].tolist())


def _label(name: str) -> str:
    shown = str(visible(name))
    return f" {shown}" if shown.startswith("_") else shown  # matplotlib hides names that begin with _
