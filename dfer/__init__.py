"""Make, version, check and compare the words that CLIP-like models use to recognise emotions in video."""

import os

# Before torch is imported: its idle threads spin by default, and beside one busy process on a shared machine
# a training step then took 16 times as long (benchmarks/contention.py). Waiting passively costs nothing.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"
