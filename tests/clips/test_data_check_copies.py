"""Finding copies among many clips."""

import random
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from dfer.action_units import compound
from dfer.class_sets import load_class_set
from dfer.clips.checking.identical import look_at_identical, same_content
from dfer.clips.checking.listed import Listed, Sides
from dfer.clips.checking.near_copies import COPY, Pair, bits_apart, candidates, near_copies
from dfer.clips.checking.picture_hash import Hash, picture_hash
from dfer.clips.checking.pictures import hash_frames
from dfer.clips.clip import Clip
from dfer.clips.synthetic.clip_drawing import draw_clip
from dfer.clips.synthetic.clip_writer import write_jpegs
from dfer.clips.synthetic.identity import draw_identity
from dfer.clips.synthetic.plan import plan_clips
from dfer.clips.synthetic.variation import MILD


def silent(stage: str, done: int, total: int) -> None:
    pass


def random_hashes(clips: int, *, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, (clips, 3, 4), dtype=np.uint64)


def test_one_copy_among_ten_million_pairs_is_a_candidate_and_little_else() -> None:
    train, test = random_hashes(5000, seed=1), random_hashes(2000, seed=2)
    # Bit 5 of the coarse features flipped in one frame, and the frames in another order.
    test[77] = train[4321][[2, 0, 1]] ^ np.array([32, 0, 0, 0], dtype=np.uint64)
    sampled = {Path(f"train/{i}"): row for i, row in enumerate(train)}
    sampled |= {Path(f"test/{i}"): row for i, row in enumerate(test)}
    sides = {
        name: tuple(Clip(id=str(path), path=path, label="anger") for path in sampled if path.parts[0] == name)
        for name in ("train", "val", "test")
    }
    found = list(candidates({1: sides}, sampled, known={}))
    assert Pair(one=Path("train/4321"), other=Path("test/77"), fold=1) in found
    assert len(found) < 100
    known = {Path("train/4321"): 0, Path("test/77"): 0, Path("train/1"): 1}
    assert all(pair.other != Path("test/77") for pair in candidates({1: sides}, sampled, known=known))


def test_a_part_of_a_clip_is_no_bits_apart_from_it() -> None:
    whole = random_hashes(1, seed=3)[0]
    assert bits_apart(whole, whole[1:]) == 0
    assert bits_apart(whole, random_hashes(1, seed=4)[0]) > 80


def test_pictures_without_content_have_no_hash() -> None:
    """Else every fade to black would be a copy of every other."""
    assert picture_hash(np.zeros((40, 40), dtype=np.uint8)) is None
    assert picture_hash(np.full((40, 40), 255, dtype=np.uint8)) is None


