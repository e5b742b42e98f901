"""Printing: results on stdout, everything else on stderr, JSON for scripts.

What an LLM, a server or a file said must never steer the terminal, so all text goes out through `safe`.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from dfer.counts import count_of as count_of
from dfer.percentage_points import points as points

SCHEMA_VERSION = 1

_WIDE = 20

# Control characters but newline and tab, what reorders or breaks lines (bidi controls, U+2028, U+2029), what
# nobody sees (zero-width and tag characters), and lone surrogates, which no terminal can be sent.
_UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    r"\U000e0000-\U000e007f]"
)


def safe(text: str) -> str:
    """`text` with every character that could steer a terminal shown as its escape, `\\x1b` or `\\u202e`."""
    return _UNSAFE.sub(lambda found: _escaped(ord(found[0])), text)


def _escaped(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def print_json(content: dict[str, Any], *, one_line: bool = False) -> None:
    """The same rule in JSON's own escapes, so that a script reads exactly what is stored.

    `one_line` is for what may be long: indenting makes Python's encoder four times slower.
    """
    import json

    indent = None if one_line else 2
    text = json.dumps({"schema_version": SCHEMA_VERSION, **content}, ensure_ascii=False, indent=indent)
    sys.stdout.write(_UNSAFE.sub(lambda found: json.dumps(found[0])[1:-1], text) + "\n")


def say(message: str, *, fg: str | None = None, bold: bool | None = None, nl: bool = True) -> None:
    """A line of the result."""
    typer.secho(safe(message), fg=fg, bold=bold, nl=nl)


def note(message: str, *, quiet: bool = False) -> None:
    """What happened and what to do next."""
    if not quiet:
        typer.echo(safe(message), err=True)


def warn(message: str, *, quiet: bool = False) -> None:
    if not quiet:
        typer.secho(f"warning: {safe(message)}", err=True, fg=typer.colors.YELLOW)


def fail(message: str, hint: str) -> None:
    typer.secho("error: ", err=True, nl=False, fg=typer.colors.RED, bold=True)
    typer.echo(safe(message), err=True)
    if hint:
        typer.echo(f"  {safe(hint)}", err=True)


def write_new(path: Path, text: str, *, force: bool) -> None:
    """A file of results. Raises UsageError where there is one already, unless `force`."""
    from dfer.errors import UsageError

    refuse_existing(path, force=force)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def refuse_existing(path: Path, *, force: bool) -> None:
    from dfer.errors import UsageError

    if path.is_dir():
        raise UsageError(f"{path} is a folder", hint="name a file")
    if not path.resolve().parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent}")
    if path.exists() and not force:
        raise UsageError(f"{path} exists", hint="--force replaces it")


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[str] = ()) -> None:
    """A plain table without its empty columns; the last column and wide ones wrap, and nothing is cut."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    used = [i for i in range(len(headings)) if not rows or any(row[i] for row in rows)]
    headings, rows = [headings[i] for i in used], [[row[i] for i in used] for row in rows]
    console = Console(highlight=False)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for column, heading in enumerate(headings):
        wide = max([len(row[column]) for row in rows], default=0) > _WIDE
        table.add_column(
            Text(safe(heading)),
            justify="right" if heading in right else "left",
            overflow="fold",
            no_wrap=heading != headings[-1] and not wide,
            min_width=8 if heading == headings[-1] and heading not in right else None,
        )
    for row in rows:
        table.add_row(*(Text(safe(cell)) for cell in row))
    width = None if console.is_terminal else max(100, console.measure(table).maximum)
    console.print(table, width=width, soft_wrap=False)
