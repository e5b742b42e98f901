"""What evidence says, in sentences that do not say more."""

import math
from collections.abc import Sequence

from dfer.explain.evidence import ClassEvidence, DescriptorEvidence
from dfer.explain.explainer import Explainer

_MEANING_NOTHING = {
    "random": "random words",
    "scrambled": "the words of a set in a random order",
    "swapped": "the words of other classes",
    "shared": "the same words for all classes",
}


def verdict(evidence: Sequence[ClassEvidence]) -> str:
    """ "The model says happiness (61.2 %), then surprise (20.1 %)." """
    first, second = evidence[:2]
    return f"The model says {_chance(first)}, then {_chance(second)}."


def strongest(found: ClassEvidence, *, average: float, decimals: int) -> str:
    """Which descriptor did most for its class, and which most against it. Nothing where there is one alone.

    `average`: the mean score of all classes, of which shares are told by their distance.
    """
    told = [one for one in found.descriptors if one.evidence is not None]
    if len(told) < 2:
        return ""
    least, *_, most = sorted(told, key=lambda one: one.evidence or 0)
    if found.method == "parts":
        lead, lag = (beside_average(one, found, average) for one in (most, least))
        return (
            f"Of the descriptors of {found.class_name} “{most.descriptor}” scores highest "
            f"({signed(lead, decimals)} beside the average class), "
            f"“{least.descriptor}” lowest ({signed(lag, decimals)})."
        )
    assert most.evidence is not None
    assert least.evidence is not None
    sentences = [_without(found, most, most.evidence, decimals)] if most.evidence > 0 else []
    sentences += [_without(found, least, least.evidence, decimals)] if least.evidence < 0 else []
    return " ".join(sentences)


def beside_average(one: DescriptorEvidence, found: ClassEvidence, average: float) -> float:
    """A share less what each descriptor of a class would have if the class were like the average one.

    They sum to the class's score less the average score, on which alone its probability depends.
    """
    assert one.evidence is not None
    return one.evidence - average / len(found.descriptors)


def warnings(explainer: Explainer, *, trained_with: str) -> tuple[str, ...]:
    """What a reader must know before any number. `trained_with`: the set that the run was trained with where
    that is another, as people call it."""
    loaded = explainer.loaded
    control = loaded.description_set.provenance.control
    told = []
    if loaded.clip.identity.get("pretrained") == "random":
        told.append("CLIP started from random weights: its text tower never learned what words mean.")
    if control is not None:
        what = _MEANING_NOTHING.get(control, f"a {control} control's words")
        told.append(
            f"{loaded.set_name} is a control: it says {what}. Evidence for them is what chance looks like."
        )
    if trained_with:
        told.append(
            f"{loaded.name} was trained with the words of {trained_with}, and is told "
            f"{loaded.set_name}'s here."
        )
    return tuple(told)


def decimals_for(values: Sequence[float]) -> int:
    """So many that the largest value shows three digits; from 2 to 5."""
    largest = max(map(abs, values), default=0.0)
    return 2 if largest == 0 else min(max(2 - math.floor(math.log10(largest)), 2), 5)


def signed(value: float, decimals: int) -> str:
    """ "+0.31", "−1.20", and "0.00" of what rounds to nothing."""
    text = f"{value:+.{decimals}f}"
    return text[1:] if float(text) == 0 else text.replace("-", "−")


def _without(found: ClassEvidence, one: DescriptorEvidence, amount: float, decimals: int) -> str:
    way = "lower" if amount > 0 else "higher"
    return (
        f"Without “{one.descriptor}” the score of {found.class_name} would be "
        f"{abs(amount):.{decimals}f} {way}."
    )


def _chance(one: ClassEvidence) -> str:
    return f"{one.class_name} ({100 * one.probability:.1f}\u00a0%)"
