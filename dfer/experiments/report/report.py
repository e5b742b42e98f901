"""All that the report of a comparison tells, gathered once for page, figures and tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from description_store.records import DescriptionSet, Run
from dfer.errors import UsageError
from dfer.experiments.class_changes import ClassChange, MovedConfusion, class_changes, moved_confusions
from dfer.experiments.class_similarity import ClassSimilarity
from dfer.experiments.comparison import Comparison, Pair
from dfer.experiments.published_results import PublishedResult
from dfer.experiments.report.findings import Curve, curves_of, mean_confusion, mean_recalls
from dfer.experiments.report.texts import ClassTexts, texts_by_class
from dfer.experiments.statistics.sample import Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class PairChanges:
    """Where the two sets of a pair differ; all is a − b."""

    pair: Pair
    classes: tuple[ClassChange, ...]
    moved: tuple[MovedConfusion, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """`sets` by the names that the comparison gives them, in its order; `reference` is the one that others
    are shown beside. `recalls` and `confusions` are by set; `changes` are those of the pairs with the
    reference. `no_similarities` says why there are none. `others` are further runs, where weights may come
    from.
    """

    comparison: Comparison
    sets: dict[str, DescriptionSet]
    reference: str
    recalls: dict[str, tuple[float | None, ...]]
    changes: tuple[PairChanges, ...]
    confusions: dict[str, Floats]
    curves: tuple[Curve, ...]
    texts: tuple[ClassTexts, ...]
    published: tuple[PublishedResult, ...]
    similarities: tuple[ClassSimilarity, ...]
    no_similarities: str
    others: tuple[Run, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.comparison.example.specification["classes"])

    @property
    def runs(self) -> tuple[tuple[str, Run], ...]:
        """Each with its set's name; by set, fold and seed."""
        return tuple(
            (name, run)
            for name, runs in self.comparison.runs.items()
            for run in sorted(runs, key=lambda run: (run.fold, run.seed))
        )


def gather(
    comparison: Comparison,
    sets: Mapping[str, DescriptionSet],
    *,
    published: Sequence[PublishedResult] = (),
    similarities: Sequence[ClassSimilarity] = (),
    no_similarities: str = "",
    baseline: str | None = None,
    others: Sequence[Run] = (),
) -> Report:
    """`sets` by the names under which they were compared; without a `baseline`, the first is the reference.

    Raises:
        UsageError: a set of the comparison is missing, or there is no such baseline.
    """
    names = [row.set for row in comparison.rows]
    if missing := [name for name in names if name not in sets]:
        raise UsageError(f"the report lacks the words of {', '.join(missing)}")
    if baseline is not None and baseline not in names:
        raise UsageError(f"{baseline} is not among the sets compared", hint=f"one of {', '.join(names)}")
    reference = names[0] if baseline is None else baseline
    ordered = {name: sets[name] for name in names}
    classes = comparison.example.specification["classes"]
    return Report(
        comparison=comparison,
        sets=ordered,
        reference=reference,
        recalls={name: mean_recalls(runs, classes) for name, runs in comparison.runs.items()},
        changes=tuple(
            PairChanges(
                pair=pair,
                classes=class_changes(pair.folds, trained=comparison.trained),
                moved=moved_confusions(pair.folds),
            )
            for pair in comparison.pairs
            if reference in (pair.a, pair.b) and pair.folds
        ),
        confusions={name: mean_confusion(runs) for name, runs in comparison.runs.items()},
        curves=tuple(curve for name, runs in comparison.runs.items() for curve in curves_of(name, runs)),
        texts=texts_by_class(ordered, reference),
        published=tuple(published),
        similarities=tuple(similarities),
        no_similarities=no_similarities,
        others=tuple(others),
    )
