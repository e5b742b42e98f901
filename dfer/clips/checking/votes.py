"""Labels against the votes of the annotators."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from dfer.class_sets.aliases import canonical_label
from dfer.clips.checking.finding import Finding, grouped
from dfer.clips.checking.listed import Listed

_CODING = 1 / 3
"""Single clips are labelled against their votes for good reasons; a larger share is numbered wrongly."""


def look_at_votes(listed: Mapping[Path, Listed]) -> Iterator[Finding]:
    """Clips labelled otherwise than most annotators chose."""
    where, voted = [], 0
    for entry in listed.values():
        votes = dict(entry.clip.votes or ())
        if not votes:
            continue
        voted += 1
        most = max(votes.values())
        winners = [name for name, count in votes.items() if count == most]
        if canonical_label(entry.clip.label, winners) is None:
            where.append(
                f"{entry.place}: labelled {entry.clip.label}, but {' and '.join(winners)} has "
                f"{most:g} of {sum(votes.values()):g} votes"
            )
    wrong = len(where) > _CODING * voted
    yield from grouped(
        "votes-against-label",
        "error" if wrong else "warning",
        where,
        thing="clip",
        message=f"whose label is not what most annotators chose, of {voted:,} with votes",
        hint="so many are no accident: are the classes numbered otherwise, or the votes of another release?"
        if wrong
        else "look at these; do lists and votes belong together?",
    )
