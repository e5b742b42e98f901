"""DFER-CLIP's training step with memory as glibc treats it, and with what a step frees kept for the next."""

from functools import partial
from typing import Any
from unittest.mock import patch

from benchmarks.apart import ratios_apart
from benchmarks.pairs import Act
from benchmarks.side_by_side import models
from benchmarks.training_step import clips, own_step
from dfer.training import fabric

ROUNDS = 4


def run() -> list[dict[str, Any]]:
    return ratios_apart(
        partial(_step, kept=False),
        {"training step of four clips, bf16: freed memory kept": partial(_step, kept=True)},
        rounds=ROUNDS,
    )


def _step(*, kept: bool) -> tuple[Act, str]:
    _, recogniser = models()
    if kept:
        return own_step(recogniser, clips(), "bf16"), ""
    with patch.object(fabric, "keep_freed_memory", lambda: None):
        return own_step(recogniser, clips(), "bf16"), ""


if __name__ == "__main__":
    for line in run():
        print(line)