def test_equal_lengths_are_not_yet_equal_bytes(tmp_path: Path) -> None:
    contents = {"a": b"one", "b": b"two", "c": b"one", "d": b"three"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    lengths = {Path(name): (len(content),) for name, content in contents.items()}
    found = same_content(lengths, lambda path: [tmp_path / path], on_progress=silent)
    assert found == ((Path("a"), Path("c")),)


def sides_of(**paths: Sequence[str]) -> Sides:
    return {
        side: tuple(Clip(id=name, path=Path(name), label="anger") for name in paths.get(side, ()))
        for side in ("train", "val", "test")
    }


def flipped(frames: Hash, *, coarse: int = 0, fine: int = 0) -> Hash:
    """So many bits of every frame turned over, among the 64 coarsest and among the others."""
    masks = (2**coarse - 1, 2 ** min(fine, 64) - 1, 2 ** max(0, fine - 64) - 1, 0)
    return frames ^ np.array(masks, dtype=np.uint64)


def looked_at(train: dict[str, Hash], test: Hash) -> set[str]:
    sampled = {Path(name): frames for name, frames in train.items()} | {Path("test"): test}
    pairs = candidates({1: sides_of(train=list(train), test=["test"])}, sampled, known={})
    return {str(pair.one) for pair in pairs}


def test_clips_apart_in_their_coarsest_features_are_not_looked_at_closely() -> None:
    frames = random_hashes(1, seed=5)[0]
    train = {"near": flipped(frames, coarse=10), "apart": flipped(frames, coarse=11)}
    assert looked_at(train, frames) == {"near"}


def test_clips_apart_in_all_features_are_not_looked_at_closely() -> None:
    frames = random_hashes(1, seed=6)[0]
    train = {"near": flipped(frames, fine=30), "apart": flipped(frames, fine=31)}
    assert looked_at(train, frames) == {"near"}


def test_the_closest_three_are_looked_at() -> None:
    """Of one person there may be clips that are nearer, in the frames that were sampled, than the copy is."""
    frames = random_hashes(1, seed=7)[0]
    train = {str(bits): flipped(frames, fine=bits) for bits in (20, 5, 15, 10)}
    assert looked_at(train, frames) == {"5", "10", "15"}


def test_a_copy_is_one_frame_by_frame_and_not_by_its_beginning() -> None:
    one = np.concatenate(list(random_hashes(10, seed=8)))
    other = np.concatenate(list(random_hashes(10, seed=9)))
    other[0] = one[0]
    assert bits_apart(one, other) > 80


def test_of_two_clips_of_one_length_either_may_be_the_copy() -> None:
    """A frame that stands still in one of them has no twin of its own in the other."""
    one = random_hashes(1, seed=10)[0]
    other = one.copy()
    other[2] = other[1]
    assert bits_apart(one, other) == bits_apart(other, one) == 0


@pytest.mark.parametrize(("bits", "is_copy"), [(12, True), (13, False)])
def test_how_many_bits_make_a_copy(bits: int, *, is_copy: bool) -> None:
    frames = random_hashes(1, seed=11)[0]
    hashes = {Path("a"): frames, Path("b"): flipped(frames, fine=bits)}
    found = near_copies([Pair(one=Path("a"), other=Path("b"), fold=1)], hashes.get)
    assert bool(found) is is_copy


@pytest.mark.parametrize(("one", "other"), [(107, 143), (241, 31)])
def test_clips_of_one_person_in_one_light_are_no_copies(one: int, other: int, tmp_path: Path) -> None:
    """The nearest two of a world of two people and 420 clips, and the two after them."""
    bits = bits_apart(*(hashes_in_a_world_of_two(number, tmp_path) for number in (one, other)))
    assert COPY < bits < COPY + 2


def hashes_in_a_world_of_two(number: int, folder: Path) -> Hash:
    """As `draw_world` draws clip `number` from seed 5."""
    clip = plan_clips(load_class_set("dfew7"), clips=420, folds=2, subjects=2)[number - 1]
    drawing = draw_clip(
        compound([clip.label]),
        draw_identity(random.Random(f"5/subject/{clip.subject}")),
        seed=f"5/clip/{clip.number}",
        size=64,
        frames=8,
        variation=MILD,
    )
    write_jpegs(folder / str(number), drawing.pictures)
    found = hash_frames(
        folder / str(number), sorted(frame.name for frame in (folder / str(number)).iterdir())
    )
    assert found.hashes is not None
    return found.hashes


def picture_of(frequencies: dict[tuple[int, int], float]) -> np.ndarray:
    waves = np.zeros((32, 32), dtype=np.float32)
    for place, strength in frequencies.items():
        waves[place] = strength
    return np.clip(cv2.idct(waves), 0, 255).round().astype(np.uint8)


def test_the_coarsest_features_come_first() -> None:
    """So that most pairs are told apart by a quarter of the bits."""
    every = {(row, column): 60.0 for row in range(16) for column in range(16)} | {(0, 0): 4000.0}
    plain = picture_hash(picture_of(every))
    coarse = picture_hash(picture_of(every | {(7, 7): -60.0}))
    fine = picture_hash(picture_of(every | {(0, 8): -60.0}))
    assert plain is not None
    assert coarse is not None
    assert fine is not None
    assert [int(bits) for bits in np.bitwise_count(plain ^ coarse)] == [1, 0, 0, 0]
    assert int(np.bitwise_count(plain ^ fine)[0]) == 0
    assert int(np.bitwise_count(plain ^ fine).sum()) == 1


def test_thousands_of_equal_clips_are_one_finding_with_one_example() -> None:
    names = [f"{number:04d}" for number in range(4000)]
    folds = {1: sides_of(train=names[:3000], test=names[3000:])}
    listed = {clip.path: Listed(clip=clip, place="") for clips in folds[1].values() for clip in clips}
    began = time.perf_counter()
    (found,) = look_at_identical([list(listed)], listed, folds)
    assert time.perf_counter() - began < 1
    assert (found.kind, found.count) == ("identical-across-sides", 1)
    assert found.examples == ("fold 1, train and test: 0000 = 3000 and 3,998 more",)
