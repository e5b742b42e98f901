"""Finished runs and what they said of each clip, without any training."""

from collections.abc import Mapping, Sequence

import numpy as np

from description_store.records import Outcome, Run
from dfer.training.metrics import measure

CLASSES = ("anger", "fear", "joy")


class Runs:
    """Runs by set, and the outcomes of each: `compare(made.of, made.outcomes_of)`."""

    def __init__(self) -> None:
        self.of: dict[str, list[Run]] = {}
        self._outcomes: dict[int, list[Outcome]] = {}

    def add(
        self,
        name: str,
        labels: Sequence[int],
        taken: Sequence[int],
        *,
        fold: int = 1,
        seed: int = 1,
        classes: Sequence[str] = CLASSES,
        **changes: object,
    ) -> Run:
        """A run of set `name` that took the clips with `labels` for `taken`, numbers of classes."""
        number = sum(map(len, self.of.values())) + 1
        metrics = measure(list(labels), np.eye(len(classes))[list(taken)].tolist(), classes=len(classes))
        fields: dict[str, object] = {
            "id": number,
            "status": "finished",
            "spec_hash": f"rs1:{name}-{fold}-{seed}-{changes.get('protocol_hash', '')}",
            "protocol_hash": "rp1:a",
            "set_version": int(name.removeprefix("v")),
            "set_hash": f"ds1:{name}",
            "recipe": "dfer-clip",
            "dataset": "csv",
            "fold": fold,
            "seed": seed,
            "selection": "last",
            "specification": {"classes": list(classes), "recipe": "dfer-clip"},
            "uar": metrics.uar,
            "war": metrics.war,
            "per_class": dict(zip(classes, metrics.recalls, strict=True)),
            "confusion": metrics.confusion,
        }
        run = Run.model_validate(fields | changes)
        self.of.setdefault(name, []).append(run)
        self._outcomes[run.id] = [
            Outcome(f"fold{fold}-{place}", classes[label], classes[of])
            for place, (label, of) in enumerate(zip(labels, taken, strict=True))
        ]
        return run

    def outcomes_of(self, run: Run) -> list[Outcome]:
        return self._outcomes[run.id]

    def right_in(self, name: str, share: Mapping[tuple[int, int], float], *, clips: int = 20) -> None:
        """A run per (fold, seed), with that share of each class's clips right, the first ones."""
        for (fold, seed), right in share.items():
            labels = [label for label in range(len(CLASSES)) for _ in range(clips)]
            taken = [
                label if place < round(right * clips) else (label + 1) % len(CLASSES)
                for label in range(len(CLASSES))
                for place in range(clips)
            ]
            self.add(name, labels, taken, fold=fold, seed=seed)
