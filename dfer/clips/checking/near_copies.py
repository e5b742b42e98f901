"""Clips that look like clips of another side of a fold: encoded again, resized, brightened or trimmed copies.

Face crops look alike, so it goes in steps. Three frames a clip are compared by their coarsest features, every
test clip with every training clip; where these are near, by all features. The closest few are then compared
frame by frame: in a copy every frame has a twin, in another clip of the same person it has not.

On the synthetic world, in 64 pixels, copies that were encoded again, resized or brightened differ in 6 to 10
of 255 bits on average, one in ten in more than 13; two other clips of one person in one light in 13 at least.
So some copies are missed, of flat pictures mostly: with false alarms nobody would look at any.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dfer.clips.checking.finding import Finding, grouped
from dfer.clips.checking.listed import PAIRS_OF_SPLITS, Sides
from dfer.clips.checking.picture_hash import BITS, Hash, distances

COPY = 12.0
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
    """Two clips on two sides of `fold`, and by how many bits a frame they differ."""

    one: Path
    other: Path
    fold: int
    sides: tuple[str, str] = ("train", "test")
    bits: float = 0.0


def candidates(
    folds: Mapping[int, Sides], sampled: Mapping[Path, Hash], *, known: Mapping[Path, int]
) -> Iterator[Pair]:
    """The pairs worth a closer look.

    `sampled` are hashes of three frames a clip; clips with the same number in `known` are known to be copies.
    """
    seen: set[frozenset[Path]] = set()
    for fold, sides in folds.items():
        there = {
            name: [path for path in dict.fromkeys(clip.path for clip in clips) if path in sampled]
            for name, clips in sides.items()
        }
        for names in PAIRS_OF_SPLITS:
            some, others = (there[name] for name in names)
            for i, j in _closest(_frames(others, sampled), _frames(some, sampled)):
                one, other = some[j], others[i]
                pair = frozenset((one, other))
                same = one in known and known[one] == known.get(other)
                if len(pair) == 2 and not same and pair not in seen:
                    seen.add(pair)
                    yield Pair(one=one, other=other, fold=fold, sides=names)


def bits_apart(one: Hash, other: Hash) -> float:
    """By how many bits a frame of the shorter clip differs from its twin in the longer, on average.

    Of two clips of one length either may be the copy, so the lesser of both ways counts.
    """
    shorter, longer = sorted((one, other), key=len)
    bits = _bits_from_twins(shorter, longer)
    return min(bits, _bits_from_twins(longer, shorter)) if len(shorter) == len(longer) else bits


def _bits_from_twins(some: Hash, others: Hash) -> float:
    places = np.unique(np.linspace(0, len(some) - 1, _COMPARED).round().astype(int))
    return float(distances(some[places], others).min(axis=1).mean())


def near_copies(pairs: Sequence[Pair], hashes_of: Callable[[Path], Hash | None]) -> tuple[Pair, ...]:
    """The pairs that are copies, closest first. `hashes_of` gives a clip's frames, all of them."""
    found = []
    for pair in pairs:
        one, other = hashes_of(pair.one), hashes_of(pair.other)
        if one is None or other is None:
            continue
        if (bits := bits_apart(one, other)) <= COPY:
            found.append(replace(pair, bits=bits))
    return tuple(sorted(found, key=lambda pair: pair.bits))


def look_at_near_copies(pairs: Sequence[Pair]) -> Iterator[Finding]:
    """Copies in all but bytes, across the sides of a fold."""
    yield from grouped(
        "near-copy-across-sides",
        "warning",
        [
            f"fold {pair.fold}, {pair.sides[0]} and {pair.sides[1]}: {pair.one} ~ {pair.other} "
            f"({pair.bits:.1f} of {BITS} bits a frame differ)"
            for pair in pairs
        ],
        thing="pair",
        message="of clips that look the same, on two sides of a fold",
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
