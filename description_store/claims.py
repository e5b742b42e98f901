"""Who is asking what right now, so that two processes never pay for the same answer.

A claim is a row that its holder renews while it lives. One that was not renewed for a while belongs to a
process that is gone, and whoever wants the answer takes it over.
"""

import time
from typing import Literal

from sqlite_utils import Database

from description_store.answers import Serving, find_answer
from description_store.database import writing
from description_store.records import Answer

RENEW_SECONDS = 2.0
STALE_SECONDS = 8.0


def answer_or_claim(
    db: Database, key: str, *, holder: str, serving: Serving
) -> Answer | Literal["claimed", "busy"]:
    """The answer if there is one by now; else the right to ask for it, unless another holder has that."""
    # Most looks end here, without the write lock.
    if answer := find_answer(db, key, serving):
        return answer
    if _is_held(db, key):
        return "busy"
    with writing(db):
        if answer := find_answer(db, key, serving):
            return answer
        if _is_held(db, key):
            return "busy"
        db.execute("INSERT OR REPLACE INTO claims VALUES (?, ?, ?)", [key, holder, time.time()])
    return "claimed"


def renew(db: Database, holder: str) -> None:
    db.execute("UPDATE claims SET renewed_at = ? WHERE holder = ?", [time.time(), holder])


def release(db: Database, holder: str, key: str | None = None) -> None:
    """Give up one claim of this holder, or all of them. What another took over meanwhile stays theirs."""
    db.execute("DELETE FROM claims WHERE holder = ? AND key = coalesce(?, key)", [holder, key])


def _is_held(db: Database, key: str) -> bool:
    fresh = time.time() - STALE_SECONDS
    return bool(db.execute("SELECT 1 FROM claims WHERE key = ? AND renewed_at > ?", [key, fresh]).fetchone())
