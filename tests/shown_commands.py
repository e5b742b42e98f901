"""Commands that pages show, with their output: run to check them, or (`python -m tests.shown_commands`) to
write what they print today into the pages.

A block is marked `<!-- test: run -->`. Its lines that begin with `$ dfer` are commands, what follows is their
standard output. All blocks of a page run in one new folder, in order.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = (
    "README.md",
    "docs/description-sets.md",
    "docs/clips.md",
    "docs/recipes.md",
    "docs/experiments.md",
    "docs/predict.md",
    "docs/refining.md",
)

_BLOCK = re.compile(r"(<!-- test: run -->\n```\n)(.*?)(```)", re.DOTALL)


def blocks(page: str) -> list[str]:
    return [match[1] for match in _BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))]


def steps(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a block, without `dfer`, and the output that is shown for it."""
    for step in re.split(r"^\$ dfer ", block, flags=re.MULTILINE):
        if step:
            command, _, shown = step.partition("\n")
            yield command, shown


def dfer(arguments: str, folder: Path) -> str:
    """What a command prints on standard output, in 80 columns, without the user's own settings."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DFER_", "OPENAI_"))}
    done = subprocess.run(
        [sys.executable, "-c", "from dfer_cli.main import app; app()", *shlex.split(arguments)],
        cwd=folder,
        env=environment | {"COLUMNS": "80", "DFER_CACHE_DIR": str(folder / ".cache")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"dfer {arguments}\n{done.stderr}"
    return done.stdout


def refresh(page: str) -> None:
    path = ROOT / page
    with tempfile.TemporaryDirectory() as folder:

        def printed(match: re.Match[str]) -> str:
            shown = [(command, dfer(command, Path(folder))) for command, _ in steps(match[2])]
            lines = "".join(f"$ dfer {command}\n{output}" for command, output in shown)
            return match[1] + re.sub(r"[ \t]+$", "", lines, flags=re.MULTILINE) + match[3]

        path.write_text(_BLOCK.sub(printed, path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    for page in sys.argv[1:] or PAGES:
        refresh(page)
