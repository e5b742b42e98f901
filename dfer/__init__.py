"""Make, version, check and compare the words that CLIP-like models use to recognise emotions in video."""

import os

# Before torch is imported: its idle threads spin for a while by default, and a training step beside a busy
# process waits for them. Small steps without a neighbour pay for it (benchmarks/contention.py).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"
