"""Random weights that depend on a seed and on nothing else, and leave no trace in the global generator."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed: int, *, part: str) -> Iterator[None]:
    """Draw CPU random numbers inside the block from `seed` and the name of the `part` being drawn.

    Every part has its own stream, so a deeper temporal model does not change the learnable context of the
    same seed: runs that are compared pairwise stay paired. Only the CPU generator is touched (unlike
    `torch.manual_seed`, which would reseed every GPU as well), and it is put back afterwards.
    """
    digest = hashlib.sha256(f"{part}:{seed}".encode()).digest()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(int.from_bytes(digest[:8], "big"))
        yield
