"""The checks of a pack: its frames against their checksums, and all that its lists tell without a disk."""

from collections.abc import Callable, Iterator, Sequence

from dfer.clips.checking.finding import Finding, worst_first
from dfer.clips.checking.lengths import look_for_short, measure
from dfer.clips.checking.list_checks import Lists
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
    """As `examine`; what it finds in files and pictures is looked for before packing."""
    places = tuple(f"{pack.path}: {clip.id}" for clip in pack.clips)
    lists = Lists(Listing(clips=pack.clips, places=places, root=pack.path), class_names)
    entries = pack.index.entries
    counts = {path: entries[entry.clip.id].count for path, entry in lists.listed.items()}
    dataset = pack.index.dataset
    findings = [
        *_damage(pack, on_clip),
        *lists.findings(dataset, allow_missing=allow_missing),
        *look_for_short(counts, frames=frames),
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


def _damage(pack: Pack, on_clip: Callable[[int, int], None]) -> Iterator[Finding]:
    try:
        verify(pack, on_clip=on_clip)
    except ContentError as error:
        yield Finding(kind="damaged-pack", severity="error", message=str(error), count=1, hint=error.hint)
