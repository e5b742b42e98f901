"""MAFW's other protocol, 43 classes: who shows more than one emotion, and in which of its folds."""

import random
from collections.abc import Sequence
from dataclasses import replace

from dfer.class_sets import load_class_set
from dfer.clips.synthetic.plan import PlannedClip

_SHARE = 0.35
_COMPOUNDS = [c.components for c in load_class_set("mafw43").classes if c.components]


def with_compounds(plan: Sequence[PlannedClip], seed: int) -> list[PlannedClip]:
    """The plan with a share of the clips showing a compound of which their label is a part.

    Emotions are in MAFW's order. Neutral is a part of none.
    """
    return [_mixed(clip, random.Random(f"{seed}/compound/{clip.number}")) for clip in plan]


def _mixed(clip: PlannedClip, rng: random.Random) -> PlannedClip:
    possible = [parts for parts in _COMPOUNDS if clip.label in parts]
    if not possible or rng.random() >= _SHARE:
        return clip
    return replace(clip, compound=rng.choice(possible))


def compound_label(clip: PlannedClip) -> str:
    """The clip's class among the 43."""
    return "_".join(clip.compound or (clip.label,))


def compound_fold(clip: PlannedClip, *, folds: int) -> int:
    """The clip's fold in the compound protocol, from 1: another partition than that of the single labels.

    Every second person of a fold moves on to the next one, so that clips change side, as in MAFW, while
    people still are in one fold of each protocol.
    """
    place = clip.subject // folds
    return (clip.fold - 1 + (place % 2 == 0)) % folds + 1
