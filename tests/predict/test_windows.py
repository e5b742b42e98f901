"""Which stretches of a clip are recognised by themselves."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfer.clips.sampling import test_indices as middle_indices
from dfer.clips.settings import ClipSettings
from dfer.errors import ContentError, UsageError
from dfer.models.settings import RECIPES
from dfer.predict.windows import Window, Windowing, duration, sampled, usual_seconds, windows_of


def at(fps: float, seconds: float) -> tuple[float, ...]:
    return tuple(index / fps for index in range(round(fps * seconds)))


def test_a_clip_of_up_to_ten_seconds_is_one_window() -> None:
    (window,) = windows_of(at(25, 10), Windowing(), usual=2.0)
    assert (window.start, window.end, window.frames) == (0, pytest.approx(10), range(250))


def test_a_longer_clip_slides_in_windows_of_two_seconds_every_second() -> None:
    windows = windows_of(at(25, 12), Windowing(), usual=2.0)
    assert [(window.start, window.end) for window in windows] == [(n, n + 2) for n in range(11)]
    assert all(len(window.frames) == 50 for window in windows)


def test_zero_seconds_take_a_long_clip_as_one() -> None:
    assert len(windows_of(at(25, 60), Windowing(seconds=0), usual=2.0)) == 1


def test_the_stride_is_half_a_window_unless_it_is_said() -> None:
    def starts(**said: float) -> list[float]:
        windows = windows_of(at(10, 4), Windowing(**said), usual=2.0)
        return [pytest.approx(window.start) for window in windows]

    assert starts(seconds=2) == [0, 1, 2]
    assert starts(seconds=2, stride=0.5) == [0, 0.5, 1, 1.5, 2]
    assert starts(stride=2) == [0, 2]


def test_the_last_window_ends_where_the_clip_does() -> None:
    windows = windows_of(at(25, 5.4), Windowing(seconds=2), usual=2.0)
    assert [window.start for window in windows] == [0, 1, 2, 3, pytest.approx(3.4)]
    assert windows[-1].frames == range(85, 135)


def test_windows_go_by_time_where_the_frame_rate_varies() -> None:
    times = (*at(25, 2), *(2 + t for t in at(5, 2)))
    first, second = windows_of(times, Windowing(seconds=2, stride=2), usual=2.0)
    assert (first.frames, second.frames) == (range(50), range(50, 60))


def test_a_stretch_without_a_new_frame_has_no_window() -> None:
    windows = windows_of((0.0, 0.1, 0.2, 5.0, 5.1, 5.2), Windowing(seconds=1, stride=1), usual=2.0)
    assert [window.frames for window in windows] == [range(3), range(3, 6)]


def test_consecutive_frames_have_the_time_that_they_last() -> None:
    assert usual_seconds(RECIPES["dfer-clip"], ClipSettings()) == 2.0
    assert usual_seconds(RECIPES["emoclip"], ClipSettings(sampling="windows")) == 32 * 4 / 25


def test_a_picture_lasts_no_time_and_is_one_window() -> None:
    assert duration((0.0,)) == 0
    assert windows_of((0.0,), Windowing(), usual=2.0) == (Window(start=0, end=0, frames=range(1)),)
    assert sampled(Window(start=0, end=0, frames=range(1)), 3, ClipSettings()) == [0, 0, 0]


def test_a_clip_without_frames_is_said_to_be_one() -> None:
    with pytest.raises(ContentError, match="without frames"):
        windows_of((), Windowing(), usual=2.0)


def test_windows_are_sampled_as_test_clips_are() -> None:
    window = Window(start=4, end=6, frames=range(100, 150))
    assert sampled(window, 16, ClipSettings()) == [100 + index for index in middle_indices(50, 16)]


def test_windows_at_random_are_the_middle_one_here() -> None:
    window = Window(start=0, end=8, frames=range(200))
    at_random = ClipSettings(sampling="windows", random_test_windows=True)
    assert sampled(window, 32, at_random) == sampled(window, 32, ClipSettings(sampling="windows"))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"seconds": -1}, "--window -1"),
        ({"seconds": float("nan")}, "--window nan"),
        ({"seconds": float("inf")}, "--window inf"),
        ({"seconds": 1e-9}, "--window 1e-09: expected 0.01 seconds or more"),
        ({"stride": 0}, "--stride 0"),
        ({"stride": float("nan")}, "--stride nan"),
        ({"stride": 1e-9}, "--stride 1e-09"),
        ({"seconds": 0, "stride": 1}, "does not go with"),
        ({"seconds": 1, "stride": 2}, "leave out what lies between"),
    ],
)
def test_numbers_that_make_no_windows_are_refused(said: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Windowing(**said)


def test_a_stride_that_leaves_gaps_between_the_usual_windows_is_refused_too() -> None:
    with pytest.raises(UsageError, match="--stride 3 would leave out what lies between windows of 2 s"):
        windows_of(at(25, 12), Windowing(stride=3), usual=2.0)


@given(
    gaps=st.lists(st.floats(0.01, 0.3), min_size=1, max_size=200),
    seconds=st.floats(0.5, 5),
    share=st.floats(0.1, 1),
)
def test_every_frame_is_in_a_window_and_every_window_in_order(
    gaps: list[float], seconds: float, share: float
) -> None:
    times = [0.0]
    for gap in gaps:
        times.append(times[-1] + gap)
    windows = windows_of(times, Windowing(seconds=seconds, stride=share * seconds), usual=2.0)
    assert {index for window in windows for index in window.frames} == set(range(len(times)))
    assert all(before.start < after.start for before, after in pairwise(windows))
    assert all(before.frames.start <= after.frames.start for before, after in pairwise(windows))
    for window in windows:
        for index in window.frames:
            assert window.start - 1e-5 <= times[index] <= window.end + 1e-5
