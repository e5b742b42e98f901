"""Scoring clips with a trained DFER-CLIP: dfer's own `score` against the published pipeline's loop.

The model of `training_step`. The published loop reads all texts again for each batch.
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from benchmarks.apart import Prepare, ratios_apart
from benchmarks.pairs import Act
from benchmarks.published_pipeline import PublishedDferClip
from benchmarks.side_by_side import ClipsInMemory, models
from dfer.training.evaluation import score
from dfer.training.fabric import make_fabric, settle
from dfer.training.specification import Precision

CLIPS, ROUNDS = 4, 5


def run() -> list[dict[str, Any]]:
    """Ratios; a process for each side, as in `training_step`."""
    ways: list[tuple[Precision, str]] = [("fp32", "eager"), ("fp32", "compiled"), ("bf16", "eager")]
    rows = []
    for size, what in ((4, "four clips at a time"), (1, "one clip at a time")):
        sides: dict[str, Prepare] = {
            f"evaluation, {what}, {precision}, {how}": partial(_ours, size, precision, how)
            for precision, how in ways
        }
        rows += ratios_apart(partial(_published, size, "fp32"), sides, rounds=ROUNDS)
        both = {f"evaluation, {what}, bf16 on both sides": partial(_ours, size, "bf16", "eager")}
        rows += ratios_apart(partial(_published, size, "bf16"), both, rounds=ROUNDS)
    return rows


def _published(size: int, precision: Precision) -> tuple[Act, str]:
    data, (model, _) = _clips(), models()
    return partial(_published_scores, model.eval(), data.published(), size, precision), ""


def _ours(size: int, precision: Precision, how: str) -> tuple[Act, str]:
    data, (published, recogniser) = _clips(), models()
    expected = _published_scores(published.eval(), data.published(), size)
    if how == "compiled":
        recogniser.visual.compile()
    fabric = make_fabric(precision, accelerator="cpu")
    settle(recogniser, fabric, precision=precision)

    def one() -> Tensor:
        # As many at a time as the reference; unless told, dfer takes more.
        return score(recogniser, data, fabric=fabric, workers=0, batch_size=size)[0]

    return one, _equality(one(), expected)


def _clips() -> ClipsInMemory:
    torch.manual_seed(0)
    return ClipsInMemory.drawn(CLIPS)


@torch.no_grad()
def _published_scores(
    model: PublishedDferClip, frames: Tensor, size: int, precision: Precision = "fp32"
) -> Tensor:
    """(clips, classes)."""
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        return torch.cat([model(part) for part in frames.split(size)]).float()


def _equality(found: Tensor, expected: Tensor) -> str:
    apart = float((found - expected).abs().max())
    return f"logits to {apart:.0e} (they span {float(expected.max() - expected.min()):.2g})"


if __name__ == "__main__":
    for line in run():
        print(line)
