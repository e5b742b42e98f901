"""How long `dfer --help` takes beside the library that it is written with."""

import subprocess
import sys
from typing import Any

from benchmarks.pairs import ratio


def run() -> list[dict[str, Any]]:
    def typer_alone() -> None:
        subprocess.run([sys.executable, "-c", "import typer"], check=True)

    def help_page() -> None:
        code = "import sys; sys.argv = ['dfer', '--help']; from dfer_cli.main import app; app()"
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)

    row = ratio(
        "`import typer` over `dfer --help`",
        reference=typer_alone,
        candidate=help_page,
        rounds=15,
        note=r"1 / ratio is what the help page costs in units of `import typer`",
        equal_to="",
    )
    return [row]
