"""What must stay light."""

import subprocess
import sys

import pytest

HEAVY = ("openai", "torch", "open_clip", "sqlite_utils", "numpy", "jinja2", "asyncio")


@pytest.mark.parametrize("argument", ["--help", "--version", "train --help", "sets --help"])
def test_help_and_version_import_nothing_heavy(argument: str) -> None:
    code = (
        "import sys; from dfer_cli.main import app; sys.argv = ['dfer', *sys.argv[1:]]\n"
        "try: app()\n"
        f"finally: print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *argument.split()], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip().splitlines()[-1] == "[]"
    assert "dfer" in done.stdout


def test_counting_tokens_and_describing_offline_imports_neither_torch_nor_openai(tmp_path) -> None:
    code = (
        "import sys; from dfer_cli.main import app\n"
        "sys.argv = 'dfer describe --classes dfew7 --model builtin/facs -q'.split()\n"
        "try: app()\n"
        "finally: print([m for m in ('torch', 'open_clip', 'openai') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stderr.strip().splitlines()[-1] == "[]"
