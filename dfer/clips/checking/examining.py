"""All checks of one data set, in the order in which each needs what the ones before have read."""

from collections.abc import Sequence
from dataclasses import replace

from dfer.class_sets.aliases import canonical_label
from dfer.clips.checking.disk import Disk
from dfer.clips.checking.finding import worst_first
from dfer.clips.checking.identical import look_at_identical
from dfer.clips.checking.labels import look_at_labels
from dfer.clips.checking.lengths import measure
from dfer.clips.checking.listed import distinct, sides_of_folds
from dfer.clips.checking.lists import look_at_lists
from dfer.clips.checking.missing import look_for_missing
from dfer.clips.checking.near_copies import look_at_near_copies
from dfer.clips.checking.protocol_leak import look_for_protocol_leak
from dfer.clips.checking.report import Report, count_classes, count_folds
from dfer.clips.checking.sides import look_at_sides
from dfer.clips.checking.threads import OnProgress
from dfer.clips.checking.totals import look_at_totals
from dfer.clips.checking.unlisted import look_for_unlisted
from dfer.clips.readers.listing import Listing


def examine(
    listing: Listing,
    *,
    dataset: str,
    class_names: Sequence[str] | None = None,
    frames: int = 16,
    decode: bool = False,
    other: Listing | None = None,
    on_progress: OnProgress = lambda stage, done, total: None,
) -> Report:
    """Everything that would make a training on these clips wrong, found at once. Never raises for the data.

    Every folder is listed once and a few kilobytes of every frame are read. Only three frames a clip are
    decoded, small, to find copies across train and test; with `decode` every frame is, and videos are
    searched for copies too. `frames` is how many training samples from a clip. Without `class_names` labels
    are taken as written. `other` are the lists of the same data's other protocol (`other_protocol`).
    """
    written = {clip.label for clip in listing.clips}
    meaning = {label: canonical_label(label, class_names or ()) or label for label in written}
    clips = tuple(replace(clip, label=meaning[clip.label]) for clip in listing.clips)
    listed = distinct(clips, listing.places)
    folds = sides_of_folds(clips)
    names = class_names or sorted({clip.label for clip in clips})
    disk = Disk(listed, frames=frames, decode=decode, on_progress=on_progress)
    findings = [
        *look_at_lists(listing),
        *look_at_labels(listed, class_names, clips=clips, places=listing.places),
        *look_at_sides(clips, folds, names),
        *look_for_missing(listed, disk.there, hint_missing=listing.hint_missing),
        *disk.findings(),
        *look_at_identical(disk.identical, listed, folds),
        *look_at_near_copies(disk.near_copies(folds)),
        *look_for_unlisted(disk.there),
        *look_at_totals(dataset, len(listed), folds),
        *look_for_protocol_leak(dataset, folds, other),
    ]
    classes = count_classes(listed, names)
    return Report(
        dataset=dataset,
        clips=len(listed),
        videos=len(disk.videos),
        classes=classes,
        folds=count_folds(folds, tuple(classes)),
        sampled=frames,
        lengths=measure(disk.counts, frames=frames),
        findings=worst_first(findings),
    )
