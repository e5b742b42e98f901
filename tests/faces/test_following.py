"""One person followed through a clip, and the path of squares around the face."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfer.faces.box import Box, SeenFace, overlap
from dfer.faces.following import cuts, follow
from dfer.faces.square_path import fill_gaps, smooth, square

places = st.floats(-1e4, 1e4)
sides = st.floats(1, 1e4)
boxes = st.builds(lambda x, y, w, h: Box(x, y, x + w, y + h), places, places, sides, sides)
squares_only = st.builds(lambda x, y, w: Box(x, y, x + w, y + w), places, places, sides)
rates = st.sampled_from([1.0, 10.0, 25.0, 60.0])


def at(x: float, y: float = 0.0, side: float = 50.0) -> Box:
    return Box(x, y, x + side, y + side)


def frames(*rows: list[Box]) -> list[list[SeenFace]]:
    return [[SeenFace(box) for box in row] for row in rows]


def times(count: int, fps: float = 25.0) -> list[float]:
    return [i / fps for i in range(count)]


@given(boxes, boxes)
def test_overlap_is_a_share_and_the_same_both_ways(one: Box, other: Box) -> None:
    assert 0 <= overlap(one, other) <= 1 + 1e-9
    assert overlap(one, other) == overlap(other, one)
    assert overlap(one, one) == pytest.approx(1)


def test_a_person_is_followed_whatever_the_order_of_the_boxes() -> None:
    ann, bob = [at(10 + 3 * i, side=60) for i in range(20)], [at(200 - 3 * i) for i in range(20)]
    rows = [[a, b] if i % 3 else [b, a] for i, (a, b) in enumerate(zip(ann, bob, strict=True))]
    assert follow(frames(*rows)) == tuple(ann)


def test_a_large_face_of_a_moment_does_not_count_more_than_one_that_stays() -> None:
    rows = [[at(0)] for _ in range(30)]
    rows[10].append(at(100, side=150))
    assert set(follow(frames(*rows))) == {at(0)}


def test_a_surer_face_counts_more() -> None:
    rows = [[SeenFace(at(0, side=52), 0.3), SeenFace(at(200), 0.9)]] * 5
    assert set(follow(rows)) == {at(200)}


def test_somebody_else_is_not_followed_when_the_person_is_hidden_or_leaves() -> None:
    rows = [[at(0), at(200, side=40)]] * 5 + [[at(200, side=40)]] * 3 + [[at(0), at(200, side=40)]] * 5
    rows += [[at(200, side=40)]] * 2
    assert follow(frames(*rows)) == (at(0),) * 5 + (None,) * 3 + (at(0),) * 5 + (None,) * 2


def test_after_a_cut_the_face_that_is_then_there_is_followed() -> None:
    rows = [[at(0)]] * 6 + [[at(300, side=40)]] * 4
    followed = follow(frames(*rows))
    assert followed == (at(0),) * 6 + (at(300, side=40),) * 4
    assert cuts(followed) == (6,)


def test_a_box_now_and_then_is_followed_however_far_it_has_moved() -> None:
    rows: list[list[Box]] = [[] for _ in range(61)]
    for i in (0, 20, 40, 60):
        rows[i] = [at(10 * i)]
    followed = follow(frames(*rows))
    assert [box for box in followed if box] == [at(0), at(200), at(400), at(600)]
    assert cuts(followed) == ()


def test_a_frame_without_a_box_lies_between_its_neighbours_in_time() -> None:
    filled = fill_gaps([None, at(0), None, None, at(40), None], [0.0, 0.1, 0.2, 0.4, 0.5, 0.6])
    assert [box.left for box in filled] == pytest.approx([0, 0, 10, 30, 40, 40])
    assert {box.width for box in filled} == {50.0}


@given(st.lists(st.one_of(st.none(), boxes), min_size=1, max_size=12).filter(any), rates)
def test_boxes_that_are_given_stay_and_filled_ones_are_between_them(
    some: list[Box | None], fps: float
) -> None:
    filled = fill_gaps(some, times(len(some), fps))
    known = [box for box in some if box]
    for before, after in zip(some, filled, strict=True):
        assert before in (None, after)
    for side in ("left", "top", "right", "bottom"):
        values = [getattr(box, side) for box in known]
        assert all(min(values) - 1e-6 <= getattr(box, side) <= max(values) + 1e-6 for box in filled)


@given(boxes, st.floats(0, 1))
def test_a_square_holds_its_box_and_the_margin_around_it(box: Box, margin: float) -> None:
    around = square(box, margin=margin)
    assert around.width == pytest.approx(around.height)
    assert around.width == pytest.approx(max(box.width, box.height) * (1 + 2 * margin))
    assert around.centre == pytest.approx(box.centre, abs=1e-6)


@given(squares_only, st.integers(1, 40), rates)
def test_a_face_that_stays_is_left_where_it_is(box: Box, count: int, fps: float) -> None:
    for smoothed in smooth([box] * count, times(count, fps)):
        assert smoothed.centre == pytest.approx(box.centre)
        assert smoothed.width == pytest.approx(box.width)


@given(st.lists(squares_only, min_size=1, max_size=30), rates, st.data())
def test_smoothing_never_leaves_what_was_there(path: list[Box], fps: float, data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(path)))
    parts = (slice(0, cut), slice(cut, None))
    smoothed = smooth(path, times(len(path), fps), cuts=[cut] if cut < len(path) else [])
    for part in parts:
        for number in (lambda box: box.centre[0], lambda box: box.centre[1], lambda box: box.width):
            before, after = [number(b) for b in path[part]], [number(b) for b in smoothed[part]]
            assert all(min(before) - 1e-6 <= value <= max(before) + 1e-6 for value in after)


@given(st.floats(-8, 8), st.floats(-8, 8), st.floats(0, 2), st.integers(1, 40))
def test_a_steady_movement_is_not_held_back_nor_cut_short(
    across: float, down: float, growing: float, count: int
) -> None:
    path = [square(at(across * i, down * i, 50 + growing * i), margin=0) for i in range(count)]
    for before, after in zip(path, smooth(path, times(count)), strict=True):
        assert after.centre == pytest.approx(before.centre, abs=1e-6)
        assert after.width == pytest.approx(before.width)


@given(st.integers(0, 10_000))
def test_jitter_from_frame_to_frame_is_less_than_a_quarter_of_what_it_was(seed: int) -> None:
    jitter = np.random.default_rng(seed).normal(0, 4, (100, 2))
    path = [at(x, y) for x, y in jitter]
    smoothed = smooth(path, times(100))[10:-10]
    steps = np.diff([box.centre for box in smoothed], axis=0)
    assert steps.std() < 0.25 * np.diff(jitter[10:-10], axis=0).std()


def test_frames_seconds_apart_are_not_smoothed() -> None:
    path = [at(0), at(30), at(5)]
    assert smooth(path, times(3, fps=1)) == tuple(path)


def test_on_both_sides_of_a_cut_nothing_is_blended() -> None:
    path = [at(0)] * 10 + [at(300, side=80)] * 10
    assert smooth(path, times(20), cuts=[10]) == tuple(path)
    assert smooth(path, times(20)) != tuple(path)
