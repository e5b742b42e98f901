"""What makes the figures of a comparison say less than they seem to."""

from collections import Counter
from collections.abc import Mapping, Sequence

from description_store.records import DescriptionSet
from dfer.counts import count_of
from dfer.experiments.comparison import Comparison
from dfer.experiments.matched_controls import is_control
from dfer.experiments.statistics.spread import FEW_FOLDS
from dfer.models.settings import RECIPES, LinearSettings

FEW_CLIPS = 10
"""With fewer test clips of a class, how sure its recall is, and so UAR, is mostly guessed from the others."""


def cautions(comparison: Comparison, sets: Mapping[str, DescriptionSet]) -> tuple[str, ...]:
    """Sentences for a reader; the gravest first. `sets` by the names under which they were compared."""
    example = comparison.example
    told = []
    if comparison.random_weights:
        told.append(
            "CLIP's weights are random: it has never read a word, so no figure here says anything of words."
        )
    if isinstance(RECIPES.get(example.recipe), LinearSettings):
        told.append(f"{example.recipe} reads no words: the sets only say which classes there are.")
    told += _of_controls(comparison, sets)
    if example.selection == "best-test":
        told.append(
            "The epoch was selected on the test clips (best-test), as in both papers: the figures are better "
            "than those of new clips would be."
        )
    told += _of_design(comparison)
    for name, runs in comparison.unmatched.items():
        told.append(f"{name}: {count_of(runs, 'run')} of folds or seeds that other sets lack.")
    if comparison.other_protocols:
        others = "; ".join(
            f"{protocol[4:12]} ({count_of(other.runs, 'run')}: {other.differences})"
            for protocol, other in comparison.other_protocols.items()
        )
        told.append(f"These sets have runs of other protocols too, left out ({others}); --protocol chooses.")
    return tuple(told)


def _of_design(comparison: Comparison) -> list[str]:
    runs = [run for runs in comparison.runs.values() for run in runs]
    folds = sorted({run.fold for run in runs})
    told = []
    if len(folds) == 1:
        told.append(
            "One fold: what other training clips and other people would change is not in the intervals, and "
            "clips of one person or film are counted as if they were independent."
        )
    elif len(folds) < FEW_FOLDS:
        told.append(f"{len(folds)} folds say little about each other: intervals are wide, and rough.")
    seeds = Counter((name, run.fold) for name, own in comparison.runs.items() for run in own)
    if comparison.trained and set(seeds.values()) == {1}:
        told.append("One seed per fold: how much of a difference is the luck of a training cannot be told.")
    elif len(set(seeds.values())) > 1:
        told.append("Folds have different numbers of seeds; they weigh the same.")
    paired = next((pair.folds for pair in comparison.pairs if pair.folds), ())
    tested = Counter(clip for fold in paired for clip in fold.clips)
    if tested and max(tested.values()) > 1:
        told.append("Clips are tested in several folds: the intervals reckon with it roughly.")
    counts = Counter(fold.classes[label] for fold in paired for label in fold.labels)
    if few := [name for name, clips in counts.items() if clips < FEW_CLIPS]:
        told.append(f"Fewer than {FEW_CLIPS} test clips of {in_a_row(few)}: UAR hangs on each of them.")
    return told


def _of_controls(comparison: Comparison, sets: Mapping[str, DescriptionSet]) -> list[str]:
    if not any(map(is_control, sets.values())):
        return [
            "No control set stands in this table: it cannot tell whether wording matters more than any words "
            "would. `dfer sets control` makes one."
        ]
    rows = [row for row in comparison.rows if not is_control(sets[row.set])]
    alone = [row.set for row in rows if row.control is None]
    if not alone:
        return []
    return [
        f"No control made from {in_a_row(alone)} stands in this table: there is no gain over one to tell."
    ]


def in_a_row(names: Sequence[str]) -> str:
    """ "v1, v2 and v3"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
