"""A training step whose clips come from a pack, against the same step on clips that lie in memory.

bfloat16, four clips, one loader worker: does the step ever wait? And what does it cost to start the worker?
"""

import statistics
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from benchmarks.pairs import row
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

CLIPS, BATCH, ROUNDS = 28, 4, 4


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
        return _rows(data)


def _rows(data: ClipDataset) -> list[dict[str, Any]]:
    _, recogniser = models()
    fabric = make_fabric("bf16", accelerator="cpu")
    model, optimizer = fabric.setup(recogniser, optimizer_of(recogniser, SETTINGS))
    objective = ClassObjective(data.clips, SETTINGS, class_names=CLASSES.names, fabric=fabric)
    held: list[Any] = list(checked(batches(data, batch_size=BATCH, workers=0)))

    def epoch(items: Iterable[Any]) -> tuple[float, float]:
        """Seconds of its first step, and of one of the others, with the wait for its clips."""
        seconds = []
        started = time.perf_counter()
        for batch in items:
            index = torch.as_tensor(batch["index"])
            step(model, optimizer, objective, batch["frames"], index, fabric=fabric, pieces=1)
            seconds.append(time.perf_counter() - started)
            started = time.perf_counter()
        return seconds[0], statistics.median(seconds[1:])

    epoch(held)
    rounds = [
        (epoch(held), epoch(checked(batches(data, batch_size=BATCH, workers=1)))) for _ in range(ROUNDS)
    ]
    return [
        row(
            "training step, bf16, fed from a pack",
            [held / fed for (_, held), (_, fed) in rounds],
            unit="×",
            note="against clips in memory and no loader; 1 is a step that never waits",
        ),
        row(
            "an epoch's first step: a loader that starts",
            [fed - held for (held, _), (fed, _) in rounds],
            unit="s",
            note="more than with clips in memory",
        ),
    ]


if __name__ == "__main__":
    for line in run():
        print(line)
