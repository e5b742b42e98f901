"""What is wrong with the lists themselves: lines that are no clips, and clips that are listed too often."""

from collections.abc import Iterator

from dfer.clips.checking.finding import Finding, grouped
from dfer.clips.readers.list_problems import ListProblems, Problem, check_against_each_other
from dfer.clips.readers.listing import Listing

_MESSAGES = {
    "bad-line": ("line", "of the lists cannot be read as clips"),
    "encoding": ("list", "in no encoding that can be read"),
    "not-a-clip": ("folder", "where a clip should be that is none"),
    "label-coding": ("place", "where numbers and classes contradict each other"),
    "listed-twice": ("row", "with a clip that the same list has already"),
    "in-two-splits": ("row", "with a clip that is on another side of the same fold too"),
}


def look_at_lists(listing: Listing) -> Iterator[Finding]:
    """What stops `Listing.checked`, but for clips that are not on disk (`missing`); the reader's notes."""
    rows = ListProblems()
    check_against_each_other(zip(listing.clips, listing.places, strict=True), rows)
    by_kind: dict[str, list[Problem]] = {}
    for problem in (*listing.problems, *rows.found):
        by_kind.setdefault(problem.kind, []).append(problem)
    for kind, found in by_kind.items():
        thing, message = _MESSAGES.get(kind, ("problem", f"of the kind {kind}"))
        yield from grouped(
            kind,
            "error",
            [f"{problem.place}: {problem.message}" for problem in found],
            thing=thing,
            message=message,
            hint="; ".join(list(dict.fromkeys(p.hint for p in found if p.hint))[:2]),
        )
    if not listing.clips:
        yield Finding(
            kind="no-clips", severity="error", message=f"no clips are listed in {listing.root}", count=1
        )
    for note in listing.notes:
        yield Finding(kind="reader", severity="note", message=note, count=1)
