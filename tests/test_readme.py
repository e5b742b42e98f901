"""What the README shows is what the commands print; numbers are masked, because machines differ in them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"


def blocks(kind: str) -> list[str]:
    text = README.read_text(encoding="utf-8")
    return re.findall(rf"<!-- test: {kind} -->\n```\n(.*?)```", text, re.DOTALL)


def dfer(arguments: str, folder: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DFER_", "OPENAI_"))}
    done = subprocess.run(
        [sys.executable, "-c", "from dfer_cli.main import app; app()", *arguments.split()],
        cwd=folder,
        env=environment | {"COLUMNS": "80"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def masked(output: str) -> list[str]:
    """Lines without the numbers, hashes, verdicts and spaces that may differ between machines."""
    output = re.sub(r": (no evidence|a difference|the same|too few)[^\n]*", ": VERDICT", output)
    output = re.sub(r"\b[0-9a-f]{8,}\b|[−+]?\d+(\.\d+)?", "#", output)
    lines = (re.sub(r"[ ─]+", " ", line).strip() for line in output.splitlines())
    return [line for line in lines if line]


@pytest.mark.slow
def test_the_steps_of_the_readme_print_what_it_shows(tmp_path: Path) -> None:
    steps = [
        step for block in blocks("run") for step in re.split(r"^\$ dfer ", block, flags=re.MULTILINE) if step
    ]
    assert len(steps) == 8
    for step in steps:
        command, _, shown = step.partition("\n")
        assert masked(dfer(command, tmp_path)) == masked(shown), command


@pytest.mark.slow
def test_the_demo_ends_as_the_readme_shows(tmp_path: Path) -> None:
    (shown,) = blocks("demo")
    printed = masked(dfer(f"demo --folder {tmp_path / 'demo'}", tmp_path))
    expected = masked(shown)
    assert expected
    start = printed.index(expected[0])
    assert printed[start : start + len(expected)] == expected
    assert (tmp_path / "demo/dfer.db").exists()
    assert len(list((tmp_path / "demo/runs").iterdir())) == 6


def test_every_command_is_documented_in_its_help() -> None:
    from dfer_cli.main import app
    from typer.main import get_command

    def commands(group, prefix: str = "dfer"):
        for name, command in group.commands.items():
            yield f"{prefix} {name}", command
            if hasattr(command, "commands"):
                yield from commands(command, f"{prefix} {name}")

    found = dict(commands(get_command(app)))
    assert len(found) > 20
    assert all(command.help for command in found.values())
