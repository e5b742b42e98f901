"""Votes of annotators in one field of a table: `anger:6;fear:4`."""

import math


def parse_votes(written: str) -> tuple[tuple[str, float], ...]:
    """(class name, votes) in the order written, zeros left out.

    Raises:
        ValueError: it is no such list, a class is in it twice, or votes are negative; says which.
    """
    votes: dict[str, float] = {}
    for part in written.split(";"):
        if not part.strip():
            continue
        name, colon, number = (piece.strip() for piece in part.rpartition(":"))
        try:
            count = float(number)
        except ValueError:
            count = math.nan
        if not (name and colon and 0 <= count < math.inf):
            raise ValueError(f"expected votes such as anger:6;fear:4, found {part.strip()!r}")
        if name in votes:
            raise ValueError(f"votes for {name!r} are there twice")
        votes[name] = count
    return tuple((name, count) for name, count in votes.items() if count)
