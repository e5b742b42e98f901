"""The difference of two sets as one HTML file that needs nothing else: no network, no script."""

from importlib import resources

from description_store.records import DescriptionSet
from dfer.describe.clip_tokens import token_budget
from dfer.describe.descriptor_origins import author_of
from dfer.describe.difference import SetDifference, in_words
from dfer.experiments.in_words import verdict
from dfer.experiments.paired_difference import Difference
from dfer.experiments.recall_difference import RecallDifference
from dfer.experiments.visible_text import page_environment


def difference_page(
    before: DescriptionSet,
    after: DescriptionSet,
    difference: SetDifference,
    recalls: RecallDifference | None,
    *,
    titles: tuple[str, str],
) -> str:
    """The page's text, the same for the same sets and runs. `titles` are what the two sets are called."""
    environment = page_environment()
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
