"""What a look through a data set found, as numbers and findings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dfer.clips.checking.finding import Finding
from dfer.clips.checking.lengths import Lengths
from dfer.clips.checking.listed import SPLITS, Listed, Sides
from dfer.clips.clip import Clip


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldCounts:
    """Clips of one fold by split, and by split and class; splits without clips are left out."""

    fold: int
    clips: Mapping[str, int]
    classes: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """`clips` are told by their paths: one that five folds list is one. `findings` come worst first."""

    dataset: str
    clips: int
    videos: int
    classes: Mapping[str, int]
    folds: tuple[FoldCounts, ...]
    sampled: int
    lengths: Lengths | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def ok(self) -> bool:
        """Whether training can start."""
        return not self.errors


def count_classes(listed: Mapping[Path, Listed], class_names: Sequence[str]) -> dict[str, int]:
    """Classes first, in their order, then whatever else labels are."""
    counts = Counter(entry.clip.label for entry in listed.values())
    return {name: counts[name] for name in dict.fromkeys((*class_names, *sorted(counts)))}


def count_folds(folds: Mapping[int, Sides], class_names: Sequence[str]) -> tuple[FoldCounts, ...]:
    """Classes in their order, as `count_classes` gives it."""
    return tuple(
        FoldCounts(
            fold=fold,
            clips={name: len(sides[name]) for name in SPLITS if sides[name]},
            classes={name: _by_class(sides[name], class_names) for name in SPLITS if sides[name]},
        )
        for fold, sides in folds.items()
    )


def _by_class(clips: Sequence[Clip], class_names: Sequence[str]) -> dict[str, int]:
    counts = Counter(clip.label for clip in clips)
    return {name: counts[name] for name in class_names}
