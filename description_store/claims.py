"""Who is asking or computing what right now, so that no two processes pay for the same answer or run.

A claim is a row that its holder renews while it lives. Whoever wants what was claimed takes over the claim of
a holder that is gone: a process of this machine that is not there any more, or one that was silent for longer
than any lock on the store may keep it from renewing.
"""

import os
import socket
import time
import uuid
from collections.abc import Callable
from typing import Literal, TypeVar

from sqlite_utils import Database

from description_store.answers import Serving, find_answer
from description_store.database import BUSY_SECONDS, writing
from description_store.records import Answer, Run
from description_store.runs import find_finished

RENEW_SECONDS = 2.0
STALE_SECONDS = BUSY_SECONDS + 15.0

_Found = TypeVar("_Found", Answer, Run)


def new_holder() -> str:
    """A name for this process, once per asking: machine, process, and something unique."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def answer_or_claim(
    db: Database, key: str, *, holder: str, serving: Serving
) -> Answer | Literal["claimed", "busy"]:
    """The answer if there is one by now; else the right to ask for it, unless another holder has that."""
    return _found_or_claim(db, key, holder=holder, find=lambda: find_answer(db, key, serving))


def run_or_claim(db: Database, spec_hash: str, *, holder: str) -> Run | Literal["claimed", "busy"]:
    """The finished run if there is one by now; else the right to make it, unless another holder has that."""
    return _found_or_claim(db, run_key(spec_hash), holder=holder, find=lambda: find_finished(db, spec_hash))


def run_key(spec_hash: str) -> str:
    """Under which the making of a run is claimed."""
    return f"run:{spec_hash}"


def runs_being_made(db: Database) -> set[str]:
    """The specification hashes of runs that somebody is making."""
    keys = [key for (key,) in db.execute("SELECT key FROM claims WHERE key GLOB 'run:*'").fetchall()]
    return {key.removeprefix("run:") for key in keys if _is_held(db, key)}


def _found_or_claim(
    db: Database, key: str, *, holder: str, find: Callable[[], _Found | None]
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


def check_writable(db: Database) -> None:
    """A row in and out again: a disk that is full shows before an answer is paid for."""
    with writing(db):
        db.execute("INSERT INTO claims VALUES ('', '', 0)")
        db.execute("DELETE FROM claims WHERE key = ''")


def renew(db: Database, holder: str) -> None:
    db.execute("UPDATE claims SET renewed_at = ? WHERE holder = ?", [time.time(), holder])


def release(db: Database, holder: str, key: str | None = None) -> None:
    """Give up one claim of this holder, or all of them. What another took over meanwhile stays theirs."""
    db.execute("DELETE FROM claims WHERE holder = ? AND key = coalesce(?, key)", [holder, key])


def _is_held(db: Database, key: str) -> bool:
    fresh = time.time() - STALE_SECONDS
    found = db.execute("SELECT holder FROM claims WHERE key = ? AND renewed_at > ?", [key, fresh]).fetchone()
    return found is not None and not _is_gone(found[0])


def _is_gone(holder: str) -> bool:
    """Whether the holder was a process of this machine that has ended. Windows has no harmless way to ask."""
    host, pid, _ = holder.rsplit(":", 2)
    if host != socket.gethostname() or os.name != "posix":
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # somebody else's process
    return False
