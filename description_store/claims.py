"""Who is asking or computing what right now, so that no two processes pay for the same answer or run.

A claim is a row that its holder renews while it lives. Whoever wants what was claimed takes over the claim of
a holder that is gone: a process of this machine that is not there any more, or one that was silent for longer
than any lock on the store may keep it from renewing. One that is known to be there, stopped or waiting for a
disk, may be silent for an hour.
"""

import os
import socket
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from description_store.answers import Serving, find_answer
from description_store.database import BUSY_SECONDS, writing
from description_store.reading import Reader
from description_store.records import Answer, Run
from description_store.runs import find_finished

if TYPE_CHECKING:
    from sqlite_utils import Database

RENEW_SECONDS = 2.0
STALE_SECONDS = BUSY_SECONDS + 15.0
SILENT_SECONDS = 3600.0
"""For a process that is there: not for ever, because it may have failed to give up its claims."""

_Found = TypeVar("_Found", Answer, Run)


def new_holder() -> str:
    """A name for this process, once per asking: machine, process, when that began, and something unique."""
    pid = os.getpid()
    found = _process(pid)
    return f"{socket.gethostname()}:{pid}:{found.began if found else ''}.{uuid.uuid4().hex[:8]}"


def answer_or_claim(
    db: "Database", key: str, *, holder: str, serving: Serving
) -> Answer | Literal["claimed", "busy"]:
    """The answer if there is one by now; else the right to ask for it, unless another holder has that."""
    return _found_or_claim(db, key, holder=holder, find=lambda: find_answer(db, key, serving))


def run_or_claim(db: "Database", spec_hash: str, *, holder: str) -> Run | Literal["claimed", "busy"]:
    """The finished run if there is one by now; else the right to make it, unless another holder has that."""
    return _found_or_claim(db, run_key(spec_hash), holder=holder, find=lambda: find_finished(db, spec_hash))


def run_key(spec_hash: str) -> str:
    """Under which the making of a run is claimed."""
    return f"run:{spec_hash}"


def is_being_made(db: Reader, spec_hash: str) -> bool:
    """Whether somebody is making this run."""
    return _is_held(db, run_key(spec_hash))


def runs_being_made(db: Reader) -> set[str]:
    """The specification hashes of runs that somebody is making."""
    keys = [key for (key,) in db.execute("SELECT key FROM claims WHERE key GLOB 'run:*'").fetchall()]
    return {key.removeprefix("run:") for key in keys if _is_held(db, key)}


def _found_or_claim(
    db: "Database", key: str, *, holder: str, find: Callable[[], _Found | None]
) -> _Found | Literal["claimed", "busy"]:
    # Most looks end here, without the write lock.
    if found := find():
        return found
    if _is_held(db, key):
        return "busy"
    with writing(db):
        if found := find():
            return found
        if _is_held(db, key):
            return "busy"
        db.execute("INSERT OR REPLACE INTO claims VALUES (?, ?, ?)", [key, holder, time.time()])
    return "claimed"


def check_writable(db: "Database") -> None:
    """A row in and out again: a disk that is full shows before an answer is paid for."""
    with writing(db):
        db.execute("INSERT INTO claims VALUES ('', '', 0)")
        db.execute("DELETE FROM claims WHERE key = ''")


def renew(db: "Database", holder: str) -> None:
    db.execute("UPDATE claims SET renewed_at = ? WHERE holder = ?", [time.time(), holder])


def release(db: "Database", holder: str, key: str | None = None) -> None:
    """Give up one claim of this holder, or all of them. What another took over meanwhile stays theirs."""
    db.execute("DELETE FROM claims WHERE holder = ? AND key = coalesce(?, key)", [holder, key])


def _is_held(db: Reader, key: str) -> bool:
    found = db.execute("SELECT holder, renewed_at FROM claims WHERE key = ?", [key]).fetchone()
    if found is None:
        return False
    holder, renewed_at = found
    match _is_there(holder):
        case True:
            return bool(time.time() - renewed_at < SILENT_SECONDS)
        case False:
            return False
    return bool(time.time() - renewed_at < STALE_SECONDS)


def _is_there(holder: str) -> bool | None:
    """Whether the holder is a process of this machine that lives; None where that cannot be known.

    Numbers of processes are used again: it must have begun when the holder did. Windows has no harmless way
    to ask.
    """
    host, pid, rest = holder.rsplit(":", 2)
    if host != socket.gethostname() or os.name != "posix":
        return None
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's process
    found = _process(int(pid))
    if found is None:
        return None
    began = rest.rpartition(".")[0]
    return False if found.ended else began == found.began if began else None


class _Process(NamedTuple):
    ended: bool
    """It is a zombie: nobody has asked yet what became of it."""
    began: str
    """In clock ticks since the machine did."""


def _process(pid: int) -> _Process | None:
    """None where /proc does not tell."""
    try:
        state, *others = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return _Process(ended=state in "ZX", began=others[18])
    except (OSError, ValueError, IndexError):
        return None
