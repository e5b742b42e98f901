"""Ten simulated annotators: most see the class that was drawn, some one whose movements are much like it."""

import math
import random
from collections.abc import Sequence

from dfer.action_units import EMOTIONS

ANNOTATORS = 10
_AGREE = 6
"""So many at least vote for the label: our own choice, a majority that no other class can reach."""


def draw_votes(label: str, class_names: Sequence[str], *, seed: str) -> list[int]:
    """How many of the ten voted for each class, in the order of the names; the label has the majority."""
    rng = random.Random(seed)
    votes = [0] * len(class_names)
    votes[class_names.index(label)] = agreeing = rng.randint(_AGREE, ANNOTATORS)
    likeness = [0.0 if name == label else 0.15 + _likeness(name, label) for name in class_names]
    for choice in rng.choices(range(len(class_names)), weights=likeness, k=ANNOTATORS - agreeing):
        votes[choice] += 1
    return votes


def _likeness(first: str, second: str) -> float:
    """The cosine of two emotions' action units; 0 for a face at rest."""
    one, other = EMOTIONS[first], EMOTIONS[second]
    lengths = math.hypot(*one.values()) * math.hypot(*other.values())
    return sum(one[unit] * other[unit] for unit in one.keys() & other.keys()) / lengths if lengths else 0.0
