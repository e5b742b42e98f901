"""Commands run in this process, in a folder of their own, as a user types them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from dfer_cli.main import app
from typer.testing import CliRunner


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        content = json.loads(self.out)
        assert content["schema_version"] == 1
        return content


Dfer = Callable[..., Outcome]


@pytest.fixture
def dfer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dfer:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(command: str, *more: str) -> Outcome:
        result = CliRunner().invoke(app, [*command.split(), *more])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(code=result.exit_code, out=result.stdout, err=result.stderr)

    return run
