"""What the runs of two sets say beside their words: recalls of classes, UAR and WAR, paired."""

from collections.abc import Sequence
from dataclasses import dataclass

from description_store.records import Run
from dfer.errors import UsageError
from dfer.experiments.class_changes import ClassChange, class_changes
from dfer.experiments.comparison import Comparison, Pair, compare
from dfer.experiments.pairing import OutcomesOf


@dataclass(frozen=True, kw_only=True, slots=True)
class RecallDifference:
    """All differences are after − before, over runs that differ in words alone: `pair.a` is after."""

    comparison: Comparison
    pair: Pair
    classes: dict[str, ClassChange]

    @property
    def other_runs(self) -> int:
        """Runs of both sets under other protocols, which are left out."""
        return sum(other.runs for other in self.comparison.other_protocols.values())


def compare_recalls(
    before: Sequence[Run], after: Sequence[Run], outcomes_of: OutcomesOf
) -> RecallDifference | None:
    """The runs of two sets under the protocol that `dfer compare` would choose, paired by fold and seed.

    None where the sets share no protocol, or no fold and seed.
    """
    try:
        comparison = compare({"after": after, "before": before}, outcomes_of)
    except UsageError:
        return None
    (pair,) = comparison.pairs
    if not pair.folds:
        return None
    changes = class_changes(pair.folds, trained=comparison.trained)
    return RecallDifference(
        comparison=comparison, pair=pair, classes={change.name: change for change in changes}
    )
