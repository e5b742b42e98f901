"""Class frequencies of a world: even, or a long tail like that of a data set."""

from collections.abc import Sequence

from dfer.action_units import EMOTIONS
from dfer.class_sets import canonical_label
from dfer.class_sets.class_set import ClassSet, EmotionClass

_LIKE_MAFW: dict[str, float] = {
    # Our own choice of a long tail over MAFW's eleven classes; which of them are frequent there is not known
    # to us, let alone how frequent.
    "sadness": 0.16,
    "anger": 0.15,
    "happiness": 0.135,
    "neutral": 0.125,
    "surprise": 0.115,
    "anxiety": 0.10,
    "disgust": 0.07,
    "fear": 0.07,
    "contempt": 0.03,
    "helplessness": 0.025,
    "disappointment": 0.02,
}

_PER_FURTHER_PART = 0.2
"""How much rarer a compound is for each emotion after its first."""


def shares_like_mafw(class_set: ClassSet) -> list[float]:
    """How frequent each class is, as shares that add up to 1.

    The frequencies are our own, not taken from MAFW. A compound class is rarer than the rarest of its
    parts; a class without a frequency of its own is as rare as the rarest single one.
    """
    weights = [_weight(emotion_class) for emotion_class in class_set.classes]
    return [weight / sum(weights) for weight in weights]


def counts_by_share(shares: Sequence[float], *, clips: int, folds: int) -> list[int]:
    """How many of the `clips` each class gets.

    Each gets one for every fold before shares count, if there are enough clips for that, else at least one.
    """
    least = folds if clips >= folds * len(shares) else 1
    rest = clips - least * len(shares)
    # A class is given what its floor leaves of its share: the tail is as thin as it can be, not thicker.
    wanted = [max(0.0, share * clips - least) for share in shares]
    total = sum(wanted)
    exact = [rest * want / total if total else rest / len(shares) for want in wanted]
    counts = [int(number) for number in exact]
    by_remainder = sorted(range(len(shares)), key=lambda i: (counts[i] - exact[i], i))
    for i in by_remainder[: rest - sum(counts)]:
        counts[i] += 1
    return [least + count for count in counts]


def _weight(emotion_class: EmotionClass) -> float:
    parts = emotion_class.components or (emotion_class.name,)
    known = [canonical_label(part, EMOTIONS) for part in parts]
    rarest = min(_LIKE_MAFW.values())
    return min(_LIKE_MAFW.get(name or "", rarest) for name in known) * _PER_FURTHER_PART ** (len(parts) - 1)
