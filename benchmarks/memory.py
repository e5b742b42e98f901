"""Peak memory: of a training step, and of an evaluation as the number of clips grows tenfold."""

import csv
import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from benchmarks.pairs import row
from benchmarks.reporting_command import REPORTING
from benchmarks.side_by_side import CLASSES, SETTINGS, ClipsInMemory, models
from dfer.clips.synthetic.world import draw_world
from dfer.training.evaluation import score
from dfer.training.evaluation_batch import clips_at_once
from dfer.training.fabric import make_fabric
from dfer.training.specification import Precision
from dfer.training.step import optimizer_of

CLIPS = 4
DRAWN = 70
FEW, MANY = 1_000, 10_000


def run() -> list[dict[str, Any]]:
    """Megabytes, each measured in a process of its own. Linux alone says them."""
    published = _alone(_published)
    ours: dict[str, Callable[[], float]] = {
        "fp32": partial(_ours, "fp32", recompute=False),
        "bf16": partial(_ours, "bf16", recompute=False),
        "bf16, --recompute": partial(_ours, "bf16", recompute=True),
    }
    rows = [row("memory of a training step, as published", [published], unit="MB", digits=0, note=_WHAT)]
    for name, measure in ours.items():
        own = _alone(measure)
        note = f"{published / own:.2f} times less than as published"
        rows.append(row(f"memory of a training step, {name}", [own], unit="MB", digits=0, note=note))
    return [*rows, _of_scoring(), *_evaluations()]


_WHAT = f"{CLIPS} clips of 16 frames, 224 x 224, ViT-B/32; weights, gradients and momentum included"


def _alone(measure: Callable[[], Any]) -> Any:
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(measure)


def _published() -> float:
    data = ClipsInMemory.drawn(CLIPS)
    model = models()[0]
    gc.collect()
    return _peak_of_steps(model, model.optimizer(), data, "fp32")


def _ours(precision: Precision, *, recompute: bool) -> float:
    data = ClipsInMemory.drawn(CLIPS)
    model = models()[1]
    gc.collect()
    make_fabric(precision, accelerator="cpu")  # memory from here on as in a run
    if recompute:
        model.recompute_activations()
    return _peak_of_steps(model, optimizer_of(model, SETTINGS), data, precision)


def _of_scoring() -> dict[str, Any]:
    before, peak, clips = _alone(_scoring)
    note = f"{before:.0f} MB of it before the first clip"
    return row(
        f"memory of scoring {clips} clips at once, as dfer does, fp32", [peak], unit="MB", digits=0, note=note
    )


def _scoring() -> tuple[float, float, int]:
    """Megabytes before and at most, and the clips that are scored at once."""
    model = models()[1]
    gc.collect()
    fabric = make_fabric("fp32", accelerator="cpu")
    clips = clips_at_once(model, frames=SETTINGS.frames)
    data = ClipsInMemory.drawn(2 * clips)
    _forget_peak()
    before = _peak()
    score(model, data, fabric=fabric, workers=0)
    return before, _peak(), clips


def _peak_of_steps(model: Any, optimizer: Any, data: ClipsInMemory, precision: Precision) -> float:
    """Two steps, because momentum is there from the second on."""
    for place in range(2):
        optimizer.zero_grad()
        if place:
            _forget_peak()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            logits = model(data.published())
        functional.cross_entropy(logits.float(), torch.tensor(data.labels)).backward()
        optimizer.step()
    return _peak()


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak() -> float:
    """Megabytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def _evaluations() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw_world(folder / "world", class_set=CLASSES, clips=DRAWN, seed=1, size=64, frames=16)
        _dfer(folder, "describe", "--classes", "dfew7", "--model", "builtin/facs", "--quiet")
        few, many = (_evaluation(folder, clips) for clips in (FEW, MANY))
        more = f"{1000 * (many - few) / (MANY - FEW):.0f} KB more for each further clip"
        return [
            row(f"memory of `dfer evaluate`, {FEW:,} clips", [few], unit="MB", digits=0),
            row(f"memory of `dfer evaluate`, {MANY:,} clips", [many], unit="MB", digits=0, note=more),
        ]


def _evaluation(folder: Path, clips: int) -> float:
    """Each clip has a folder and a line of its own; the pictures behind them are those of a few."""
    table = folder / f"clips{clips}.csv"
    with (folder / "world" / "clips.csv").open(encoding="utf-8", newline="") as drawn:
        known = list(csv.DictReader(drawn))
    (folder / "linked").mkdir(exist_ok=True)
    lines = [("path", "label", "fold")]
    for number in range(clips):
        like = known[number % len(known)]
        link = folder / "linked" / f"{number:05}"
        if not link.is_symlink():
            link.symlink_to(folder / "world" / like["path"])
        lines.append((f"linked/{number:05}", like["label"], "1" if number >= len(CLASSES.names) else "2"))
    with table.open("w", encoding="utf-8", newline="") as written:
        csv.writer(written).writerows(lines)
    how = "--recipe zero-shot --clip tiny --workers 0 --quiet -d v1 --again"
    return _dfer(folder, "evaluate", "--data", str(table), *how.split())


def _dfer(folder: Path, *arguments: str) -> float:
    """Runs a command as `dfer` does; its peak memory."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("DFER_")}
    done = subprocess.run(
        [sys.executable, "-c", REPORTING, *arguments],
        cwd=folder,
        env=known | {"DFER_CACHE_DIR": str(folder / "cache")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    peak: float = json.loads(done.stderr.splitlines()[-1])["peak_mb"]
    return peak


if __name__ == "__main__":
    for line in run():
        print(line)
