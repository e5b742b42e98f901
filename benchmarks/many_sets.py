"""What 10,000 description sets in one store cost the commands that look at them.

Each command is timed beside itself on a store of three sets, which is what starting up costs, in alternating
rounds; the difference is what the number of sets costs.
"""

import functools
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.pairs import row
from description_store.database import open_store
from description_store.records import DescriptionSet, Provenance
from description_store.sets import save_class_set, save_set
from dfer.class_sets import load_class_set
from dfer.describe.compiling import ClassWords, compile_descriptions
from dfer.describe.controls import random_words

SETS = 10_000
ROUNDS = 7
COMMANDS = ("sets list", "sets list --json", "sets show v{half}", "sets diff v2 v{half}", "sets log v{half}")


def run() -> list[dict[str, Any]]:
    few, many = store_of(3), store_of(SETS)
    return [beyond_startup(command, few, many) for command in COMMANDS]


@functools.cache
def store_of(sets: int) -> Path:
    """A store of so many sets, filled once and gone when Python ends."""
    path = Path(_folder().name) / f"{sets}.db"
    fill(path, sets)
    return path


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


def fill(path: Path, sets: int) -> None:
    """Sets of eleven classes, three descriptors each; every tenth begins a line, the others edit it."""
    classes = load_class_set("mafw11")
    words = random_words()
    with open_store(path) as db:
        db.execute("PRAGMA synchronous = OFF")
        content = classes.model_dump(mode="json")["classes"]
        save_class_set(db, class_set_hash=classes.hash, name=classes.name, content=content)
        parent: str | None = None
        for number in range(sets):
            said = {
                name: ClassWords(
                    descriptors=tuple(
                        f"{words[(number + 7 * place + sign) % len(words)]} {name} {number % 97}"
                        for sign in range(3)
                    )
                )
                for place, name in enumerate(classes.names)
            }
            first = number % 10 == 0
            saved, _ = save_set(
                db,
                DescriptionSet(
                    class_set=classes.name,
                    class_set_hash=classes.hash,
                    descriptions=compile_descriptions(classes, said, context_tokens=8),
                    provenance=Provenance(kind="llm", model=f"m{number}")
                    if first
                    else Provenance(kind="edit", change={"edit": "by hand"}, parent_hash=parent),
                    context_tokens=8,
                ),
            )
            parent = saved.hash


def beyond_startup(command: str, few: Path, many: Path) -> dict[str, Any]:
    differences = []
    for _ in range(ROUNDS):
        small = _seconds(command.format(half=3), few)
        differences.append(_seconds(command.format(half=SETS // 2), many) - small)
    return row(
        f"`{command.format(half=SETS // 2)}` of {SETS:,} sets, beyond 3 sets",
        [1000 * one for one in differences],
        unit="ms",
        equal_to="the same command on a store of 3 sets",
        note="a difference; 200 is the limit",
        digits=1,
    )


def _seconds(arguments: str, db: Path) -> float:
    code = "from dfer_cli.main import app; app()"
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", code, *arguments.split(), "--db", str(db)], check=True, capture_output=True
    )
    return time.perf_counter() - started
