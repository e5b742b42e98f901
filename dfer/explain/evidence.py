"""What each descriptor of a class does for the class's score, as data."""

from dataclasses import dataclass
from typing import Literal

Method = Literal["parts", "leave-one-out"]
"""parts: the descriptor's share of a score that is a mean over descriptors; shares sum to the score.
leave-one-out: the score less the score of the class told without the descriptor; these do not sum to it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DescriptorEvidence:
    """`evidence` is in the unit of the class's score. It is None where the class has no other descriptor:
    without it there would be no text to compare with."""

    descriptor: str
    evidence: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassEvidence:
    """`score` is the class's logit, `probability` its softmax over all classes; of several windows of a clip
    the mean of each. `descriptors` are in the order of the description."""

    class_name: str
    score: float
    probability: float
    method: Method
    descriptors: tuple[DescriptorEvidence, ...]
