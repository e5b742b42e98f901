"""`dfer describe` as a user types it, what it left in the store, and good answers to begin with."""

import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dfer.describe.asking.patience import Patience
from tests.cli.conftest import Dfer, Outcome
from tests.llm_server import LlmServer

KEY = "sk-proj-verysecretkey-0123456789"
PART_OF_KEY = "verysecret"
REAL_WAIT = Patience.wait


@dataclass(frozen=True)
class Kept:
    """What is in the store: verdicts of answers, outcome and status of attempts, how many sets."""

    answers: list[str] = field(default_factory=list)
    attempts: list[tuple[str, int | None]] = field(default_factory=list)
    sets: int = 0


@dataclass
class Describe:
    """`dfer describe` of DFEW's seven classes, one question at a time, with a key from LLM_KEY."""

    dfer: Dfer
    folder: Path
    shown: list[str] = field(default_factory=list)

    def __call__(self, server: LlmServer | str | None, options: str = "", *more: str) -> Outcome:
        """`server` None: options or environment say which. Of an option given twice the last counts."""
        address = server.base_url if isinstance(server, LlmServer) else server
        where = f"--base-url {address} --key-env LLM_KEY" if address else ""
        return self.run(
            f"describe --classes dfew7 --model test-model {where} --concurrency 1 --attempts 2 --timeout 5"
            f" {options}",
            *more,
        )

    def run(self, command: str, *more: str) -> Outcome:
        done = self.dfer(command, *more)
        self.shown += [done.out, done.err]
        return done

    def query(self, sql: str) -> list[tuple]:
        path = self.folder / "dfer.db"
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            rows = db.execute(sql).fetchall()
        db.close()
        return rows

    @property
    def kept(self) -> Kept:
        return Kept(
            answers=[verdict for (verdict,) in self.query("SELECT verdict FROM answers ORDER BY id")],
            attempts=self.query("SELECT outcome, http_status FROM attempts ORDER BY id"),
            sets=self.query("SELECT count(*) FROM description_sets")[0][0],
        )


def check_refused(done: Outcome, code: int, *said: str) -> None:
    """It ended so, without a result, in words that name the cause and say what to do."""
    assert (done.code, done.out) == (code, ""), done.err
    words = " ".join(done.err.split())
    for part in said:
        assert part in words, f"{part!r} is not in: {words}"
    assert "Traceback" not in words, done.err


UseProxy = Callable[[LlmServer], None]


@dataclass(frozen=True)
class Certificate:
    """Signed by itself, for 127.0.0.1 and the services that tests let a proxy stand for."""

    pem: Path
    server: ssl.SSLContext


def start(folder: Path, command: str, *, before: Callable[[], None] | None = None) -> "subprocess.Popen[str]":
    """The command in a process of its own. `before` is called in it, before it becomes dfer."""
    program = [sys.executable, "-c", "from dfer_cli.main import app; app()"]
    return subprocess.Popen(
        [*program, *command.split()],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,
    )
