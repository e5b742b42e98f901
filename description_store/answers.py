"""Raw answers, the attempts that brought none, and what parsers read from answers."""

import json
from typing import Any

from sqlite_utils import Database

from description_store.database import now, writing
from description_store.errors import StoreError
from description_store.hashing import canonical_json
from description_store.records import Answer, Attempt, Parse


def find_answer(db: Database, key: str) -> Answer | None:
    """The newest clean answer under this cache key."""
    sql = "SELECT * FROM answers WHERE key = ? AND verdict = 'clean' ORDER BY generation DESC LIMIT 1"
    return next((_answer(row) for row in db.query(sql, [key])), None)


def save_answer(db: Database, answer: Answer, *, refresh: bool = False) -> Answer:
    """Keep an answer the moment it arrives, and return the one to go on with.

    That is another one if, since we looked, another process stored a clean answer under the same key: both
    then go on with the first, and ours is kept as a "duplicate". With `refresh` ours counts.
    """
    with writing(db):
        earlier = find_answer(db, answer.key)
        overtaken = earlier is not None and not refresh and answer.verdict == "clean"
        generation = db.execute(
            "SELECT coalesce(max(generation) + 1, 0) FROM answers WHERE key = ?", [answer.key]
        ).fetchone()[0]
        saved = answer.model_copy(
            update={
                "generation": generation,
                "verdict": "duplicate" if overtaken else answer.verdict,
                "created_at": now(),
            }
        )
        row = saved.model_dump(exclude={"id", "identity"}) | {
            "model": answer.identity["model"],
            "endpoint": answer.identity["endpoint"],
            "identity": canonical_json(answer.identity),
            "text": storable(answer.text),
            "raw": storable(answer.raw),
        }
        answer_id = db.table("answers").insert(row).last_pk
    if overtaken:
        assert earlier is not None
        return earlier
    return saved.model_copy(update={"id": answer_id})


def save_attempt(db: Database, attempt: Attempt) -> None:
    row = attempt.model_dump() | {"message": storable(attempt.message), "created_at": now()}
    db.table("attempts").insert(row | {"body": None if attempt.body is None else storable(attempt.body)})


def save_parse(db: Database, parse: Parse) -> Parse:
    """Keep a parse, or return the one that this parser already made of the same answer."""
    where = "answer_id = ? AND parser_version = ?"
    with writing(db):
        rows = list(db.table("parses").rows_where(where, [parse.answer_id, parse.parser_version]))
        if rows:
            if tuple(json.loads(rows[0]["descriptors"])) != parse.descriptors:
                raise StoreError(
                    f"parser {parse.parser_version} read answer {parse.answer_id} differently before",
                    hint="a changed parser needs a new PARSER_VERSION",
                )
            return parse.model_copy(update={"id": rows[0]["id"]})
        row: dict[str, Any] = {
            "answer_id": parse.answer_id,
            "parser_version": parse.parser_version,
            "descriptors": canonical_json(parse.descriptors),
            "ignored": canonical_json(parse.ignored),
            "warnings": canonical_json(parse.warnings),
            "created_at": now(),
        }
        return parse.model_copy(update={"id": db.table("parses").insert(row).last_pk})


def storable(text: str) -> str:
    """SQLite refuses lone surrogates, which broken servers do send: keep them visible as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _answer(row: dict[str, Any]) -> Answer:
    fields = {name: value for name, value in row.items() if name not in ("model", "endpoint")}
    return Answer.model_validate(fields | {"identity": json.loads(row["identity"])})
