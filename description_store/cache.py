"""Looking at the cache of answers, and the one way by which answers leave it."""

import contextlib
import json
import re
import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from description_store.answers import read_answer
from description_store.database import writing
from description_store.errors import UnknownName
from description_store.reading import Reader
from description_store.records import Answer, Attempt, Record

if TYPE_CHECKING:
    from sqlite_utils import Database


class CachedAnswer(Record):
    """An answer, and the versions of the sets whose words come from it."""

    answer: Answer
    sets: tuple[int, ...] = ()


class Removable(Record):
    """What a pruning would remove: ids of answers, and how many failed attempts go with them."""

    answer_ids: tuple[int, ...]
    attempts: int


def list_cached(
    db: Reader,
    *,
    key: str | None = None,
    model: str | None = None,
    verdict: str | None = None,
    version: int | None = None,
    unused: bool = False,
) -> list[CachedAnswer]:
    """Answers in the order they arrived; `key` is the full key or the beginning of its digits."""
    sql = f"""
        SELECT answers.*, ({_SETS}) AS sets FROM answers
        WHERE (:key IS NULL OR key LIKE :key) AND (:model IS NULL OR model = :model)
          AND (:verdict IS NULL OR verdict = :verdict)
          AND (:version IS NULL OR id IN (
            SELECT answer_id FROM parses JOIN description_parses ON parse_id = parses.id
            WHERE version = :version))
          AND (NOT :unused OR ({_SETS}) IS NULL)
        ORDER BY id
    """
    like = None if key is None else f"dk1:{_digits(key)}%"
    rows = db.query(
        sql, {"key": like, "model": model, "verdict": verdict, "version": version, "unused": unused}
    )
    return [
        CachedAnswer(sets=tuple(map(int, (row.pop("sets") or "").split())), answer=read_answer(row))
        for row in rows
    ]


def find_key(db: Reader, beginning: str) -> str:
    """The one key that begins so, of whatever was asked: answered, failed, or answered in another form.

    Raises:
        UnknownName: no key begins so, or several do.
    """
    sql = """
        SELECT key FROM answers WHERE key LIKE :like UNION SELECT key FROM attempts WHERE key LIKE :like
        UNION SELECT asked_key FROM key_aliases WHERE asked_key LIKE :like ORDER BY key
    """
    keys = [row[0] for row in db.execute(sql, {"like": f"dk1:{_digits(beginning)}%"})]
    if not keys:
        raise UnknownName(f"no key begins with {beginning}", hint="dfer cache list shows the keys")
    if len(keys) > 1:
        listed = ", ".join(one[4:20] for one in keys[:6])
        raise UnknownName(f"{len(keys)} keys begin with {beginning}", hint=f"{listed}, …")
    return str(keys[0])


def attempts_of(db: Reader, keys: Sequence[str]) -> list[Attempt]:
    """The requests under these keys that brought no answer, oldest first."""
    sql = "SELECT * FROM attempts WHERE key IN (SELECT value FROM json_each(?)) ORDER BY id"
    return [
        Attempt.model_validate({name: value for name, value in row.items() if name != "id"})
        for row in db.query(sql, [json.dumps(list(keys))])
    ]


def aliases_of(db: Reader, key: str) -> list[dict[str, Any]]:
    """Requests that were sent otherwise than asked for, by either key: asked_key, key, dropped."""
    sql = "SELECT asked_key, key, dropped FROM key_aliases WHERE :key IN (key, asked_key) ORDER BY 1, 2"
    return [row | {"dropped": json.loads(row["dropped"])} for row in db.query(sql, {"key": key})]


def identities(db: Reader) -> dict[str, tuple[dict[str, Any], str]]:
    """What was ever asked, by key, and the verdict on its newest answer."""
    sql = "SELECT key, identity, verdict, max(generation) FROM answers GROUP BY key ORDER BY max(id)"
    return {key: (json.loads(identity), verdict) for key, identity, verdict, _ in db.execute(sql)}


def answers_of_set(db: Reader, version: int) -> dict[str, list[Answer]]:
    """The answers that a set's words come from, by class, in the order of its samples."""
    sql = """
        SELECT class_name, answers.* FROM description_parses
        JOIN descriptions USING (version, position)
        JOIN parses ON parses.id = parse_id JOIN answers ON answers.id = answer_id
        WHERE version = ? ORDER BY position, source
    """
    found: dict[str, list[Answer]] = {}
    for row in db.query(sql, [version]):
        found.setdefault(row.pop("class_name"), []).append(read_answer(row))
    return found


def removable(
    db: Reader, *, unusable_only: bool, model: str | None = None, before: str | None = None
) -> Removable:
    """What may go: answers that no set uses (of them only those never served, with `unusable_only`) and
    failed attempts; of one model, or from before a date, if given."""
    where = "(:model IS NULL OR model = :model) AND (:before IS NULL OR created_at < :before)"
    given = {"model": model, "before": before}
    answers = db.execute(
        f"SELECT id FROM answers WHERE {where} AND ({_SETS}) IS NULL"
        " AND (NOT :unusable_only OR verdict <> 'clean') ORDER BY id",
        given | {"unusable_only": unusable_only},
    )
    attempts = db.execute(f"SELECT count(*) FROM attempts WHERE {where}", given)
    return Removable(answer_ids=tuple(row[0] for row in answers), attempts=attempts.fetchone()[0])


def prune(
    db: "Database", *, unusable_only: bool, model: str | None = None, before: str | None = None
) -> Removable:
    """Remove what `removable` names, and return it. The database itself refuses what a set uses."""
    where = "(:model IS NULL OR model = :model) AND (:before IS NULL OR created_at < :before)"
    with writing(db):
        going = removable(db, unusable_only=unusable_only, model=model, before=before)
        ids = json.dumps(going.answer_ids)
        db.execute("DELETE FROM parses WHERE answer_id IN (SELECT value FROM json_each(?))", [ids])
        db.execute("DELETE FROM answers WHERE id IN (SELECT value FROM json_each(?))", [ids])
        db.execute("DELETE FROM key_aliases WHERE key NOT IN (SELECT key FROM answers)")
        db.execute(f"DELETE FROM attempts WHERE {where}", {"model": model, "before": before})
    with contextlib.suppress(sqlite3.OperationalError):
        db.execute("VACUUM")  # gives the room back to the disk, which can wait if others are at work
    return going


_SETS = """
    SELECT replace(group_concat(DISTINCT version), ',', ' ')
    FROM description_parses JOIN parses ON parses.id = parse_id
    WHERE answer_id = answers.id
"""


def _digits(key: str) -> str:
    digits = key.removeprefix("dk1:").lower()
    if not re.fullmatch(r"[0-9a-f]{4,64}", digits):
        raise UnknownName(f"{key!r} is no key", hint="dk1: and at least 4 hexadecimal digits")
    return digits
