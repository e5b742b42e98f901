"""Whether the names of a clip's frames tell their order beyond doubt."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from dfer.clips.checking.finding import Finding, grouped
from dfer.clips.checking.folders import OnDisk

_NUMBERED = re.compile(r"(.*?)([0-9]+)(\D*)")


def look_at_numbering(on_disk: Mapping[Path, OnDisk]) -> Iterator[Finding]:
    """Names whose order as letters is another than as numbers, gaps, and two names for one number."""
    traps, gaps, doubles = [], [], []
    for path, disk in on_disk.items():
        if trap := letter_order(disk.frames):
            traps.append(f"{path}: by letters {trap}")
        if double := two_names(disk.frames):
            doubles.append(f"{path}: {' and '.join(double)}")
        elif gap := gap_in(disk.frames):
            before, after = gap
            gaps.append(f"{path}: {before} is followed by {after}")
    yield from grouped(
        "letter-order",
        "note",
        traps,
        thing="clip",
        message="whose frames play in another order when sorted by letters",
        hint="dfer plays 2 before 10; other code, DFER-CLIP's among it, does not, so compare with care",
    )
    yield from grouped(
        "number-gap",
        "warning",
        gaps,
        thing="clip",
        message="whose frames are not numbered without gaps",
        hint="frames were lost in copying, or no face was found in them; the clip jumps there",
    )
    yield from grouped(
        "two-names",
        "warning",
        doubles,
        thing="clip",
        message="with two frames of one number",
        hint="frames were extracted twice into one folder: the clip shows them twice; remove one set",
    )


def letter_order(frames: Sequence[str]) -> str | None:
    """Where letter order first leaves playing order, in words."""
    letters = sorted(frames)
    for i, (name, by_letters) in enumerate(zip(frames, letters, strict=True)):
        if name != by_letters:
            return f"{letters[i - 1]} is followed by {by_letters}" if i else f"{by_letters} comes first"
    return None


def two_names(frames: Sequence[str]) -> tuple[str, str] | None:
    """The first two names of one number: `1.jpg` and `01.jpg`, or `1.jpg` and `1.png`."""
    owner: dict[tuple[str, int, str], str] = {}
    for name in frames:
        if key := _number(name):
            if key in owner:
                return owner[key], name
            owner[key] = name
    return None


def gap_in(frames: Sequence[str]) -> tuple[str, str] | None:
    """The names before and after the first gap.

    Every second or fifth frame of a film is no gap: the commonest step is what one frame is. Names that count
    in no steady step at all, such as times, have no gaps.
    """
    numbers = [_number(name) for name in frames]
    if len(frames) < 3 or None in numbers or len({(key[0], key[2]) for key in numbers if key}) > 1:
        return None
    steps = [after[1] - before[1] for before, after in pairwise(key for key in numbers if key)]
    common, times = min(Counter(steps).items(), key=lambda item: (-item[1], item[0]))
    if 2 * times < len(steps):
        return None
    at = next((i for i, step in enumerate(steps) if step > common), None)
    return None if at is None else (frames[at], frames[at + 1])


def _number(name: str) -> tuple[str, int, str] | None:
    found = _NUMBERED.fullmatch(name.rpartition(".")[0].casefold())
    return (found[1], int(found[2]), found[3]) if found else None
