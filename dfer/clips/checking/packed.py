"""The checks of a pack: its frames against their checksums, all that its lists tell, and copies."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from dfer.clips.checking.finding import Finding, worst_first
from dfer.clips.checking.identical import look_at_identical, numbered
from dfer.clips.checking.lengths import look_for_short, measure
from dfer.clips.checking.list_checks import Lists
from dfer.clips.checking.near_copies import candidates, look_at_near_copies, near_copies
from dfer.clips.checking.picture_hash import Hash, picture_hash
from dfer.clips.checking.pictures import spread
from dfer.clips.checking.report import Report
from dfer.clips.packing.pack import Pack, verify
from dfer.clips.readers.listing import Listing
from dfer.errors import ContentError


def examine_pack(
    pack: Pack,
    *,
    class_names: Sequence[str] | None = None,
    frames: int = 16,
    allow_missing: bool = False,
    on_clip: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """As `examine`; what that finds in files was looked for before packing, or not at all."""
    places = tuple(f"{pack.path}: {clip.id}" for clip in pack.clips)
    lists = Lists(Listing(clips=pack.clips, places=places, root=pack.path), class_names)
    entries = pack.index.entries
    counts = {path: entries[entry.clip.id].count for path, entry in lists.listed.items()}
    dataset = pack.index.dataset
    findings = [
        *_damage(pack, on_clip),
        *lists.findings(dataset, allow_missing=allow_missing),
        *look_for_short(counts, frames=frames),
        *_copies(pack, lists),
    ]
    return Report(
        dataset=dataset,
        clips=len(lists.listed),
        videos=0,
        classes=lists.classes(),
        folds=lists.fold_counts(),
        sampled=frames,
        lengths=measure(counts, frames=frames),
        findings=worst_first(findings),
    )


def _copies(pack: Pack, lists: Lists) -> Iterator[Finding]:
    """Clips of the same bytes, by their checksums, and clips that look the same."""
    clips = {path: entry.clip for path, entry in lists.listed.items()}
    same: dict[tuple[int, int], list[Path]] = {}
    for path, clip in clips.items():
        entry = pack.index.entries[clip.id]
        same.setdefault((entry.count, entry.crc), []).append(path)
    groups = [group for group in same.values() if len(group) > 1]
    yield from look_at_identical(groups, lists.listed, lists.folds)

    def hashes_of(path: Path, indices: Sequence[int]) -> Hash | None:
        frames = pack.read(clips[path], indices)
        found = [picture_hash(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)) for frame in frames]
        shown = [one for one in found if one is not None]
        return np.stack(shown) if shown else None

    sampled = {path: hashes_of(path, spread(pack.count(clip))) for path, clip in clips.items()}
    pairs = list(
        candidates(
            lists.folds,
            {path: hashes for path, hashes in sampled.items() if hashes is not None},
            known=numbered(groups),
        )
    )
    yield from look_at_near_copies(
        near_copies(pairs, lambda path: hashes_of(path, range(pack.count(clips[path]))))
    )


def _damage(pack: Pack, on_clip: Callable[[int, int], None]) -> Iterator[Finding]:
    try:
        verify(pack, on_clip=on_clip)
    except ContentError as error:
        yield Finding(kind="damaged-pack", severity="error", message=str(error), count=1, hint=error.hint)
