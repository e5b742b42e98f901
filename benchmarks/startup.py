"""What commands cost before they do anything: Python, the libraries that they are written with, and our own.

Times are those of a user's second call, when Python's bytecode is there: the first one after an installation
compiles what it imports. Commands are timed in alternating rounds with an empty Python and `import typer`.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.many_sets import SETS, store_of
from benchmarks.pairs import row

ROUNDS = 9
IMPORT_ROUNDS = 5

_DFER = "from dfer_cli.main import app; app()"
# What a command takes when all is imported: the same once more in the same process, in milliseconds.
_ONCE_MORE = """
import io, sys, time
from contextlib import redirect_stderr, redirect_stdout
from dfer_cli.main import app
for _ in range(2):
    started = time.perf_counter()
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        app(sys.argv[1:], standalone_mode=False)
    took = time.perf_counter() - started
print(1000 * took)
"""


def run() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        python = _Python(Path(folder))
        return [*_light_commands(python), *_torch(python)]


class _Python:
    """Runs programs with their bytecode kept in the folder, which is where they run, too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHONDONTWRITE", "DFER_"))}
        own = {"PYTHONPYCACHEPREFIX": folder / "bytecode", "DFER_CACHE_DIR": folder / "cache"}
        self._environment = kept | {name: str(path) for name, path in own.items()}

    def run(self, program: str, *arguments: str) -> str:
        """Standard output."""
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def dfer(self, command: str) -> None:
        self.run(_DFER, *command.split())

    def milliseconds(self, program: str, *arguments: str) -> float:
        started = time.perf_counter()
        self.run(program, *arguments)
        return 1000 * (time.perf_counter() - started)

    def cpu_seconds(self, program: str) -> float:
        """User and system."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.run(program)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _light_commands(python: _Python) -> list[dict[str, Any]]:
    many = store_of(SETS)
    _make_two_evaluated_sets(python)
    commands = {
        "--help": "--help",
        "sets list": f"sets list --db {many}",
        "describe": _DESCRIBE,
        "sets show v1": "sets show v1",
        "compare v1 v2": "compare v1 v2",
    }
    programs: dict[str, list[str]] = {"": ["pass"], "typer": ["import typer"]}
    programs |= {name: [_DFER, *command.split()] for name, command in commands.items()}
    took: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(1 + ROUNDS):  # the first is for bytecode and files not yet in memory
        for name, program in programs.items():
            took[name].append(python.milliseconds(*program))
    took = {name: times[1:] for name, times in took.items()}

    def beyond_empty(name: str) -> list[float]:
        return [both - empty for both, empty in zip(took[name], took[""], strict=True)]

    typers_in_help = [typer / page for page, typer in zip(took["--help"], took["typer"], strict=True)]
    help_page, listing = beyond_empty("--help"), took["sets list"]
    in_typers = "0.67 is the limit: 1.5 × the time"
    rows = [
        row("`dfer --help` beyond an empty Python", help_page, unit="ms", note="150 is the limit", digits=1),
        row("`import typer` over `dfer --help`", typers_in_help, unit="×", note=in_typers),
        row(f"`sets list` of {SETS:,} sets, in all", listing, unit="ms", note="400 is the limit", digits=1),
    ]
    for name in ("describe", "sets show v1", "compare v1 v2"):
        work = float(python.run(_ONCE_MORE, *commands[name].split()))
        note = f"all of it start-up but {work:.0f} ms, which it takes once more in the same process"
        title = f"`{name}`{', all cached,' if name == 'describe' else ''} beyond an empty Python"
        rows.append(row(title, beyond_empty(name), unit="ms", note=note, digits=1))
    return rows


_DESCRIBE = "describe --classes dfew7 --model builtin/facs"


def _make_two_evaluated_sets(python: _Python) -> None:
    python.dfer("data synth world --classes dfew7 --clips 35 --size 32 --frames 4 --quiet")
    python.dfer(_DESCRIBE)
    python.dfer("sets control v1 --kind random")
    for name in ("v1", "v2"):
        python.dfer(f"evaluate -d {name} --data world/clips.csv --clip tiny --workers 0 --accelerator cpu")


def _torch(python: _Python) -> list[dict[str, Any]]:
    """What every command that computes imports, in seconds of CPU (user and system)."""
    torch, ours = "import torch", "from dfer.training import preparing, running"
    pairs = [(python.cpu_seconds(torch), python.cpu_seconds(ours)) for _ in range(1 + IMPORT_ROUNDS)][1:]
    alone = statistics.median(pair[0] for pair in pairs)
    note = f"{alone:.2f} of them torch; the rest: torchvision and timm for open_clip, torchmetrics for Fabric"
    return [row("imports of `dfer evaluate`, CPU", [pair[1] for pair in pairs], unit="s", note=note)]
