"""What can be told from the lists alone: of a data set on disk, and of a pack."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dfer.clips.checking.across_folds import look_across_folds
from dfer.clips.checking.finding import Finding
from dfer.clips.checking.labels import class_of, look_at_labels
from dfer.clips.checking.listed import distinct, sides_of_folds, with_plain_paths
from dfer.clips.checking.lists import look_at_lists
from dfer.clips.checking.report import FoldCounts, count_classes, count_folds
from dfer.clips.checking.sides import look_at_sides
from dfer.clips.checking.totals import look_at_totals
from dfer.clips.checking.votes import look_at_votes
from dfer.clips.readers.listing import Listing


class Lists:
    """The clips with their labels as classes and their paths in one spelling; each once in `listed`."""

    def __init__(self, listing: Listing, class_names: Sequence[str] | None) -> None:
        self._listing, self._class_names = listing, class_names
        classes = {label: class_of(label, class_names) for label in {clip.label for clip in listing.clips}}
        self.clips = tuple(
            replace(clip, label=classes[clip.label]) for clip in with_plain_paths(listing.clips)
        )
        self.listed = distinct(self.clips, listing.places)
        self.folds = sides_of_folds(self.clips)
        self.names = tuple(class_names or sorted({clip.label for clip in self.clips}))

    def findings(self, dataset: str, *, allow_missing: bool) -> list[Finding]:
        """`allow_missing`: classes without clips are no error."""
        has_lists = any(clip.split is not None for clip in self.clips)
        return [
            *look_at_lists(self._listing),
            *look_at_labels(self.listed, self._class_names, clips=self.clips, places=self._listing.places),
            *look_at_votes(self.listed),
            *look_at_sides(
                self.clips,
                self.folds,
                self.names,
                places=self._listing.places,
                allow_missing=allow_missing,
            ),
            *look_across_folds(self.folds if has_lists else {}),
            *look_at_totals(dataset, len(self.listed), self.folds),
        ]

    def classes(self) -> Mapping[str, int]:
        """How many clips each class has."""
        return count_classes(self.listed, self.names)

    def fold_counts(self) -> tuple[FoldCounts, ...]:
        """How many clips each fold has by side and class."""
        return count_folds(self.folds, tuple(self.classes()))
