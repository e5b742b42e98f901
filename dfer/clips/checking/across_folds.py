"""Folds against each other: the lists of each hold the same clips, and no clip is tested in two of them."""

from collections.abc import Iterator, Mapping
from itertools import combinations

from dfer.clips.checking.finding import Finding, grouped, how_many
from dfer.clips.checking.listed import Sides


def look_across_folds(folds: Mapping[int, Sides]) -> Iterator[Finding]:
    """Nothing where folds have no lists of their own: there each clip is in all of them by definition."""
    clips = {fold: {clip.path for clips in sides.values() for clip in clips} for fold, sides in folds.items()}
    every = set().union(*clips.values())
    yield from grouped(
        "folds-differ",
        "warning",
        [
            f"fold {fold}: {how_many(len(lost), 'clip')} of {len(every):,} are in none of its lists, such as "
            f"{min(lost)}"
            for fold, own in clips.items()
            if (lost := every - own)
        ],
        thing="fold",
        message="without clips that other folds have",
        hint="folds deal out the same clips; was one of the lists cut off, or are they of two releases?",
    )
    tested = {fold: {clip.path for clip in sides["test"]} for fold, sides in folds.items()}
    yield from grouped(
        "tested-twice",
        "warning",
        [
            f"folds {one} and {other}: {how_many(len(both), 'clip')} in both test lists, such as {min(both)}"
            for one, other in combinations(tested, 2)
            if (both := tested[one] & tested[other])
        ],
        thing="pair",
        message="of folds that test on the same clips",
        hint="a mean over these folds counts the clips twice; is one fold's list a copy of another's?",
    )
    yield from grouped(
        "sides-swapped",
        "warning",
        [
            f"fold {fold}: {len(sides['train']):,} train, {len(sides['test']):,} test"
            for fold, sides in folds.items()
            if 0 < len(sides["train"]) < len(sides["test"])
        ],
        thing="fold",
        message="with more clips to test than to train on",
        hint="were the lists of train and test swapped?",
    )
