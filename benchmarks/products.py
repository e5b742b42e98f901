"""A linear layer of the tower as dfer computes it, against torch's own: forward and gradients, on a CPU."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.pairs import Act, ratio
from dfer.models.linear_layer import linear
from dfer.training.freed_memory import keep_freed_memory

IMAGES, TOKENS, WIDTH, HIDDEN = 64, 50, 768, 3072
ROUNDS = 15

Layer = Callable[[Tensor, Tensor, Tensor | None], Tensor]


def run() -> list[dict[str, Any]]:
    keep_freed_memory()  # as in a run
    torch.manual_seed(0)
    x = torch.randn(IMAGES, TOKENS, WIDTH, requires_grad=True)
    weight = (torch.randn(HIDDEN, WIDTH) / WIDTH**0.5).requires_grad_(True)
    bias = torch.randn(HIDDEN, requires_grad=True)

    def timed(layer: Layer) -> Act:
        return lambda: layer(x, weight, bias).sum().backward()

    def results(layer: Layer) -> list[Tensor]:
        output = layer(x, weight, bias)
        return [output, *torch.autograd.grad(output.square().sum(), (x, weight, bias))]

    pairs = zip(results(linear), results(functional.linear), strict=True)
    apart = max(float((own - other).detach().norm() / other.detach().norm()) for own, other in pairs)

    return [
        ratio(
            "linear layer, float32: as a convolution",
            reference=timed(functional.linear),
            candidate=timed(linear),
            rounds=ROUNDS,
            note="against `functional.linear`",
            equal_to=f"output and gradients to {apart:.0e} of their length",
        )
    ]


if __name__ == "__main__":
    for line in run():
        print(line)
