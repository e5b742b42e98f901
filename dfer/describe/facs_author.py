"""`builtin/facs`: an offline author that puts action units into words. No LLM, no key, no network.

It answers the same questions as an LLM does, in the same way (a numbered list), so that everything after the
answer is exercised as it is with a real one. It is a serious baseline: the words come from the Facial Action
Coding System, not from chance.
"""

import re

from dfer.action_units import EMOTIONS, compound
from dfer.errors import ContentError

MODEL = "builtin/facs"
# Part of the cache key: raise it whenever the words below change.
AUTHOR_VERSION = 1

_PHRASES: dict[int, str] = {
    1: "inner eyebrows raised",
    2: "outer eyebrows raised",
    4: "eyebrows lowered and drawn together",
    5: "upper eyelids raised with wide open eyes",
    6: "raised cheeks with creases beside the eyes",
    7: "tightened lower eyelids",
    9: "wrinkled nose",
    10: "raised upper lip",
    12: "lip corners pulled up",
    14: "one mouth corner tightened and dimpled",
    15: "lip corners pulled down",
    17: "chin pushed up and puckered",
    20: "lips stretched sideways",
    23: "tightened narrow lips",
    24: "lips pressed together",
    25: "parted lips",
    26: "dropped jaw",
    32: "bitten lower lip",
    43: "drooping upper eyelids",
    61: "eyes darting to the side",
    64: "lowered gaze",
}

# Units that make one visible shape together, said in one phrase. Earlier entries win.
_TOGETHER: dict[frozenset[int], str] = {
    frozenset({1, 2, 4}): "eyebrows raised and drawn together",
    frozenset({1, 2}): "eyebrows raised high and curved",
    frozenset({1, 4}): "inner eyebrows drawn up and together",
    frozenset({25, 26}): "jaw dropped with the mouth open",
    frozenset({23, 24}): "lips tightened and pressed together",
}

# Below this intensity a unit is said in its weak form, or not at all, and joins no group.
_STRONG = 0.4
_WEAK: dict[int, str] = {
    4: "slightly lowered eyebrows",
    12: "a faint one-sided smile",
    15: "slightly lowered lip corners",
    26: "slack jaw",
    43: "slightly drooping eyelids",
}

# With the units that would disturb it.
_NEUTRAL: dict[str, frozenset[int]] = {
    "relaxed eyebrows": frozenset({1, 2, 4}),
    "smooth forehead": frozenset({1, 2, 4}),
    "eyes open normally": frozenset({5, 6, 7, 43}),
    "steady gaze": frozenset({61, 64}),
    "closed relaxed lips": frozenset({10, 12, 14, 15, 17, 20, 23, 24, 25, 26, 32}),
    "no visible muscle tension": frozenset(_PHRASES),
}

_DISTINGUISH = re.compile(r"\bdistinguish(?:es)?\s+(.+?)\s+from\s+(.+?)\s+on\s+the\s+face\b", re.IGNORECASE)


def phrases(emotions: list[str]) -> list[str]:
    """What can be seen of these emotions together, strongest action units first.

    Several emotions give the union of their units. Neutral adds nothing to another emotion.
    """
    units = compound(emotions)
    said = _said(units)
    if not units:
        return list(said)
    return sorted(said, key=lambda phrase: (-max(units[unit] for unit in said[phrase]), phrase))


def distinguishing(emotions: list[str], others: list[str]) -> list[str]:
    """Of the same phrases those that the `others` do not show as strongly; all, where no such is left.

    First what they do not show at all, strongest first; then by how much stronger it is here. Of a neutral
    face, first what the others disturb most.
    """
    units, theirs = compound(emotions), compound(others)
    said = _said(units)
    if not units:
        return sorted(said, key=lambda phrase: -max(theirs.get(unit, 0.0) for unit in said[phrase]))

    def lead(phrase: str) -> tuple[bool, float]:
        """Whether it has a unit that the others lack, and how strong that is, or how much stronger."""
        lacking = [units[unit] for unit in said[phrase] if unit not in theirs]
        return bool(lacking), max(lacking or [units[unit] - theirs[unit] for unit in said[phrase]])

    stronger = [phrase for phrase in said if lead(phrase)[1] > 0] or list(said)
    return sorted(stronger, key=lambda phrase: (not lead(phrase)[0], -lead(phrase)[1], phrase))


def _said(units: dict[int, float]) -> dict[str, frozenset[int]]:
    """The phrases for these units, each with those that it puts into words."""
    if not units:
        return dict(_NEUTRAL)
    strong = {unit for unit, intensity in units.items() if intensity >= _STRONG}
    said = {_WEAK[unit]: frozenset({unit}) for unit in units.keys() & _WEAK.keys() - strong}
    for group, phrase in _TOGETHER.items():
        if group <= strong:
            said[phrase] = group
            strong -= group
    return said | {_PHRASES[unit]: frozenset({unit}) for unit in strong}


def asks_to_distinguish(question: str) -> bool:
    """Whether this author hears "what distinguishes A from B on the face?" of emotions that it knows."""
    found = _DISTINGUISH.search(question)
    return found is not None and all(_named(side) for side in found.groups())


def _named(text: str) -> list[str]:
    return [emotion for emotion in EMOTIONS if re.search(rf"\b{emotion}\b", text, re.IGNORECASE)]


def answer(question: str) -> str:
    """The author's answer to a question that names one or more emotions, or what distinguishes some from
    others.

    Raises:
        ContentError: the question names no emotion that this author knows; or of what it is to distinguish,
            one side has none.
    """
    found = _DISTINGUISH.search(question)
    asked = [_named(side) for side in (found.groups() if found else [question])]
    if not all(asked):
        raise ContentError(
            f"{MODEL} finds no emotion that it knows in the question {question.splitlines()[0]!r}",
            hint=f"it knows {', '.join(EMOTIONS)}; for other classes ask an LLM with --model",
        )
    # Three emotions at once could outgrow the token budget: the nine strongest phrases never do.
    said = distinguishing(*asked) if found else phrases(*asked)
    return "\n".join(f"{number}. {phrase}" for number, phrase in enumerate(said[:9], 1))
