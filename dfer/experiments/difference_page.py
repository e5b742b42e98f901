"""The difference of two sets as one HTML file that needs nothing else: no network, no script."""

from importlib import resources
from typing import Any

import regex
from jinja2 import Environment, StrictUndefined

from description_store.records import DescriptionSet
from dfer.describe.clip_tokens import token_budget
from dfer.describe.descriptor_origins import author_of
from dfer.describe.difference import SetDifference, in_words
from dfer.experiments.in_words import verdict
from dfer.experiments.paired_difference import Difference
from dfer.experiments.recall_difference import RecallDifference

# What reorders text in a browser, or is there and not seen: controls, bidi, zero width, tag characters, lone
# surrogates (which no file can hold). Not the selector that makes a sign an emoji.
_UNSAFE = regex.compile(r"[[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\n\t\ufe0f]]", regex.V1)


def difference_page(
    before: DescriptionSet,
    after: DescriptionSet,
    difference: SetDifference,
    recalls: RecallDifference | None,
    *,
    titles: tuple[str, str],
) -> str:
    """The page's text, the same for the same sets and runs. `titles` are what the two sets are called."""
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
        sets=sets,
        difference=difference,
        origin=in_words(difference),
        recalls=recalls,
        verdict=_verdict(recalls),
    )


def _visible(value: Any) -> Any:
    """Words come from LLMs and files: what could not be seen is shown as its code."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return _UNSAFE.sub(lambda found: _escaped(ord(found[0])), value)


def _escaped(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _points(fraction: float) -> str:
    return f"{100 * fraction:.1f}".replace("-", "−")


def _signed(fraction: float) -> str:
    return f"{100 * fraction:+.1f}".replace("-", "−")


def _interval(difference: Difference) -> str:
    if difference.interval is None:
        return "too few runs for an interval"
    low, high = difference.interval
    return f"{_signed(low)} … {_signed(high)}"


def _verdict(recalls: RecallDifference | None) -> str:
    if recalls is None:
        return ""
    told = verdict(recalls.pair.difference, recalls.pair.p_holm, family=1)
    return f"{told[0].upper()}{told[1:]}."
