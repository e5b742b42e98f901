"""A training step whose clips come from a pack, against the same step on clips that lie in memory.

bfloat16, four clips, one loader worker: does the step ever wait?
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from benchmarks.pairs import ratio
from benchmarks.side_by_side import CLASSES, SETTINGS, models
from dfer.clips.dataset import ClipDataset
from dfer.clips.loading import batches, checked
from dfer.clips.packing.pack import Pack
from dfer.clips.packing.plan import Packing
from dfer.clips.packing.writing import pack_clips
from dfer.clips.readers.csv_list import read_csv
from dfer.clips.synthetic.world import draw_world
from dfer.training.fabric import make_fabric
from dfer.training.objectives import ClassObjective
from dfer.training.step import optimizer_of, step

CLIPS, BATCH, ROUNDS = 21, 4, 3


def run() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = draw_world(folder / "world", class_set=CLASSES, clips=CLIPS, seed=1, size=224, frames=24)
        clips = read_csv(table)
        pack_clips(clips, folder / "w.pack", dataset="csv", packing=Packing(size=224), workers=0)
        data = ClipDataset(
            clips=clips,
            class_names=CLASSES.names,
            size=224,
            training=True,
            augmentation="mafw",
            seed=1,
            source=Pack(folder / "w.pack"),
        )
        return [_row(data)]


def _row(data: ClipDataset) -> dict[str, Any]:
    """Whole epochs of steps, so that a loader has to start, and can only be so much ahead."""
    _, recogniser = models()
    fabric = make_fabric("bf16", accelerator="cpu")
    model, optimizer = fabric.setup(recogniser, optimizer_of(recogniser, SETTINGS))
    objective = ClassObjective(data.clips, SETTINGS, class_names=CLASSES.names, fabric=fabric)
    held: list[Any] = list(checked(batches(data, batch_size=BATCH, workers=0)))

    def epoch(items: Iterable[Any]) -> None:
        for batch in items:
            index = torch.as_tensor(batch["index"])
            step(model, optimizer, objective, batch["frames"], index, fabric=fabric, pieces=1)

    return ratio(
        f"epoch of {len(held)} training steps fed from a pack",
        reference=lambda: epoch(held),
        candidate=lambda: epoch(checked(batches(data, batch_size=BATCH, workers=1))),
        rounds=ROUNDS,
        note="against clips in memory and no loader; 1 is a step that never waits",
        equal_to="",
    )


if __name__ == "__main__":
    for line in run():
        print(line)
