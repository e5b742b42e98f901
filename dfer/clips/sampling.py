"""Which frames of a clip a model sees. Pure functions from counts to indices."""

import random
from collections.abc import Sequence

from dfer.clips.settings import ClipSettings, ShortClips
from dfer.errors import ContentError


def sampled_indices(
    n: int, frames: int, settings: ClipSettings, *, training: bool, rng: random.Random
) -> list[int]:
    """`frames` indices in [0, n) by the settings' rule; the same `rng` state gives the same indices.

    Raises:
        ContentError: the clip has no frames.
    """
    if settings.sampling == "windows":
        at_random = training or settings.random_test_windows
        if at_random:
            return random_window(n, frames, rng, downsample=settings.downsample)
        return middle_window(n, frames, downsample=settings.downsample, short=settings.short_clips)
    if training:
        return train_indices(n, frames, rng, short=settings.short_clips)
    return test_indices(n, frames, short=settings.short_clips)


def train_indices(n: int, frames: int, rng: random.Random, *, short: ShortClips = "repeat-last") -> list[int]:
    """One index drawn at random from each of `frames` equal segments (DFER-CLIP code, video_dataloader).

    Segments are n // frames long, so the last n mod frames frames of a clip are never seen in training, as
    published. A clip shorter than `frames` is filled up (see `filled`).

    Raises:
        ContentError: the clip has no frames.
    """
    segment = _checked(n, frames) // frames
    if segment == 0:
        return filled(range(n), frames, short)
    return [i * segment + rng.randrange(segment) for i in range(frames)]


def test_indices(n: int, frames: int, *, short: ShortClips = "repeat-last") -> list[int]:  # noqa: PT028
    """The middle of each of `frames` equal segments; always the same (DFER-CLIP code, video_dataloader).

    Raises:
        ContentError: the clip has no frames.
    """
    if _checked(n, frames) <= frames:
        return filled(range(n), frames, short)
    tick = n / frames
    return [int(tick / 2 + tick * i) for i in range(frames)]


# pytest would collect a function of this name wherever it is imported; it is a test's frames, not a test.
test_indices.__test__ = False  # type: ignore[attr-defined]


def random_window(n: int, frames: int, rng: random.Random, *, downsample: int) -> list[int]:
    """`frames` consecutive indices of the thinned clip from a random start (EmoCLIP code, RandomSequence).

    As published: a window that runs over the end goes on from the beginning, once, and what is still missing
    is mirrored. So short clips start at a random phase and jump from their last frame to their first.

    Raises:
        ContentError: the clip has no frames.
    """
    kept = range(0, _checked(n, frames), downsample)
    start = rng.randrange(len(kept))
    end = start + frames
    if end < len(kept):
        return list(kept[start:end])
    return filled([*kept[start:], *kept[: end - len(kept)]], frames, "reflect")


def middle_window(n: int, frames: int, *, downsample: int, short: ShortClips = "repeat-last") -> list[int]:
    """The middle `frames` indices of the thinned clip, in order; always the same.

    EmoCLIP tests on random windows; a score that changes from one reading of the clips to the next cannot be
    compared, so this is the default here.

    Raises:
        ContentError: the clip has no frames.
    """
    kept = range(0, _checked(n, frames), downsample)
    if len(kept) <= frames:
        return filled(kept, frames, short)
    start = (len(kept) - frames) // 2
    return list(kept[start : start + frames])


def filled(indices: Sequence[int], frames: int, short: ShortClips) -> list[int]:
    """`indices`, at least one, made up to `frames` of them.

    repeat-last: DFER-CLIP today. first-frame: DFER-CLIP before September 2023, and Former-DFER: nothing but
    the first frame. loop: from the beginning again. reflect: back and forth (numpy's "reflect").
    """
    have = len(indices)
    if have >= frames:
        return list(indices[:frames])
    if short == "first-frame":
        return [indices[0]] * frames
    if short == "loop":
        return [indices[i % have] for i in range(frames)]
    if short == "reflect":
        period = max(1, 2 * (have - 1))  # there and back, each end once
        return [indices[min(i % period, period - i % period)] for i in range(frames)]
    return [indices[min(i, have - 1)] for i in range(frames)]


def _checked(n: int, frames: int) -> int:
    if frames < 1:
        raise ValueError(f"expected at least one frame to sample, found {frames}")
    if n < 1:
        raise ContentError("cannot sample a clip without frames", hint="drop it from the list")
    return n
