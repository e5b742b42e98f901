"""Descriptors as classify_by_description keeps them: phrases, sometimes with what an LLM left around them."""

from collections.abc import Mapping, Sequence

from description_store.records import Rendering
from dfer.describe.importing.class_texts import one_line
from dfer.describe.parsing.english import OPEN_ENDS
from dfer.describe.parsing.markers import has_letter, split_marker
from dfer.describe.rendering import choose_rendering
from dfer.errors import ContentError

# Source: its loading_helpers.py, which chooses the words before a descriptor by how it begins.
_OTHER_BEGINNINGS = ("a", "has", "often", "typically", "may", "can", "used")
_NAMED = 3


def phrases(
    texts: Mapping[str, Sequence[str]],
) -> tuple[dict[str, tuple[str, ...]], Rendering, list[str]]:
    """The descriptors without bullets and numbers, how that project renders them, and what to look at.

    Each becomes a text of its own, "{class}, which has …", and a class scores the mean of its texts.

    Raises ContentError for a class of which nothing is left.
    """
    words: dict[str, tuple[str, ...]] = {}
    warnings: list[str] = []
    for name, own in texts.items():
        words[name] = tuple(phrase for phrase in map(_without_marker, own) if has_letter(phrase))
        if not words[name]:
            raise ContentError(f"{name}: has no description", hint=f"the file says only {own[0][:60]!r}")
    other = [p for own in words.values() for p in own if p.startswith(_OTHER_BEGINNINGS)]
    if other:
        more = ", …" if len(other) > _NAMED else ""
        warnings.append(
            f"classify_by_description writes 'which is' or 'which', not 'which has', before {len(other)} of "
            f"the descriptors ({', '.join(map(repr, other[:_NAMED]))}{more}); here all are rendered alike"
        )
    return words, choose_rendering(form="each", combine="mean_score"), warnings


def looks_cut(text: str) -> bool:
    """Whether a text ends where more was to come: published descriptors were cut at 100 tokens."""
    words = text.split()
    return text.endswith((",", ";", "-", "(")) or (bool(words) and words[-1].casefold() in OPEN_ENDS)


def _without_marker(text: str) -> str:
    while marked := split_marker(text):
        text = marked[0].lstrip()
    return one_line(text)
