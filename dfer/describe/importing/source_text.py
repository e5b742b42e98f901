"""The text of a file that somebody else wrote: small, UTF-8, without null bytes, or a plain error."""

from pathlib import Path

from dfer.errors import ContentError, UsageError

# The sentences of a thousand classes take a tenth of it; parsers of any language are slow on more.
LARGEST = 2 * 2**20


def source_text(path: Path) -> str:
    """The file's text, without a byte order mark and with `\\n` as its only line end.

    Raises:
        UsageError: no such file, or none that can be read.
        ContentError: larger than `LARGEST`, or not UTF-8 text.
    """
    try:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "is no file"
            raise UsageError(f"{path} {what}", hint="name one file with descriptions")
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:  # a null byte in the name is a ValueError
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"cannot read {path}: {reason}") from error
    if len(content) > LARGEST:
        raise ContentError(
            f"{path} is larger than {LARGEST // 2**20} MB, so it is no file of descriptions",
            hint="the descriptions of a thousand classes take a tenth of that",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ContentError(
            f"{path} is not UTF-8 text: byte {error.start} is 0x{content[error.start]:02x}",
            hint="save it as UTF-8 in an editor, then import it again",
        ) from error
    if "\0" in text:
        raise ContentError(f"{path} holds null bytes, so it is no text", hint="save it as UTF-8 text")
    return text.replace("\r\n", "\n").replace("\r", "\n")
