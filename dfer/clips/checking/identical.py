"""Clips of the same bytes under different names: in train and in test of a fold they are a leak."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from dfer.clips.checking.finding import Finding, grouped
from dfer.clips.checking.listed import Listed, Sides, path_of
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


def look_at_identical(
    groups: Sequence[Sequence[Path]], listed: Mapping[Path, Listed], folds: Mapping[int, Sides]
) -> Iterator[Finding]:
    """Copies across the sides of a fold, copies with another label, and other copies."""
    pairs: dict[tuple[Path, Path], int] = {}
    for fold, sides in folds.items():
        train, test = ({path_of(clip) for clip in sides[name]} for name in ("train", "test"))
        for group in groups:
            for one in group:
                for other in group:
                    if one in train and other in test and one != other:
                        pairs.setdefault((min(one, other), max(one, other)), fold)
    yield from grouped(
        "identical-across-sides",
        "error",
        [f"fold {fold}: {one} = {other}" for (one, other), fold in pairs.items()],
        thing="pair",
        message="of identical clips, one to train and one to test on",
        hint="the model is tested on what it was trained on; drop one of each pair",
    )
    contradicting = [group for group in groups if len({listed[path].clip.label for path in group}) > 1]
    yield from grouped(
        "identical-other-label",
        "warning",
        [" = ".join(f"{path} ({listed[path].clip.label})" for path in group[:3]) for group in contradicting],
        thing="clip",
        message="that is there under several names with different labels",
        hint="one of the labels is wrong",
    )
    crossing = {path for pair in pairs for path in pair}
    rest = [group for group in groups if not crossing & set(group) and group not in contradicting]
    yield from grouped(
        "identical",
        "note",
        [" = ".join(map(str, group[:3])) for group in rest],
        thing="clip",
        message="that is there under several names",
        hint="it counts as often as it is listed",
    )


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
