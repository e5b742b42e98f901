"""The similarity of a set's classes as a picture, for papers and for eyes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dfer.errors import ConfigurationError, UsageError
from dfer.experiments.class_similarity import Array, ClassSimilarity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# What would otherwise say when, or by what version, a picture was made: the same set gives the same file.
METADATA: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
MOST_WITH_VALUES = 15
"""With more classes the numbers would be too small to read."""


def check_figure_path(path: Path) -> None:
    """To be asked before anything is computed. Raises UsageError for a suffix or folder that cannot be."""
    if path.suffix.lower() not in METADATA:
        raise UsageError(
            f"{path}: no picture format of that name", hint="use a file ending in .png, .svg or .pdf"
        )
    if not path.resolve().parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent}")


def draw_similarity(similarity: ClassSimilarity, path: Path) -> None:
    """Draw the cosines of all classes to a `.png`, `.svg` or `.pdf`.

    Colours span the cosines of different classes: in CLIP they lie close together, and on a scale from 0 to 1
    all sets would look the same. So colours of two pictures are not comparable; their scales are.

    Raises:
        UsageError: another suffix.
        ConfigurationError: the file cannot be written.
    """
    check_figure_path(path)
    metadata = METADATA[path.suffix.lower()]
    import matplotlib
    from matplotlib import style
    from matplotlib.figure import Figure

    # The user's own matplotlibrc would make another picture of the same set. Journals want TrueType: 42.
    with style.context("default"), matplotlib.rc_context({"svg.hashsalt": "dfer", "pdf.fonttype": 42}):
        figure = Figure(layout="constrained", dpi=150)
        _draw(figure, similarity)
        try:
            # tight: the layout alone lets the longest names run over the edge
            figure.savefig(path, metadata=metadata, bbox_inches="tight", pad_inches=0.1)
        except OSError as error:
            raise ConfigurationError(f"cannot write {path}: {error.strerror}") from error


def _draw(figure: "Figure", similarity: ClassSimilarity) -> None:
    classes = len(similarity.class_names)
    with_values = classes <= MOST_WITH_VALUES
    # Inches: a cell that holds its number, or a row that a small label fits in; and room around for names.
    side = classes * (0.52 if with_values else 0.19) + 2.2
    figure.set_size_inches(max(side + 0.6, 5.6), max(side, 4.6))
    axes = figure.subplots()
    between = np.array(similarity.cosines)
    np.fill_diagonal(between, np.nan)  # always 1: it would only take colours from what differs
    low, high = colour_range(between)
    image = axes.imshow(np.ma.masked_invalid(between), cmap="viridis", vmin=low, vmax=high)
    axes.set_facecolor("0.92")
    size = 9 if with_values else 6.5
    names = list(similarity.class_names)
    axes.set_xticks(range(classes), names, rotation=90, fontsize=size, parse_math=False)
    axes.set_yticks(range(classes), names, fontsize=size, parse_math=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if with_values:
        _write_values(axes, between, middle=(low + high) / 2)
    bar = figure.colorbar(image, ax=axes, shrink=0.8, pad=0.02)
    bar.set_label(similarity.measure, fontsize=9)
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)
    figure.suptitle(_title(similarity), fontsize=10, parse_math=False)


def colour_range(between: Array) -> tuple[float, float]:
    """From the least to the greatest cosine of two classes; some width where all are the same."""
    low, high = float(np.nanmin(between)), float(np.nanmax(between))
    return (low, high) if high - low > 1e-3 else (low - 0.01, high + 0.01)


def _write_values(axes: "Axes", between: Array, *, middle: float) -> None:
    for (row, column), cosine in np.ndenumerate(between):
        if not np.isnan(cosine):
            axes.text(
                column,
                row,
                f"{cosine:.2f}".replace("0.", "."),
                ha="center",
                va="center",
                fontsize=8,
                color="black" if cosine > middle else "white",  # viridis is dark below its middle
            )


def _title(similarity: ClassSimilarity) -> str:
    rule = "" if similarity.combine == "joined" else f" · {similarity.combine}"
    lines = [
        f"{similarity.set} · {len(similarity.class_names)} classes · CLIP {similarity.clip_name}{rule}",
        f"mean cosine {similarity.mean_cosine:.3f}, effective rank {similarity.effective_rank:.1f}",
    ]
    if similarity.random_weights:
        lines.append("random weights: these numbers mean nothing")
    return "\n".join(lines)
