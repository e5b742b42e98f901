"""The layouts by name."""

from dfer.class_sets import load_class_set
from dfer.class_sets.class_set import ClassSet
from dfer.clips.synthetic.layouts.afew import AFEW
from dfer.clips.synthetic.layouts.csv_table import CSV
from dfer.clips.synthetic.layouts.dfew import DFEW
from dfer.clips.synthetic.layouts.ferv39k import FERV39K
from dfer.clips.synthetic.layouts.layout import Layout
from dfer.clips.synthetic.layouts.mafw import MAFW
from dfer.errors import UsageError

LAYOUTS: dict[str, Layout] = {layout.name: layout for layout in (CSV, DFEW, FERV39K, MAFW, AFEW)}


def load_layout(name: str) -> Layout:
    """A layout by its name.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in LAYOUTS:
        raise UsageError(f"unknown layout {name!r}", hint=f"known are {', '.join(LAYOUTS)}")
    return LAYOUTS[name]


def check_layout(layout: Layout, *, class_set: ClassSet, video_format: str) -> None:
    """Whether the layout has a way to write down these classes and clips.

    Raises:
        UsageError: it has not.
    """
    if video_format not in layout.video_formats:
        expected = " or ".join(layout.video_formats)
        raise UsageError(
            f"expected the video format {expected} for the layout {layout.name}, found {video_format!r}"
        )
    own = load_class_set(layout.class_set)
    if not layout.any_classes and set(class_set.names) != set(own.names):
        raise UsageError(
            f"expected the classes of {own.name} for the layout {layout.name}, found the class set "
            f"{class_set.name} ({', '.join(class_set.names)})",
            hint=f"leave the class set out, or choose the layout csv; {own.name} is {', '.join(own.names)}",
        )
