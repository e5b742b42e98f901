"""MAFW is dealt out twice: its single-label and its compound-label folds are different partitions.

A model trained on a single-label fold and tested on the compound fold of the same number, as zero-shot papers
do, has been trained on some of its test clips.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from dfer.clips.checking.finding import Finding
from dfer.clips.checking.listed import Sides, sides_of_folds, with_plain_paths
from dfer.clips.readers.listing import Listing
from dfer.clips.readers.reading import list_clips
from dfer.errors import DferError

_OTHER = {"mafw": "mafw-compound", "mafw-compound": "mafw"}


def other_protocol(dataset: str, data: Path, *, root: Path | None = None) -> Listing | None:
    """The lists of MAFW's other protocol, if they lie with those of this one."""
    if dataset not in _OTHER:
        return None
    try:
        return list_clips(_OTHER[dataset], data, root=root)
    except DferError:
        return None


def look_for_protocol_leak(
    dataset: str, folds: Mapping[int, Sides], other: Listing | None
) -> Iterator[Finding]:
    """Clips that are trained on in a single-label fold and tested on in its compound namesake.

    A warning to who looks at the compound folds, on which a model from elsewhere may be tested. A note to who
    looks at the single-label ones: within them nothing is wrong, and MAFW is never otherwise.
    """
    if other is None:
        return
    single, compound = folds, sides_of_folds(with_plain_paths(other.clips))
    if dataset == "mafw-compound":
        single, compound = compound, single
    where, count = [], 0
    for fold in sorted(single.keys() & compound.keys()):
        trained = {clip.path for clip in single[fold]["train"]}
        leaked = sorted({clip.path for clip in compound[fold]["test"]} & trained)
        count += len(leaked)
        if leaked:
            where.append(f"fold {fold}: {len(leaked):,} clips, such as {leaked[0]}")
    if where:
        yield Finding(
            kind="protocol-leak",
            severity="warning" if dataset == "mafw-compound" else "note",
            message=f"{count:,} test clips of compound folds are training clips of the single-label ones",
            count=count,
            examples=tuple(where),
            hint="no harm within one protocol; leave these clips out when a model trained on a single-label "
            "fold is tested on a compound one (zero-shot, 43 classes)",
        )
