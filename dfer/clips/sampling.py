"""Which frames of a clip a model sees: one of each segment, as DFER-CLIP (its code, video_dataloader)."""

import random

from dfer.errors import ContentError


def train_indices(n: int, frames: int, rng: random.Random) -> list[int]:
    """`frames` indices in [0, n): one drawn at random from each of `frames` equal segments.

    Segments are n // frames long, so the last n mod frames frames of a clip are never seen in training, as
    published. A clip shorter than `frames` gives all it has and then its last frame again.

    Raises:
        ContentError: the clip has no frames.
    """
    segment = _checked(n, frames) // frames
    if segment == 0:
        return _all_then_last(n, frames)
    return [i * segment + rng.randrange(segment) for i in range(frames)]


def test_indices(n: int, frames: int) -> list[int]:
    """`frames` indices in [0, n): the middle of each of `frames` equal segments; always the same.

    Raises:
        ContentError: the clip has no frames.
    """
    if _checked(n, frames) <= frames:
        return _all_then_last(n, frames)
    tick = n / frames
    return [int(tick / 2 + tick * i) for i in range(frames)]


# pytest would collect a function of this name wherever it is imported; it is a test's frames, not a test.
test_indices.__test__ = False  # type: ignore[attr-defined]


def _checked(n: int, frames: int) -> int:
    if frames < 1:
        raise ValueError(f"expected at least one frame to sample, found {frames}")
    if n < 1:
        raise ContentError("cannot sample a clip without frames", hint="drop it from the list")
    return n


def _all_then_last(n: int, frames: int) -> list[int]:
    return [min(i, n - 1) for i in range(frames)]
