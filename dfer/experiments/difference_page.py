"""The difference of two sets as one HTML file that needs nothing else: no network, no script."""

import re
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined

from description_store.records import DescriptionSet
from dfer.describe.clip_tokens import token_budget
from dfer.describe.descriptor_origins import author_of
from dfer.describe.difference import SetDifference
from dfer.experiments.recall_difference import RecallDifference
from dfer.experiments.statistics import PairedDifference

# What would reorder or hide text in a browser: control characters, bidi controls, zero-width characters.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def difference_page(
    before: DescriptionSet,
    after: DescriptionSet,
    difference: SetDifference,
    recalls: RecallDifference | None,
    *,
    titles: tuple[str, str],
) -> str:
    """The page's text. `titles` are what the two sets are called."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_visible
    )
    environment.filters |= {"points": _points, "signed": _signed, "interval": _interval}
    template = (resources.files("dfer.experiments") / "pages" / "difference.html.j2").read_text("utf-8")
    sets = [
        {
            "title": title,
            "set": found,
            "made_by": author_of(found),
            "budget": token_budget(found.context_tokens),
        }
        for title, found in zip(titles, (before, after), strict=True)
    ]
    return environment.from_string(template).render(
        sets=sets, difference=difference, recalls=recalls, verdict=_verdict(recalls)
    )


def _visible(value: Any) -> Any:
    """Words come from LLMs and files: what could not be seen is shown as its code."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", value)


def _points(fraction: float) -> str:
    return f"{100 * fraction:.1f}".replace("-", "−")


def _signed(fraction: float) -> str:
    return f"{100 * fraction:+.1f}".replace("-", "−")


def _interval(difference: PairedDifference) -> str:
    if difference.interval is None:
        return "too few runs for an interval"
    low, high = difference.interval
    return f"{_signed(low)} … {_signed(high)}"


def _verdict(recalls: RecallDifference | None) -> str:
    if recalls is None or recalls.uar.interval is None:
        return "Too few runs to tell a difference from noise."
    low, high = recalls.uar.interval
    if low <= 0 <= high:
        return "No evidence of a difference in UAR."
    return "A difference in UAR: the 95 % interval does not hold zero."
