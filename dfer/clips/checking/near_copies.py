"""Clips of train that look like clips of test: encoded again, resized, brightened or trimmed copies.

Face crops look alike, so it goes in steps. Three frames a clip are compared by their coarsest features, every
test clip with every training clip; where these are near, by all features. The closest few are then compared
frame by frame: in a copy every frame has a twin, in another clip of the same person it has not. On the
synthetic world copies differ in 2 to 14 of 255 bits, other clips of one person in one light in 21 at least.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dfer.clips.checking.finding import Finding, grouped
from dfer.clips.checking.listed import Sides, path_of
from dfer.clips.checking.picture_hash import BITS, Hash, distances

COPY = 14.0
"""At most so many of the 255 bits differ in a copy, on average over its frames."""

_COARSE = 10
"""Of 63 bits, in the closest of three by three frames; copies were found to differ in 6."""

_FINE = 30
"""Of 255 bits, in the closest of the same frames; copies that begin elsewhere were found to differ in 22."""

_FRAMES = 3

_CLOSEST = 3
"""How many training clips are looked at closely for each test clip."""

_COMPARED = 16
"""Frames of the shorter clip that are looked at closely."""

_BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """Two clips, one on each side of `fold`, and by how many bits a frame they differ."""

    train: Path
    test: Path
    fold: int
    bits: float = 0.0


def candidates(
    folds: Mapping[int, Sides], sampled: Mapping[Path, Hash], *, known: set[frozenset[Path]]
) -> Iterator[Pair]:
    """The pairs worth a closer look. `sampled` are hashes of three frames a clip; not `known` pairs."""
    seen = set(known)
    for fold, sides in folds.items():
        train, test = (
            [path for path in dict.fromkeys(map(path_of, sides[name])) if path in sampled]
            for name in ("train", "test")
        )
        for i, j in _closest(_frames(test, sampled), _frames(train, sampled)):
            pair = frozenset((test[i], train[j]))
            if len(pair) == 2 and pair not in seen:
                seen.add(pair)
                yield Pair(train=train[j], test=test[i], fold=fold)


def bits_apart(one: Hash, other: Hash) -> float:
    """By how many bits a frame of the shorter clip differs from its twin in the longer, on average."""
    shorter, longer = sorted((one, other), key=len)
    places = np.unique(np.linspace(0, len(shorter) - 1, _COMPARED).round().astype(int))
    return float(distances(shorter[places], longer).min(axis=1).mean())


def near_copies(pairs: Sequence[Pair], hashes_of: Callable[[Path], Hash | None]) -> tuple[Pair, ...]:
    """The pairs that are copies, closest first. `hashes_of` gives a clip's frames, all of them."""
    found = []
    for pair in pairs:
        one, other = hashes_of(pair.train), hashes_of(pair.test)
        if one is None or other is None:
            continue
        if (bits := bits_apart(one, other)) <= COPY:
            found.append(Pair(train=pair.train, test=pair.test, fold=pair.fold, bits=bits))
    return tuple(sorted(found, key=lambda pair: pair.bits))


def look_at_near_copies(pairs: Sequence[Pair]) -> Iterator[Finding]:
    """Copies in all but bytes, across the sides of a fold."""
    yield from grouped(
        "near-copy-across-sides",
        "warning",
        [
            f"fold {pair.fold}: {pair.train} ~ {pair.test} ({pair.bits:.1f} of {BITS} bits a frame differ)"
            for pair in pairs
        ],
        thing="pair",
        message="of clips that look the same, one to train and one to test on",
        hint=f"up to {COPY:.0f} bits count as a copy; look at both, and drop one if it is",
    )


def _frames(paths: Sequence[Path], sampled: Mapping[Path, Hash]) -> Hash:
    """(clips, 3, 4); a clip of fewer frames shows its first ones again."""
    rows = [sampled[path][[0, 1 % len(sampled[path]), 2 % len(sampled[path])]] for path in paths]
    return np.array(rows, dtype=np.uint64).reshape(-1, _FRAMES, 4)


def _closest(test: Hash, train: Hash) -> Iterator[tuple[int, int]]:
    """(test, train) of the few closest, test clip by test clip, in blocks that stay in the cache."""
    if not test.size or not train.size:
        return
    coarse = np.ascontiguousarray(train[:, :, 0].T)  # (3, clips)
    step = max(1, _BLOCK // len(train))
    for begin in range(0, len(test), step):
        block = test[begin : begin + step]
        least = np.full((len(block), len(train)), 255, dtype=np.uint8)
        for some in block[:, :, 0].T:
            for others in coarse:
                np.minimum(least, np.bitwise_count(some[:, None] ^ others[None]), out=least)
        for row, frames in enumerate(block):
            near = np.flatnonzero(least[row] <= _COARSE)
            apart = distances(frames, train[near].reshape(-1, 4)).reshape(_FRAMES, -1, _FRAMES)
            bits = apart.min(axis=(0, 2))
            for place in np.argsort(bits, kind="stable")[:_CLOSEST]:
                if bits[place] <= _FINE:
                    yield begin + row, int(near[place])
