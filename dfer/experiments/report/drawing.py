"""Drawings by matplotlib, the same in a paper and, with colours of its own, on a page."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from markupsafe import Markup

from dfer.errors import ConfigurationError
from dfer.experiments.similarity_figure import METADATA

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ONE_COLUMN = 3.4
TWO_COLUMNS = 7.0
"""Inches: what most journals' columns are."""

INK, SOFT, LINE = "#1d2228", "#59626d", "#c9d0d8"
SERIES = ("#0072b2", "#d55e00", "#00805e", "#a8507f", "#8a6100", "#2f7fae", "#4d4d4d")
"""Okabe and Ito's colours that readers with any kind of colour blindness tell apart, darker where they were
too pale for thin lines on white."""
DARK_SERIES = ("#6db6f2", "#ff8f4d", "#3fd0a6", "#e9a0c8", "#e6b14a", "#9cd8f7", "#c4c8cd")
DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)))
MARKERS = "osD^vPX*<>hd"

_LARGER = 1.3  # letters of a paper are small for a page
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}href"


@contextmanager
def drawing(name: str) -> Iterator[None]:
    """Within, figures look the same on every machine. `name` makes the ids of an SVG its own."""
    import matplotlib
    from matplotlib import style

    own: Any = {
        "svg.hashsalt": f"dfer-{name}",
        "svg.fonttype": "none",
        "pdf.fonttype": 42,  # TrueType: journals refuse the other kind
        "font.size": 8,
        "axes.edgecolor": SOFT,
        "axes.labelcolor": INK,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "text.color": INK,
        "xtick.color": SOFT,
        "ytick.color": SOFT,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "grid.color": LINE,
        "grid.linewidth": 0.5,
        "legend.frameon": False,
    }
    with style.context("default"), matplotlib.rc_context(own), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # a reader's font may have it
        yield


def new_figure(width: float, height: float) -> "Figure":
    """In inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def series_style(number: int) -> dict[str, Any]:
    """Colour, dashes and marker of the set of this number; of 12 sets no two have the same marker."""
    return {
        "color": SERIES[number % len(SERIES)],
        "linestyle": DASHES[number // len(SERIES) % len(DASHES)],
        "marker": MARKERS[number % len(MARKERS)],
    }


def save(figure: "Figure", path: Path) -> Path:
    """Within `drawing`. Raises ConfigurationError if the file cannot be written."""
    try:
        figure.savefig(path, metadata=METADATA[path.suffix], bbox_inches="tight", pad_inches=0.03)
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from error
    return path


def inline_svg(figure: "Figure", *, name: str, title: str, description: str) -> Markup:
    """The drawing as a part of a page, in the page's colours and font; for screen readers `title` and
    `description`. Within `drawing`; `name` must be a page's own."""
    import io

    buffer = io.StringIO()
    metadata = METADATA[".svg"]
    figure.savefig(
        buffer, format="svg", metadata=metadata, transparent=True, bbox_inches="tight", pad_inches=0.03
    )
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.fromstring(buffer.getvalue())
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
    width = float(root.attrib.pop("width").removesuffix("pt"))
    root.attrib.pop("height")
    root.attrib.pop("version", None)
    _own_ids(root, name)
    for element in root.iter():
        if "style" in element.attrib:
            element.attrib["style"] = _page_style(element.attrib["style"])
    root.attrib |= {
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-description",
        "class": "figure",
        "style": f"width:{_LARGER * width / 72:.2f}in",
    }
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        said = ElementTree.Element(
            f"{{{_SVG}}}{tag}", {"id": f"{name}-{tag if tag == 'title' else 'description'}"}
        )
        said.text = text
        root.insert(place, said)
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _own_ids(root: ElementTree.Element, name: str) -> None:
    """Ids that nothing refers to are left out; the others get the drawing's name, on one page with others."""
    text = ElementTree.tostring(root, encoding="unicode")
    used = set(re.findall(r"url\(#([^)]+)\)", text)) | set(re.findall(r'href="#([^"]+)"', text))
    for element in root.iter():
        identity = element.attrib.pop("id", None)
        if identity in used:
            element.attrib["id"] = f"{name}-{identity}"
        target = element.attrib.pop(_XLINK, None)
        if target is not None:
            element.attrib["href"] = f"#{name}-{target.removeprefix('#')}"
        for key, value in element.attrib.items():
            if key not in ("href", "id"):
                element.attrib[key] = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", value)


def _page_style(style: str) -> str:
    """Colours as the page's variables; its own font in the sizes of the drawing."""
    for colour, variable in page_colours().items():
        style = style.replace(colour, f"var({variable})")
    return re.sub(r"font: (?:\w+ )*?([\d.]+px) [^;]+", r"font-size: \1", style)


def page_colours() -> dict[str, str]:
    """Each colour of the drawings, and the name of the page's variable for it."""
    own = {INK: "--ink", SOFT: "--soft", LINE: "--line", "#ffffff": "--paper"}
    return own | {colour: f"--series-{number}" for number, colour in enumerate(SERIES)}
