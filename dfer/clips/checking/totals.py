"""The clips of a data set against the published counts: a list of another release shows itself here."""

from collections import Counter
from collections.abc import Iterator, Mapping

from dfer.class_sets.aliases import canonical_label
from dfer.clips.checking.finding import Finding, grouped, how_many
from dfer.clips.checking.listed import Sides
from dfer.clips.checking.published import PUBLISHED, Published

_SUBSET = 0.5
_EXCERPT = 0.1
"""Of the data set; nobody takes so few for all of it."""


def look_at_totals(dataset: str, clips: int, folds: Mapping[int, Sides]) -> Iterator[Finding]:
    """Nothing for data sets of which no counts are known."""
    published = PUBLISHED.get(dataset)
    if published is None or clips == 0:
        return
    if clips <= _SUBSET * published.clips:
        yield Finding(
            kind="subset",
            severity="note" if clips < _EXCERPT * published.clips else "warning",
            message=f"evidently a part of the data set: {clips:,} of {published.clips:,} clips",
            count=1,
            hint="its counts are not compared with the published ones",
        )
        return
    where = list(_differences(published, clips, folds))
    known = published.known_others.get(clips)
    yield from grouped(
        "published-counts",
        "warning",
        where,
        thing="count",
        message="differing from the published ones",
        hint=(f"these are {known}; " if known else "")
        + f"results compare only with those on the same clips (published: {published.source})",
    )


def _differences(published: Published, clips: int, folds: Mapping[int, Sides]) -> Iterator[str]:
    if clips != published.clips:
        yield _said("all", clips, published.clips)
    for (fold, split), count in published.splits.items():
        side = folds.get(fold, {}).get(split, ())
        if side and len(side) != count:
            yield _said(f"fold {fold} {split}", len(side), count)
    for (fold, split), classes in published.classes.items():
        side = folds.get(fold, {}).get(split, ())
        found = Counter(canonical_label(clip.label, classes) for clip in side)
        for name, count in classes.items():
            if side and found[name] != count:
                yield _said(f"fold {fold} {split}, {name}", found[name], count)


def _said(what: str, found: int, published: int) -> str:
    return f"{what}: {how_many(found, 'clip')}, published {published:,} ({found - published:+,})".replace(
        "(-", "(−"
    )
