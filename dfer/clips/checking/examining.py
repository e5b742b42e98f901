"""All checks of one data set, in the order in which each needs what the ones before have read."""

from collections.abc import Sequence

from dfer.clips.checking.disk import Disk
from dfer.clips.checking.finding import worst_first
from dfer.clips.checking.identical import look_at_identical
from dfer.clips.checking.lengths import measure
from dfer.clips.checking.list_checks import Lists
from dfer.clips.checking.missing import look_for_missing
from dfer.clips.checking.near_copies import look_at_near_copies
from dfer.clips.checking.protocol_leak import look_for_protocol_leak
from dfer.clips.checking.report import Report
from dfer.clips.checking.threads import OnProgress
from dfer.clips.checking.unlisted import look_for_unlisted
from dfer.clips.readers.listing import Listing


def examine(
    listing: Listing,
    *,
    dataset: str,
    class_names: Sequence[str] | None = None,
    frames: int = 16,
    decode: bool = False,
    allow_missing: bool = False,
    other: Listing | None = None,
    on_progress: OnProgress = lambda stage, done, total: None,
) -> Report:
    """Everything that would make a training on these clips wrong, found at once. Never raises for the data.

    Every folder is listed once and up to 18 KB of every frame are read. Only three frames a clip are decoded,
    small, to find copies across the sides of a fold; with `decode` every frame is, and videos are searched
    for copies too. `frames` is how many training samples from a clip. Without `class_names` labels are taken
    as written, but for the field's spellings of one class. With `allow_missing` classes without clips are no
    error. `other` are the lists of the same data's other protocol (`other_protocol`).
    """
    lists = Lists(listing, class_names)
    disk = Disk(lists.listed, frames=frames, decode=decode, on_progress=on_progress)
    findings = [
        *lists.findings(dataset, allow_missing=allow_missing),
        *look_for_missing(lists.listed, disk.there, hint_missing=listing.hint_missing),
        *disk.findings(),
        *look_at_identical(disk.identical, lists.listed, lists.folds),
        *look_at_near_copies(disk.near_copies(lists.folds)),
        *look_for_unlisted(disk.there),
        *look_for_protocol_leak(dataset, lists.folds, other),
    ]
    return Report(
        dataset=dataset,
        clips=len(lists.listed),
        videos=len(disk.videos),
        classes=lists.classes(),
        folds=lists.fold_counts(),
        sampled=frames,
        lengths=measure(disk.counts, frames=frames),
        findings=worst_first(findings),
    )
