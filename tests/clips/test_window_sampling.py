"""Which frames are seen by EmoCLIP: a window of a thinned clip; and what fills short clips."""

import random
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfer.clips.sampling import filled, middle_window, random_window, sampled_indices
from dfer.clips.sampling import test_indices as segment_middles
from dfer.clips.settings import ClipSettings, ShortClips
from dfer.errors import ContentError, UsageError


def published_window(n: int, frames: int, downsample: int, start: int) -> list[int]:
    """EmoCLIP's loader as models.md A.2.3 states it, in numpy."""
    kept = np.array([i for i in range(n) if i % downsample == 0])
    end = start + frames
    chosen = kept[start:end] if end < len(kept) else np.concatenate([kept[start:], kept[: end - len(kept)]])
    if len(chosen) < frames:
        chosen = np.pad(chosen, (0, frames - len(chosen)), "reflect")
    return [int(index) for index in chosen]


@given(st.integers(1, 400), st.integers(1, 40), st.integers(1, 6), st.integers())
def test_a_random_window_is_the_published_one_from_the_same_start(
    n: int, frames: int, downsample: int, seed: int
) -> None:
    start = random.Random(seed).randrange(len(range(0, n, downsample)))
    found = random_window(n, frames, random.Random(seed), downsample=downsample)
    assert found == published_window(n, frames, downsample, start)


@given(st.integers(1, 400), st.integers(1, 40), st.integers(1, 6), st.sampled_from(get_args(ShortClips)))
def test_the_middle_window_is_as_long_as_asked_and_lies_in_the_clip(
    n: int, frames: int, downsample: int, short: ShortClips
) -> None:
    found = middle_window(n, frames, downsample=downsample, short=short)
    assert len(found) == frames
    assert all(0 <= index < n and index % downsample == 0 for index in found)
    kept = len(range(0, n, downsample))
    if kept >= frames:
        assert found == list(range(found[0], found[0] + frames * downsample, downsample))
        before, after = found[0] // downsample, kept - frames - found[0] // downsample
        assert 0 <= after - before <= 1


def test_short_clips_are_filled_in_four_ways() -> None:
    assert filled([3, 4, 5], 8, "repeat-last") == [3, 4, 5, 5, 5, 5, 5, 5]
    assert filled([3, 4, 5], 8, "first-frame") == [3] * 8
    assert filled([3, 4, 5], 8, "loop") == [3, 4, 5, 3, 4, 5, 3, 4]
    assert filled([3, 4, 5], 8, "reflect") == [3, 4, 5, 4, 3, 4, 5, 4]


@given(st.lists(st.integers(0, 99), min_size=1, max_size=20), st.integers(1, 60))
def test_reflecting_is_numpy_s(indices: list[int], frames: int) -> None:
    expected = np.pad(indices, (0, max(0, frames - len(indices))), "reflect")[:frames].tolist()
    assert filled(indices, frames, "reflect") == expected


@pytest.mark.parametrize(
    ("settings", "training", "at_random"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"sampling": "windows"}, True, True),
        ({"sampling": "windows"}, False, False),
        ({"sampling": "windows", "random_test_windows": True}, False, True),
    ],
)
def test_what_is_random_is_training_and_where_asked_emoclip_s_test(
    settings: dict[str, Any], training: bool, at_random: bool
) -> None:
    def drawn(seed: int) -> tuple[int, ...]:
        rng = random.Random(seed)
        return tuple(sampled_indices(300, 16, ClipSettings(**settings), training=training, rng=rng))

    assert drawn(1) == drawn(1)
    assert (len({drawn(seed) for seed in range(20)}) > 1) == at_random


def test_the_settings_reach_the_sampling() -> None:
    rng = random.Random(0)
    short = sampled_indices(3, 6, ClipSettings(short_clips="loop"), training=False, rng=rng)
    assert short == [0, 1, 2, 0, 1, 2]
    thinned = sampled_indices(
        100, 5, ClipSettings(sampling="windows", downsample=10), training=False, rng=rng
    )
    assert thinned == [20, 30, 40, 50, 60]
    assert sampled_indices(100, 16, ClipSettings(), training=False, rng=rng) == segment_middles(100, 16)


def test_a_clip_without_frames_has_no_window() -> None:
    with pytest.raises(ContentError):
        middle_window(0, 8, downsample=4)
    with pytest.raises(ContentError):
        random_window(0, 8, random.Random(0), downsample=4)


def test_only_choices_that_are_not_the_default_are_recorded() -> None:
    assert ClipSettings().chosen() == {}
    assert ClipSettings(balance="oversample", downsample=4).chosen() == {"balance": "oversample"}


@pytest.mark.parametrize("change", [{"downsample": 2}, {"random_test_windows": True}])
def test_a_setting_of_windows_without_windows_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="goes with --sampling windows"):
        ClipSettings(**change)
    assert ClipSettings(sampling="windows", **change).chosen() == {"sampling": "windows", **change}
