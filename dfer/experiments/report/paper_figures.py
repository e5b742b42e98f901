"""The figures of a report as files for a paper: SVG, and PDF with TrueType fonts."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from dfer.errors import ConfigurationError
from dfer.experiments.report.curves_figure import draw_curves
from dfer.experiments.report.drawing import drawing, save
from dfer.experiments.report.forest_figure import draw_forest
from dfer.experiments.report.heat_figure import draw_confusions, draw_recalls
from dfer.experiments.report.report import Report
from dfer.experiments.similarity_figure import draw_similarity

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

SUFFIXES = (".svg", ".pdf")


def write_figures(report: Report, folder: Path) -> list[Path]:
    """`forest`, `recalls`, `confusions`, `learning_curves` and `similarity_…` of each set, as far as there
    is something to draw. Files of these names are replaced. The same report gives the same files.

    Raises:
        ConfigurationError: the folder or a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"cannot make the folder {folder}: {error.strerror}") from error
    draw: dict[str, Callable[[], Figure | None]] = {
        "forest": lambda: draw_forest(report.comparison),
        "recalls": lambda: draw_recalls(report),
        "confusions": lambda: draw_confusions(report),
        "learning_curves": lambda: draw_curves(report.curves),
    }
    written = []
    for name, drawn in draw.items():
        with drawing(name):
            if (figure := drawn()) is not None:
                written += [save(figure, folder / f"{name}{suffix}") for suffix in SUFFIXES]
    for similarity in report.similarities:
        for suffix in SUFFIXES:
            path = folder / f"similarity_{re.sub(r'[^0-9A-Za-z-]+', '_', similarity.set).strip('_')}{suffix}"
            draw_similarity(similarity, path)
            written.append(path)
    return written
