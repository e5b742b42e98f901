"""Two thousand answers of 50 ms each: what `dfer describe` adds to that, and how fast it has them again."""

import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.pairs import row
from benchmarks.reporting_command import REPORTING
from benchmarks.slow_llm import THINKING_SECONDS

_CLASSES, _SAMPLES = 500, 4
_ANSWERS = _CLASSES * _SAMPLES
_WARM_ROUNDS = 7


@dataclass(frozen=True)
class _Run:
    seconds: float
    out: dict[str, Any]
    peak_mb: float
    openai: bool


def run() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "invented.json").write_text(json.dumps(_invented_names()), encoding="utf-8")
        (folder / "two.json").write_text('["warming", "up"]', encoding="utf-8")
        with _slow_llm() as base_url:
            _dfer(folder, *_describe(folder / "warming_up.db", base_url, classes="two.json"))
        return [*_asked(folder, concurrency=4), *_asked(folder, concurrency=16), _cached(folder)]


def _asked(folder: Path, *, concurrency: int) -> list[dict[str, Any]]:
    """Against the ideal of a client that costs nothing: all answers' times, so many at once."""
    db = folder / f"asked{concurrency}.db"
    with _slow_llm() as base_url:
        whole = _dfer(folder, *_describe(db, base_url), "--concurrency", str(concurrency))
    assert whole.out["calls"] == {"cached": 0, "made": _ANSWERS, "failed": 0}, whole.out["calls"]
    ideal = _ANSWERS * THINKING_SECONDS / concurrency
    asking = _asking_seconds(db)
    size = f"peak memory {whole.peak_mb:.0f} MB, store {db.stat().st_size / 2**20:.1f} MB"
    return [
        row(
            f"asking {_ANSWERS:,} answers, {concurrency} at a time",
            [asking / ideal],
            unit="×",
            note=f"{asking:.1f} s of the ideal {ideal:.2f} s",
        ),
        row(
            f"`dfer describe` of them, {concurrency} at a time",
            [whole.seconds / ideal],
            unit="×",
            note=f"{whole.seconds:.1f} s, start to end; {size}",
        ),
    ]


def _cached(folder: Path) -> dict[str, Any]:
    """The same command again, without the server, beside one that opens the store and prints a table too."""
    db = folder / "asked4.db"
    command = _describe(db, "http://127.0.0.1:9/v1")
    first = _dfer(folder, *command)
    assert first.out["calls"] == {"cached": _ANSWERS, "made": 0, "failed": 0}, first.out["calls"]
    assert not first.openai, "a run that asks nothing loaded openai"
    beyond, bare = [], []
    for _ in range(_WARM_ROUNDS):
        start_up = _dfer(folder, "prompts", "list", "--json", "--db", str(db)).seconds
        beyond.append(_dfer(folder, *command).seconds - start_up)
        bare.append(start_up)
    note = (
        f"beyond `dfer prompts list` ({statistics.median(bare):.2f} s); openai not loaded, "
        f"peak memory {first.peak_mb:.0f} MB"
    )
    return row(f"`dfer describe` from {_ANSWERS:,} cached answers", beyond, unit="s", note=note)


def _describe(db: Path, base_url: str, *, classes: str = "invented.json") -> list[str]:
    how = f"--samples {_SAMPLES} --keep 6 --on-overflow trim --json --quiet"
    where = ["--base-url", base_url, "--endpoint-name", "slow", "--db", str(db)]
    return ["describe", "--classes", classes, "--model", "slow", *where, *how.split()]


def _dfer(folder: Path, *arguments: str) -> _Run:
    """A command in a process of its own, with its modules compiled before, as an installed dfer has them."""
    ours = {"NO_PROXY": "127.0.0.1", "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    not_ours = ("DFER_", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(not_ours)}
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", REPORTING, *arguments],
        cwd=folder,
        env=environment | ours,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - started
    assert done.returncode == 0, done.stderr
    return _Run(seconds, json.loads(done.stdout), **json.loads(done.stderr.splitlines()[-1]))


def _asking_seconds(db: Path) -> float:
    """From the moment the first question was sent until the last answer was stored, as the store tells it."""
    with closing(sqlite3.connect(db)) as store:
        answers = store.execute("SELECT created_at, seconds FROM answers").fetchall()
    stored = [datetime.fromisoformat(created_at).timestamp() for created_at, _ in answers]
    sent = [at - float(seconds) for at, (_, seconds) in zip(stored, answers, strict=True)]
    return max(stored) - min(sent)


@contextmanager
def _slow_llm() -> Iterator[str]:
    program = Path(__file__).with_name("slow_llm.py")
    server = subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        yield f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
    finally:
        server.kill()
        server.wait()


def _invented_names() -> list[str]:
    syllables = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
    numbers = random.Random(1).sample(range(len(syllables) ** 2), _CLASSES)
    return [syllables[n % len(syllables)] + "ne" + syllables[n // len(syllables)] for n in numbers]
