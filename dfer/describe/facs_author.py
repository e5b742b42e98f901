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

_NEUTRAL = (
    "relaxed eyebrows",
    "smooth forehead",
    "eyes open normally",
    "steady gaze",
    "closed relaxed lips",
    "no visible muscle tension",
)


def phrases(emotions: list[str]) -> list[str]:
    """What can be seen of these emotions together, strongest action units first.

    Several emotions give the union of their units. Neutral adds nothing to another emotion.
    """
    units = compound(emotions)
    if not units:
        return list(_NEUTRAL)
    strong = {unit: intensity for unit, intensity in units.items() if intensity >= _STRONG}
    said = {_WEAK[unit]: units[unit] for unit in units.keys() & _WEAK.keys() - strong.keys()}
    for group, phrase in _TOGETHER.items():
        if group <= strong.keys():
            said[phrase] = max(strong.pop(unit) for unit in group)
    said |= {_PHRASES[unit]: intensity for unit, intensity in strong.items()}
    return sorted(said, key=lambda phrase: (-said[phrase], phrase))


def answer(question: str) -> str:
    """The author's answer to a question that names one or more emotions.

    Raises:
        ContentError: the question names no emotion that this author knows.
    """
    asked = [emotion for emotion in EMOTIONS if re.search(rf"\b{emotion}\b", question, re.IGNORECASE)]
    if not asked:
        raise ContentError(
            f"{MODEL} finds no emotion that it knows in the question {question.splitlines()[0]!r}",
            hint=f"it knows {', '.join(EMOTIONS)}; for other classes ask an LLM with --model",
        )
    # Three emotions at once could outgrow the token budget: the nine strongest phrases never do.
    return "\n".join(f"{number}. {phrase}" for number, phrase in enumerate(phrases(asked)[:9], 1))
