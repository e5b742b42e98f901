"""Leave one class out: a run for each class, and what they say together (EmoCLIP §IV-C)."""

from collections.abc import Sequence
from typing import NamedTuple

from description_store.records import Run


class HeldOut(NamedTuple):
    """Fractions over all held-out classes: the mean of their recalls, and the share of clips recognised."""

    uar: float
    war: float


def over_held_out_classes(runs: Sequence[Run]) -> HeldOut:
    """Of finished runs, each with another `held_out_class`; a run's own UAR is the recall of that class."""
    right = clips = 0
    recalls = []
    for run in runs:
        place = run.specification["classes"].index(run.specification["settings"]["held_out_class"])
        row = run.confusion[place]
        recalls.append(row[place] / sum(row))
        right += row[place]
        clips += sum(row)
    return HeldOut(uar=sum(recalls) / len(recalls), war=right / clips)
