"""The lines of a list, whatever wrote it: byte order mark or none, CRLF or LF, UTF-8 or Chinese GBK."""

from collections.abc import Iterator
from pathlib import Path

from dfer.clips.readers.list_problems import ListProblems
from dfer.errors import UsageError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_CHINESE = "gb18030"  # what GBK has it has at the same places, and rare characters besides


def read_lines(file: Path, problems: ListProblems, *, chinese: bool = False) -> Iterator[tuple[str, str]]:
    """Each line that is not blank, with its place ("file:line"). Lines that cannot be decoded are problems.

    With `chinese`, a file that is not UTF-8 throughout is GBK. In this order, because GBK reads most UTF-8
    without complaint and makes nonsense of it, while Chinese text in GBK is hardly ever valid UTF-8.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the list {file}: {error.strerror}") from error
    encodings: tuple[str, ...] = ("utf-8",)
    if chinese and _decoded(content, encodings) is None:
        encodings = (_CHINESE, "utf-8")
    # Neither encoding has the byte of a line's end inside another character.
    for number, line in enumerate(content.removeprefix(_BYTE_ORDER_MARK).split(b"\n"), start=1):
        place = f"{file}:{number}"
        text = _decoded(line, encodings)
        if text is None:
            tried = "neither UTF-8 nor GBK" if chinese else "not UTF-8"
            problems.add(place, tried, kind="encoding", hint="save the list as UTF-8 text")
        elif "\0" in text:
            problems.add(place, "a NUL, which no text has", hint="save the list as UTF-8 text")
        elif text.strip():
            yield place, text.rstrip("\r")


def _decoded(content: bytes, encodings: tuple[str, ...]) -> str | None:
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None
