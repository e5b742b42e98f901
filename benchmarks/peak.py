"""How much there is to compute, how fast this machine multiplies, and what share of that each stage reaches.

The peak is that of one product of the shapes of the tower's MLP, the best of several and of the two ways that
`linear_layer` chooses from: a figure of the machine and its libraries, not of its data sheet. Work is counted
by torch, products alone, for the batch of the recipe: it reads the texts once for all of its clips.
"""

import time
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.pairs import row
from benchmarks.side_by_side import SETTINGS, ClipsInMemory, models
from dfer.models.linear_layer import linear
from dfer.models.recogniser import VideoRecogniser
from dfer.training.fabric import make_fabric
from dfer.training.specification import Precision

CLIPS, ROUNDS = 4, 3
_IMAGES, _TOKENS, _WIDTH, _HIDDEN = 64, 50, 768, 3072
_DTYPES: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}


def run() -> list[dict[str, Any]]:
    torch.manual_seed(0)
    make_fabric("fp32", accelerator="cpu")  # memory as in a run
    pixels = ClipsInMemory.drawn(CLIPS).pixels.float() / 255
    published, ours = models()
    with torch.inference_mode():
        text = ours.text_features()
    assert text is not None  # once for all clips, and so no work of a clip
    stages = {
        "training": lambda: _backward(ours, pixels),
        "evaluation": lambda: _forward(ours, pixels, text),
    }
    work = {stage: _work(act) for stage, act in stages.items()}
    counted = {
        "training, as published": _work_in_training(published, pixels),
        "training": _work_in_training(ours, pixels),
        "evaluation": work["evaluation"] / CLIPS,
        "training with --recompute": _work_in_training(_recomputing(ours), pixels),
        "the texts, once": _work(lambda: ours.text_side()),  # type: ignore[misc]
    }
    rows = [
        row(f"work of a clip: {what}", [each / 1e9], unit="GFLOP", digits=1) for what, each in counted.items()
    ]
    for precision, dtype in _DTYPES.items():
        peaks = [_peak(dtype) for _ in range(ROUNDS)]
        rows.append(
            row(
                f"products, {precision}",
                [peak / 1e9 for peak in peaks],
                unit="GFLOP/s",
                digits=0,
                note=f"{torch.get_num_threads()} cores",
            )
        )
        for stage, act in stages.items():
            shares = []
            for _ in range(ROUNDS):
                peak = _peak(dtype)
                with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
                    seconds = _seconds(act)
                shares.append(100 * work[stage] / seconds / peak)
            rows.append(
                row(
                    f"share of the peak, {stage}, {precision}",
                    shares,
                    unit="%",
                    digits=0,
                    note="beside it in time",
                )
            )
    return rows


def _forward(model: VideoRecogniser, pixels: Tensor, text: Tensor) -> Tensor:
    with torch.inference_mode():
        return model(pixels, text)


def _backward(model: Any, pixels: Tensor) -> None:
    """Without the optimiser, which multiplies no matrices."""
    model.zero_grad()
    functional.cross_entropy(model(pixels).float(), torch.arange(len(pixels))).backward()


def _recomputing(recogniser: VideoRecogniser) -> VideoRecogniser:
    own = deepcopy(recogniser)
    own.recompute_activations()
    return own


def _work_in_training(model: Any, pixels: Tensor) -> float:
    """Of one clip in a batch of the recipe's size: its own, and its part of what a batch needs once."""
    half = len(pixels) // 2
    all_of_them, half_of_them = (_work(partial(_backward, model, some)) for some in (pixels, pixels[:half]))
    own = (all_of_them - half_of_them) / (len(pixels) - half)
    return own + (all_of_them - own * len(pixels)) / SETTINGS.batch_size


def _work(act: Callable[[], Any]) -> float:
    # Under autocast attention is written out, and so counted.
    with FlopCounterMode(display=False) as counter, torch.autocast("cpu", torch.bfloat16):
        act()
    return float(counter.get_total_flops())


def _peak(dtype: torch.dtype) -> float:
    """Operations in a second."""
    x = torch.randn(_IMAGES, _TOKENS, _HIDDEN, dtype=dtype)
    weight = torch.randn(_WIDTH, _HIDDEN, dtype=dtype)
    ways = (partial(linear, x, weight, None), partial(functional.linear, x, weight))
    best = min(_seconds(way) for way in ways for _ in range(10))
    return 2 * _IMAGES * _TOKENS * _WIDTH * _HIDDEN / best


def _seconds(act: Callable[[], Any]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


if __name__ == "__main__":
    assert SETTINGS.frames == 16
    for line in run():
        print(line)
