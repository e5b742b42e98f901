"""Which frames are seen: DFER-CLIP's segments."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfer.clips import sampling
from dfer.clips.sampling import train_indices
from dfer.errors import ContentError

GOLDEN = Path(__file__).parent.parent / "golden" / "dfer_clip_test_frames.json"


def test_the_frames_read_at_test_time_are_the_published_ones() -> None:
    golden = json.loads(GOLDEN.read_text())
    assert len(golden) > 80
    for n, indices in golden.items():
        assert sampling.test_indices(int(n), 16) == indices, n


@given(st.integers(1, 15), st.integers())
def test_a_clip_shorter_than_16_frames_repeats_its_last_frame(n: int, seed: int) -> None:
    expected = [*range(n), *[n - 1] * (16 - n)]
    assert train_indices(n, 16, random.Random(seed)) == expected
    assert sampling.test_indices(n, 16) == expected


def test_16_frames_are_all_seen_once_in_order() -> None:
    assert train_indices(16, 16, random.Random(0)) == list(range(16)) == sampling.test_indices(16, 16)


@given(st.integers(1, 500), st.integers(1, 40), st.integers())
def test_indices_are_as_many_as_asked_in_order_and_in_the_clip(n: int, frames: int, seed: int) -> None:
    for indices in (train_indices(n, frames, random.Random(seed)), sampling.test_indices(n, frames)):
        assert len(indices) == frames
        assert indices == sorted(indices)
        assert indices[0] >= 0
        assert indices[-1] < n


@given(st.integers(16, 500), st.integers())
def test_training_draws_one_frame_of_each_segment(n: int, seed: int) -> None:
    segment = n // 16
    indices = train_indices(n, 16, random.Random(seed))
    assert [index // segment for index in indices] == list(range(16))


def test_every_frame_of_a_segment_can_be_drawn_and_the_rest_of_the_division_never() -> None:
    rng = random.Random(0)
    seen = {index for _ in range(300) for index in train_indices(50, 16, rng)}
    assert seen == set(range(48))


def test_the_same_generator_state_draws_the_same() -> None:
    assert train_indices(90, 16, random.Random(4)) == train_indices(90, 16, random.Random(4))
    assert train_indices(90, 16, random.Random(4)) != train_indices(90, 16, random.Random(5))


def test_a_clip_without_frames_is_refused() -> None:
    with pytest.raises(ContentError):
        train_indices(0, 16, random.Random(0))
    with pytest.raises(ContentError):
        sampling.test_indices(0, 16)
