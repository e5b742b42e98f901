"""Finding copies among many clips."""

from pathlib import Path

import numpy as np

from dfer.clips.checking.identical import same_content
from dfer.clips.checking.near_copies import Pair, bits_apart, candidates
from dfer.clips.checking.picture_hash import picture_hash
from dfer.clips.clip import Clip


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
    found = list(candidates({1: sides}, sampled, known=set()))
    assert Pair(train=Path("train/4321"), test=Path("test/77"), fold=1) in found
    assert len(found) < 100
    known = {frozenset((Path("train/4321"), Path("test/77")))}
    assert all(pair.test != Path("test/77") for pair in candidates({1: sides}, sampled, known=known))


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
