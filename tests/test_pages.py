"""What the pages show is what the commands print; numbers are masked, because machines differ in them."""

import re
from pathlib import Path

import pytest

from tests.shown_commands import PAGES, ROOT, blocks, dfer, steps


def masked(output: str) -> list[str]:
    """Lines without numbers, hashes, spaces and what follows from numbers: machines may differ in them."""
    output = re.sub(r": (no evidence|a difference|not shown|the same|too few)[^\n]*", ": VERDICT", output)
    output = re.sub(r"^(power: |\w+ taken for )[^\n]*", "", output, flags=re.MULTILINE)
    output = re.sub(r"\b[0-9a-f]{8,}\b|[−+]?\d+(\.\d+)?", "#", output)
    lines = (re.sub(r"[ ─]+", " ", line).strip() for line in output.splitlines())
    return [line for line in lines if line]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_steps_of_a_page_print_what_it_shows(page: str, tmp_path: Path) -> None:
    shown = [step for block in blocks(page) for step in steps(block)]
    assert len(shown) >= 5
    for command, output in shown:
        assert masked(dfer(command, tmp_path)) == masked(output), command


@pytest.mark.slow
def test_the_demo_ends_as_the_readme_shows(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"<!-- test: demo -->\n```\n(.*?)```", readme, re.DOTALL)
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
