"""The drawn face: every action unit moves something, where it should, and nothing else is random."""

import random

import numpy as np
import pytest

from dfer.action_units import ACTION_UNITS, EMOTIONS
from dfer.clips.synthetic.face import draw_face
from dfer.clips.synthetic.identity import draw_identity
from dfer.clips.synthetic.lighting import Light, Lighting
from dfer.clips.synthetic.motion import draw_motion, envelope
from dfer.clips.synthetic.pose import Pose

PERSON = draw_identity(random.Random("a person"))
SIZE = 112


def pixels(pose: Pose, person: object = PERSON) -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(draw_face(person, pose, size=SIZE)).astype(int)  # type: ignore[arg-type]


def moved(units: dict[int, float], *, side: int = 1) -> np.ndarray:  # type: ignore[type-arg]
    """Where a face with these units differs from the same face at rest; (height, width)."""
    return np.abs(pixels(Pose(units=units, side=side)) - pixels(Pose(side=side))).sum(axis=2)


@pytest.mark.parametrize("unit", ACTION_UNITS)
def test_every_action_unit_is_seen_and_more_of_it_is_seen_more(unit: int) -> None:
    weak, strong = moved({unit: 0.4}), moved({unit: 1.0})
    assert (strong > 60).sum() > 15
    assert strong.sum() > weak.sum() > 0


@pytest.mark.parametrize("unit", [1, 2, 4, 5, 7, 43, 61, 64])
def test_brows_and_eyes_move_in_the_upper_half_only(unit: int) -> None:
    assert moved({unit: 1.0})[65:].sum() == 0


@pytest.mark.parametrize("unit", [12, 14, 15, 17, 20, 23, 24, 25, 26, 32])
def test_the_mouth_moves_in_the_lower_half_only(unit: int) -> None:
    # The middle of the picture: a dropped jaw draws out the whole outline of the head, a little.
    assert moved({unit: 1.0})[:60, 25:87].sum() == 0


def test_the_dimpler_pulls_one_side_only() -> None:
    right, left = moved({14: 1.0}, side=1), moved({14: 1.0}, side=-1)
    assert right[:, 56:].sum() > 2 * right[:, :56].sum()
    assert left[:, :56].sum() > 2 * left[:, 56:].sum()


def test_emotions_differ_from_each_other_at_their_apex() -> None:
    faces = {name: pixels(Pose(units=units)) for name, units in EMOTIONS.items()}
    for first in faces:
        for second in faces:
            if first < second:
                assert (np.abs(faces[first] - faces[second]).sum(axis=2) > 60).sum() > 60, (first, second)


def test_a_blink_closes_the_eyes_whatever_the_units() -> None:
    for units in ({}, {5: 1.0}):
        white = (pixels(Pose(units=units)) > 230).all(axis=2)[40:60].sum()
        closed = (pixels(Pose(units=units, blink=1.0)) > 230).all(axis=2)[40:60].sum()
        assert closed < 0.4 * white


def test_people_differ_and_a_seed_is_one_person() -> None:
    people = [draw_identity(random.Random(seed)) for seed in range(40)]
    assert len({(p.skin, p.hair, p.hair_style, p.face_width) for p in people}) == 40
    assert {p.person for p in people} == {"woman", "man", "person"}
    assert draw_identity(random.Random(3)) == people[3]
    assert not np.array_equal(pixels(Pose(), people[0]), pixels(Pose(), people[1]))


def test_all_people_in_all_emotions_can_be_drawn_at_any_size() -> None:
    for seed in range(30):
        person = draw_identity(random.Random(seed))
        for i, units in enumerate(EMOTIONS.values()):
            size = 32 + 7 * i
            pose = Pose(units=units, roll=0.2, turn=-1.0, shift=(0.05, 0.05), zoom=1.1)
            assert draw_face(person, pose, size=size).size == (size, size)


def test_a_movement_rises_to_its_apex_and_falls_again() -> None:
    levels = [envelope(t / 20, onset=(0.1, 0.4), offset=(0.7, 0.9)) for t in range(21)]
    assert levels[0] == levels[2] == levels[18] == levels[20] == 0
    assert levels[8] == levels[14] == 1
    assert levels[2:9] == sorted(levels[2:9])
    assert levels[14:19] == sorted(levels[14:19], reverse=True)


def test_a_clip_shows_its_units_near_their_strength_and_strays_little_from_others() -> None:
    for seed in range(50):
        motion = draw_motion(EMOTIONS["fear"], frames=24, rng=random.Random(seed))
        assert len(motion.poses) == 24
        for unit, intensity in EMOTIONS["fear"].items():
            apex = max(pose[unit] for pose in motion.poses)
            assert 0.5 * intensity < apex < 1.35 * intensity
            assert motion.peaks[unit] <= 1
        for unit in ACTION_UNITS.keys() - EMOTIONS["fear"].keys():
            assert max(pose[unit] for pose in motion.poses) <= 0.13


def test_some_clips_blink_and_some_do_not() -> None:
    motions = [draw_motion({}, frames=24, rng=random.Random(seed)) for seed in range(40)]
    most = [max(pose.blink for pose in motion.poses) for motion in motions]
    assert any(blink > 0.7 for blink in most)
    assert 0.0 in most
    assert all(0 <= pose.blink <= 1 for motion in motions for pose in motion.poses)


def test_light_falls_as_said_and_noise_is_new_in_each_frame() -> None:
    face = draw_face(PERSON, Pose(), size=SIZE)
    plain = {"gain": 1.0, "across": 0.0, "down": 0.0, "warmth": 0.0, "noise": 0.0}
    assert np.array_equal(Light(Lighting(**plain), size=SIZE, seed=0).shine_on(face), np.asarray(face))
    sideways = Light(Lighting(**{**plain, "gain": 0.7, "across": 0.3}), size=SIZE, seed=0).shine_on(face)
    share = sideways.mean(axis=(0, 2)) / np.asarray(face).mean(axis=(0, 2))
    assert share[-1] > 0.85 > 0.55 > share[0]
    noisy = Light(Lighting(**{**plain, "noise": 5.0}), size=SIZE, seed=0)
    first, second = noisy.shine_on(face).astype(int), noisy.shine_on(face).astype(int)
    assert 5.5 < (first - second)[20:90, 20:90].std() < 8.5
