"""Clips of the same bytes under different names: on two sides of a fold they are a leak."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from dfer.clips.checking.finding import Finding, grouped
from dfer.clips.checking.listed import PAIRS_OF_SPLITS, SPLITS, Listed, Sides
from dfer.clips.checking.threads import OnProgress, of_each

_BLOCK = 1 << 20


def same_content(
    lengths: Mapping[Path, Sequence[int]],
    files_of: Callable[[Path], Sequence[Path]],
    *,
    on_progress: OnProgress,
) -> tuple[tuple[Path, ...], ...]:
    """Groups of clips with the same files, whatever they are called. `lengths` are the files' bytes.

    Only clips whose files have the same numbers of bytes, one by one, are read at all.
    """
    alike: dict[tuple[int, ...], list[Path]] = {}
    for path, sizes in lengths.items():
        if any(sizes):
            alike.setdefault(tuple(sizes), []).append(path)
    suspects = [path for group in alike.values() if len(group) > 1 for path in group]
    digests = of_each(
        lambda path: _digest(files_of(path)), suspects, stage="comparing bytes", on_progress=on_progress
    )
    same: dict[str, list[Path]] = {}
    for path, digest in digests.items():
        if digest is not None:
            same.setdefault(digest, []).append(path)
    return tuple(tuple(group) for group in same.values() if len(group) > 1)


def numbered(groups: Sequence[Sequence[Path]]) -> dict[Path, int]:
    """Each path's group: where all clips are one, groups have more pairs than memory holds."""
    return {path: number for number, group in enumerate(groups) for path in group}


def look_at_identical(
    groups: Sequence[Sequence[Path]], listed: Mapping[Path, Listed], folds: Mapping[int, Sides]
) -> Iterator[Finding]:
    """Copies across the sides of a fold, copies with another label, and others; each group once."""
    crossing = _crossing(numbered(groups), folds)
    yield from grouped(
        "identical-across-sides",
        "error",
        [f"{said}{_others(groups[number])}" for number, said in crossing.items()],
        thing="clip",
        message="under several names, on two sides of a fold",
        hint="the model is tested or chosen on what it was trained on; keep one of the names",
    )
    contradicting = {
        number: group
        for number, group in enumerate(groups)
        if len({listed[path].clip.label for path in group}) > 1
    }
    yield from grouped(
        "identical-other-label",
        "warning",
        [
            " = ".join(f"{path} ({listed[path].clip.label})" for path in group[:3]) + _others(group, 3)
            for group in contradicting.values()
        ],
        thing="clip",
        message="under several names with different labels",
        hint="one of the labels is wrong",
    )
    told = crossing.keys() | contradicting.keys()
    yield from grouped(
        "identical",
        "note",
        [
            " = ".join(map(str, group[:3])) + _others(group, 3)
            for number, group in enumerate(groups)
            if number not in told
        ],
        thing="clip",
        message="under several names",
        hint="it counts as often as it is listed",
    )


def _crossing(number_of: Mapping[Path, int], folds: Mapping[int, Sides]) -> dict[int, str]:
    """By group the first fold and sides that it crosses, in words."""
    found: dict[int, str] = {}
    for fold, sides in folds.items():
        here: dict[str, dict[int, list[Path]]] = {split: {} for split in SPLITS}
        for split in SPLITS:
            for path in dict.fromkeys(clip.path for clip in sides[split]):
                if path in number_of:
                    here[split].setdefault(number_of[path], []).append(path)
        for one, other in PAIRS_OF_SPLITS:
            for number in sorted(here[one].keys() & here[other].keys() - found.keys()):
                if pair := _two(here[one][number], here[other][number]):
                    found[number] = f"fold {fold}, {one} and {other}: {pair[0]} = {pair[1]}"
    return found


def _two(some: Sequence[Path], others: Sequence[Path]) -> tuple[Path, Path] | None:
    """Two different ones; a clip that is on both sides itself is told by the lists."""
    return next(((a, b) for a in some[:2] for b in others[:2] if a != b), None)


def _others(group: Sequence[Path], told: int = 2) -> str:
    return f" and {len(group) - told:,} more" if len(group) > told else ""


def _digest(files: Sequence[Path]) -> str | None:
    digest = hashlib.blake2b(digest_size=20)
    try:
        for file in files:
            with file.open("rb") as stream:
                while block := stream.read(_BLOCK):
                    digest.update(block)
    except OSError:
        return None  # told where its head was read
    return digest.hexdigest()
