"""Labels that no class means, and labels against the votes of the annotators."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dfer.class_sets.aliases import canonical_label, is_integer
from dfer.clips.checking.finding import EXAMPLES, Finding, grouped, how_many
from dfer.clips.checking.listed import Listed, path_of
from dfer.clips.clip import Clip


def look_at_labels(
    listed: Mapping[Path, Listed],
    class_names: Sequence[str] | None,
    *,
    clips: Sequence[Clip],
    places: Sequence[str],
) -> Iterator[Finding]:
    """Without class names only numbers are wondered at. `clips` are all rows, with the labels as classes."""
    there = Counter(entry.clip.label for entry in listed.values())
    unknown = Counter(
        {
            label: count
            for label, count in there.items()
            if (is_integer(label) if class_names is None else canonical_label(label, class_names) is None)
        }
    )
    first: dict[str, str] = {}
    for entry in listed.values():
        first.setdefault(entry.clip.label, entry.place)
    if unknown:
        numbers = any(is_integer(label) for label in unknown)
        hints = []
        if numbers:
            hints.append(
                "labels are names, since every data set numbers its classes differently; write the names"
            )
        if class_names is not None:
            hints.append(f"the classes are {', '.join(class_names)}; --classes chooses others")
        yield Finding(
            kind="unknown-label",
            severity="error",
            message=f"{how_many(sum(unknown.values()), 'clip')} with a label that no class means",
            count=sum(unknown.values()),
            examples=tuple(
                f"{first[label]}: {label!r} ({how_many(count, 'clip')})"
                for label, count in unknown.most_common(EXAMPLES)
            ),
            more=max(0, len(unknown) - EXAMPLES),
            hint="; ".join(hints),
        )
    yield from grouped(
        "two-labels",
        "error",
        [
            f"{place}: {clip.label}, and {owner.clip.label} at {owner.place}"
            for clip, place in zip(clips, places, strict=True)
            if clip.label != (owner := listed[path_of(clip)]).clip.label
        ],
        thing="row",
        message="with another label than the same clip has elsewhere",
        hint="are the lists of the folds of one release?",
    )
    yield from _against_votes(listed)


def _against_votes(listed: Mapping[Path, Listed]) -> Iterator[Finding]:
    where = []
    for entry in listed.values():
        votes = dict(entry.clip.votes or ())
        if not votes:
            continue
        most = max(votes.values())
        winners = [name for name, count in votes.items() if count == most]
        if canonical_label(entry.clip.label, winners) is None:
            where.append(
                f"{entry.place}: labelled {entry.clip.label}, but {' and '.join(winners)} has "
                f"{most:g} of {sum(votes.values()):g} votes"
            )
    yield from grouped(
        "votes-against-label",
        "warning",
        where,
        thing="clip",
        message="whose label is not what most annotators chose",
        hint="do lists and votes belong together? A wrong number coding shows itself so",
    )
