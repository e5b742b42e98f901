"""What the runs of two sets say beside their words: recalls of classes, UAR and WAR, paired."""

from collections.abc import Sequence
from dataclasses import dataclass

from description_store.records import Run
from dfer.errors import UsageError
from dfer.experiments.comparison import compare, latest_of_each
from dfer.experiments.statistics import PairedDifference


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassRecall:
    """Mean recalls over the pairs in which both runs had test clips of the class; None without any."""

    before: float | None
    after: float | None
    pairs: int

    @property
    def difference(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, kw_only=True, slots=True)
class RecallDifference:
    """All differences are after − before, fractions, over runs that differ in words alone.

    `other_runs`: runs of both sets under other protocols, which are left out. `random_weights`: CLIP had
    learned nothing.
    """

    recipe: str
    dataset: str
    selection: str
    classes: dict[str, ClassRecall]
    uar: PairedDifference
    war: PairedDifference
    other_runs: int
    random_weights: bool


def compare_recalls(before: Sequence[Run], after: Sequence[Run]) -> RecallDifference | None:
    """The runs of two sets under the protocol that `dfer compare` would choose, paired by fold and seed.

    None where the sets share no protocol, or no fold and seed.
    """
    try:
        comparison = compare({"after": after, "before": before})
    except UsageError:
        return None
    (pair,) = comparison.pairs
    if pair.uar.n == 0:
        return None
    old, new = (
        {
            (run.fold, run.seed): run
            for run in latest_of_each(runs)
            if run.protocol_hash == comparison.protocol
        }
        for runs in (before, after)
    )
    paired = [(old[key], new[key]) for key in sorted(old.keys() & new.keys())]
    names = dict.fromkeys(name for runs in paired for run in runs for name in run.per_class)
    return RecallDifference(
        recipe=comparison.example.recipe,
        dataset=comparison.example.dataset,
        selection=comparison.example.selection,
        classes={name: _recall(name, paired) for name in names},
        uar=pair.uar,
        war=pair.war,
        other_runs=sum(comparison.other_protocols.values()),
        random_weights=comparison.example.specification.get("clip", {}).get("pretrained") == "random",
    )


def _recall(name: str, paired: Sequence[tuple[Run, Run]]) -> ClassRecall:
    both = [
        (a, b)
        for old, new in paired
        if (a := old.per_class.get(name)) is not None and (b := new.per_class.get(name)) is not None
    ]
    if not both:
        return ClassRecall(before=None, after=None, pairs=0)
    return ClassRecall(
        before=sum(a for a, _ in both) / len(both), after=sum(b for _, b in both) / len(both), pairs=len(both)
    )
