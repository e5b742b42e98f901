"""What each process of `torchrun` does: the trainings of `RECIPES`, one after the other, and their losses."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from description_store.database import open_store
from description_store.sets import find_set
from dfer.clips.clip import Clip
from dfer.training.data_source import DataSource
from dfer.training.preparing import prepare
from dfer.training.running import Machine, run_training

_SMALL: dict[str, Any] = {"epochs": 7, "batch_size": 8, "frames": 2, "visual_learning_rate": 1e-4}

RECIPES: dict[str, dict[str, Any]] = {
    # With 0.01, random weights make logits of hundreds, and rounding grows from step to step.
    "dfer-clip": {
        **_SMALL,
        "temperature": 0.1,
        "temporal_learning_rate": 1e-3,
        "class_weights": "balanced",
    },
    "emoclip": {
        **_SMALL,
        "temporal_head_width": 16,
        "temporal_mlp": 64,
        "temporal_positions": 3,
        "finetune_visual": True,
        "finetune_text": True,
        "text_learning_rate": 1e-4,
    },
    "emoclip-supervised": {
        **_SMALL,
        "temporal_head_width": 16,
        "temporal_mlp": 64,
        "temporal_positions": 3,
        "duplicates": "positive",
    },
    "linear-probe": {"epochs": 7, "batch_size": 8, "frames": 2, "label_smoothing": 0.1},
}


def train_all(store: Path, data: Path, out: Path) -> dict[str, list[float]]:
    """The losses of every step, by recipe. 14 clips are tested, 26 trained on."""
    found: dict[str, list[float]] = {}
    with open_store(store) as db:
        for recipe, settings in RECIPES.items():
            losses: list[float] = []
            prepared = prepare(
                find_set(db, "v1"),
                DataSource(dataset="csv", data=data),
                recipe=recipe,
                overrides=settings,
                architecture="tiny",
                pretrained=None,
                fold=1,
                seed=1,
                selection="best-test",
            )
            prepared = replace(prepared, clips=replace(prepared.clips, train=uneven(prepared.clips.train)))
            run_training(
                db,
                prepared,
                set_version=1,
                out=out,
                machine=Machine(accelerator="cpu"),
                again=True,
                on_progress=lambda p, losses=losses: p.stage == "train" and losses.append(p.loss),
            )
            found[recipe] = losses
    return found


def uneven(clips: tuple[Clip, ...]) -> tuple[Clip, ...]:
    """Without two of the four clips of one class, so that balanced weights are not all the same."""
    fear = [clip for clip in clips if clip.label == "fear"]
    return tuple(clip for clip in clips if clip not in fear[:2])


if __name__ == "__main__":
    store, data, out, losses = map(Path, sys.argv[1:])
    losses.write_text(json.dumps(train_all(store, data, out)))
