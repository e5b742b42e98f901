"""Printing: results on stdout, everything else on stderr, JSON for scripts."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import typer

SCHEMA_VERSION = 1


def print_json(content: dict[str, Any]) -> None:
    text = json.dumps({"schema_version": SCHEMA_VERSION, **content}, ensure_ascii=False, indent=2)
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")


def note(message: str, *, quiet: bool = False) -> None:
    """What happened and what to do next."""
    if not quiet:
        typer.echo(message, err=True)


def warn(message: str, *, quiet: bool = False) -> None:
    if not quiet:
        typer.secho(f"warning: {message}", err=True, fg=typer.colors.YELLOW)


def fail(message: str, hint: str) -> None:
    typer.secho("error: ", err=True, nl=False, fg=typer.colors.RED, bold=True)
    typer.echo(message, err=True)
    if hint:
        typer.echo(f"  {hint}", err=True)


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[str] = ()) -> None:
    """A plain table without its empty columns; the last column wraps, and nothing is cut."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    used = [i for i in range(len(headings)) if not rows or any(row[i] for row in rows)]
    headings, rows = [headings[i] for i in used], [[row[i] for i in used] for row in rows]
    console = Console(highlight=False)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for heading in headings:
        table.add_column(
            heading,
            justify="right" if heading in right else "left",
            overflow="fold",
            no_wrap=heading != headings[-1],
            min_width=8 if heading == headings[-1] and heading not in right else None,
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    width = None if console.is_terminal else max(100, console.measure(table).maximum)
    console.print(table, width=width, soft_wrap=False)


def count_of(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
