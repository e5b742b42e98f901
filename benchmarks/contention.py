"""What a busy neighbour costs a training step: torch's threads spinning, or waiting passively."""

import os
import subprocess
import sys
from typing import Any

from benchmarks.pairs import row

_STEP = """
import time, torch
from torch import nn
model = nn.Sequential(*[nn.Linear(512, 512) for _ in range(20)])
x = torch.rand(64, 512)
def step():
    model(x).sum().backward()
for _ in range(5):
    step()
started = time.perf_counter()
for _ in range(40):
    step()
print(time.perf_counter() - started)
"""
_ROUNDS = 5


def run() -> list[dict[str, Any]]:
    neighbour = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        beside = _ratios()
    finally:
        neighbour.kill()
    note = "against OpenMP's own way; a process each, alternating"
    return [
        row("steps beside a busy process: passive waiting", beside, unit="×", note=note),
        row("steps alone: passive waiting", _ratios(), unit="×", note=note),
    ]


def _ratios() -> list[float]:
    return [_seconds({}) / _seconds({"OMP_WAIT_POLICY": "PASSIVE"}) for _ in range(_ROUNDS)]


def _seconds(policy: dict[str, str]) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"} | policy
    done = subprocess.run(
        [sys.executable, "-c", _STEP], env=environment, check=True, capture_output=True, text=True
    )
    return float(done.stdout)
