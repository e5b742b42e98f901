"""Description sets ranked before anything is trained: zero-shot, on a fold's validation clips."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from description_store.records import DescriptionSet
from dfer.experiments.set_scores import Scored, score_sets
from dfer.experiments.statistics.bootstrap import interval
from dfer.experiments.statistics.sample import Floats, recall_sample
from dfer.experiments.statistics.spread import spread_of
from dfer.training.loop import OnProgress
from dfer.training.metrics import measure
from dfer.training.preparing import PreparedRun
from dfer.training.run_data import datasets, tested_elsewhere
from dfer.training.running import Machine

Interval = tuple[float, float]

FEW_CLIPS = 10
"""Of a class with fewer, drawing its clips again says little about how sure its recall is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Behind:
    """How much lower a set's UAR is than the first one's, over the same clips, and its 95 % interval."""

    uar: float
    interval: Interval | None

    @property
    def is_told(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.interval is not None and self.interval[0] > 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranked:
    """Fractions, with 95 % intervals over clips. `longest` is in tokens, of the set's own budget.

    `mean_cosine` and `effective_rank` are of its texts alone: see `class_similarity`. `behind` is None for
    the first. Intervals are None where all clips say the same.
    """

    set: str
    uar: float
    interval: Interval | None
    war: float
    behind: Behind | None
    mean_cosine: float
    effective_rank: float
    longest: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranking:
    """Best first; equal ones in the order given.

    `clips_of` counts validation clips by class. `carved`: they were set aside from the training clips,
    because the data set has none of its own. `tested_elsewhere` of them are test clips of other folds.
    """

    rows: tuple[Ranked, ...]
    dataset: str
    fold: int
    clip: Mapping[str, str | int | bool | None]
    clips_of: dict[str, int]
    carved: bool
    tested_elsewhere: int

    @property
    def clips(self) -> int:
        return sum(self.clips_of.values())

    @property
    def chance(self) -> float:
        """The UAR of guessing."""
        return 1 / sum(clips > 0 for clips in self.clips_of.values())

    @property
    def few(self) -> tuple[str, ...]:
        """The classes with fewer than `FEW_CLIPS`, but some."""
        return tuple(name for name, clips in self.clips_of.items() if 0 < clips < FEW_CLIPS)

    @property
    def random_weights(self) -> bool:
        """UARs by a CLIP that never learned anything mean nothing."""
        return self.clip.get("pretrained") == "random"

    @property
    def not_told(self) -> tuple[str, ...]:
        """The sets that these clips do not tell from the first: the intervals of `behind` hold zero."""
        return tuple(row.set for row in self.rows if row.behind is not None and not row.behind.is_told)


def rank(
    sets: Mapping[str, DescriptionSet],
    prepared: PreparedRun,
    *,
    machine: Machine,
    on_progress: OnProgress = lambda progress: None,
) -> Ranking:
    """Score validation clips with the words of each set. `prepared`: by `prepare_ranking`, for these sets.

    The clips are the fold's own validation split, or those that selection by "best-val" sets aside from the
    training clips. Test clips were listed with the others, so that features of frames are found again; no
    frame of theirs is decoded. The image tower sees each frame once; for a set only its texts are encoded.
    Nothing is stored but the features.

    Raises:
        ContentError: clips whose frames cannot be read; nothing to set aside.
        DferError: a score is not finite.
    """
    validation = datasets(prepared)["val"]
    scored = score_sets(sets, prepared, validation, machine=machine, on_progress=on_progress)
    counts = Counter(clip.label for clip in validation.clips)
    return Ranking(
        rows=in_order(scored, validation.labels),
        dataset=prepared.spec.dataset,
        fold=prepared.spec.fold,
        clip=prepared.spec.clip,
        clips_of={name: counts[name] for name in prepared.spec.classes},
        carved=not prepared.clips.val,
        tested_elsewhere=tested_elsewhere(prepared, validation.clips),
    )


def in_order(scored: Mapping[str, Scored], labels: Sequence[int]) -> tuple[Ranked, ...]:
    """Best UAR first. `labels`: (clips,), class numbers."""
    measured = {
        name: measure(labels, one.logits.tolist(), classes=one.logits.shape[1])
        for name, one in scored.items()
    }
    right = {name: one.logits.argmax(axis=1) == np.asarray(labels) for name, one in scored.items()}
    # Sums of fractions that are equal on paper may differ in their last bit.
    best_first = sorted(scored, key=lambda name: -round(measured[name].uar, 9))
    first = best_first[0]

    def behind(name: str) -> Behind | None:
        if name == first:
            return None
        return Behind(
            uar=measured[first].uar - measured[name].uar,
            interval=_interval(right[first].astype(float) - right[name], labels),
        )

    return tuple(
        Ranked(
            set=name,
            uar=measured[name].uar,
            interval=_interval(right[name].astype(float), labels, least=0.0),
            war=measured[name].war,
            behind=behind(name),
            mean_cosine=scored[name].similarity.mean_cosine,
            effective_rank=scored[name].similarity.effective_rank,
            longest=scored[name].longest,
        )
        for name in best_first
    )


def _interval(values: Floats, labels: Sequence[int], *, least: float = -1.0) -> Interval | None:
    """95 %, of the mean over classes of the means of `values`, (clips,); drawn anew class by class.

    None where all clips say the same, which is no certainty.
    """
    fold = recall_sample(values[None, :], np.asarray(labels))
    spread = spread_of([fold], trained=False)
    if not spread.total:
        return None
    low, high = interval([fold], spread)
    return max(least, low), min(1.0, high)
