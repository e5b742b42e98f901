"""A confusion on a terminal of any width: a matrix where it fits, else the mistakes in words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import output

if TYPE_CHECKING:
    from description_store.records import Run


def print_confusion(run: "Run") -> None:
    """Recall of each class, and what its clips were taken for. No class is left out, and none is cut."""
    classes = list(run.specification["classes"])
    recalls = [percent(run.per_class.get(name)) for name in classes]
    counts = [[str(n) if n else "·" for n in row] for row in run.confusion]
    rows = [[name, recall, *row] for name, recall, row in zip(classes, recalls, counts, strict=True)]
    for letters in (5, 4, 3):
        short = distinct_prefixes(classes, at_least=letters)
        headings = ["class", "recall", *short]
        if width_of(headings, rows) <= room():
            output.print_table(headings, rows, right=["recall", *short])
            output.say("rows: what the clips show; columns: what they were taken for")
            return
    output.print_table(
        ["class", "recall", "clips", "taken for"],
        [
            [name, recall, str(sum(row)), _taken_for(classes, row)]
            for name, recall, row in zip(classes, recalls, run.confusion, strict=True)
        ],
        right=["recall", "clips"],
    )


def percent(fraction: float | None) -> str:
    return "–" if fraction is None else f"{100 * fraction:.2f}"


def room() -> int:
    """Columns of the terminal, or what COLUMNS says of a pipe."""
    from rich.console import Console

    return Console().width


def distinct_prefixes(names: Sequence[str], *, at_least: int) -> list[str]:
    """The shortest beginnings of at least so many letters that tell the names apart."""

    def shortest(name: str) -> str:
        others = [other for other in names if other != name]
        lengths = range(at_least, len(name))
        return next(
            (name[:n] for n in lengths if not any(other.startswith(name[:n]) for other in others)), name
        )

    return [shortest(name) for name in names]


def width_of(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Columns of the terminal that `output.print_table` needs: a blank after each column and between two."""
    columns = zip(headings, *rows, strict=True)
    return sum(max(map(len, column)) + 2 for column in columns) - 1


def _taken_for(classes: Sequence[str], row: Sequence[int]) -> str:
    """ "fear 12, sadness 3", the most frequent first."""
    found = sorted(((n, name) for n, name in zip(row, classes, strict=True) if n), key=lambda f: -f[0])
    return ", ".join(f"{name} {n}" for n, name in found) or "–"
