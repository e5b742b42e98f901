"""A set's words in the user's editor, or from a file that was edited elsewhere."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .. import output

if TYPE_CHECKING:
    from description_store.records import DescriptionSet
    from dfer.class_sets import ClassSet


@contextmanager
def typed_words(parent: "DescriptionSet", class_set: "ClassSet", db: Path) -> Iterator[Path]:
    """The words as the user leaves them in the editor, in a file that is removed when all went well.

    What was typed is never lost: if it cannot be used or saved, the file stays, and its name is told.
    """
    from dfer.describe.words_file import write_words

    folder = Path(tempfile.mkdtemp(prefix="dfer-"))
    path = folder / f"{parent.name}.yaml"
    before = write_words(parent, class_set, heading=_heading(parent))
    path.write_text(before, encoding="utf-8")
    try:
        _open(path)
        yield path
    except BaseException:
        if path.exists() and path.read_bytes() != before.encode():
            command = f"dfer sets edit {parent.name} --file {path} --db {db}"
            output.note(f"your words are kept: {command}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def typed_text(path: Path) -> str:
    """The text of an edited file; `-` is standard input. Raises UsageError or ContentError."""
    from dfer.errors import ContentError, UsageError

    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ContentError(f"{path} is no UTF-8 text: {error.reason}") from error


def _open(path: Path) -> None:
    from dfer.errors import ConfigurationError

    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        done = subprocess.run([*shlex.split(editor), str(path)], check=False)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"cannot start the editor {editor!r}: {error}",
            hint="set EDITOR, or use --class NAME --drop N --add TEXT, or --file",
        ) from error
    if done.returncode:
        raise ConfigurationError(f"the editor {editor!r} ended with {done.returncode}; nothing was changed")


def _heading(parent: "DescriptionSet") -> str:
    from dfer.describe.clip_tokens import token_budget

    from ..set_output import made_how

    budget = token_budget(parent.context_tokens)
    return (
        f"{parent.name} · {parent.class_set} · {made_how(parent.provenance)}\n"
        "One descriptor per line. Save and close to make a child; unchanged, nothing happens.\n"
        f"CLIP can read {budget} tokens of each class's text. `note` says why you changed it."
    )
