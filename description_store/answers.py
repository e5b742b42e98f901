"""Raw answers, the attempts that brought none, and what parsers read from answers."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from description_store.database import now, writing
from description_store.errors import StoreError
from description_store.hashing import canonical_json
from description_store.reading import Reader
from description_store.records import Answer, Attempt, Parse

if TYPE_CHECKING:
    from sqlite_utils import Database


@dataclass(frozen=True, kw_only=True, slots=True)
class Serving:
    """Which stored answers may be served besides clean ones that were asked for exactly so.

    `without_dropped`: got by a request that left out a parameter which the server does not take.
    `other_api`: got by the other API. `truncated`: cut at the output limit.
    """

    without_dropped: bool = False
    other_api: bool = True
    truncated: bool = False


EXACTLY = Serving()


def find_answers(db: Reader, keys: Sequence[str], serving: Serving = EXACTLY) -> dict[str, Answer]:
    """The answer to serve under each of these cache keys that has one: the newest, clean before cut.

    An answer that was got by an adapted request is found under the key of the request that was asked for.
    """
    sql = """
        WITH asked AS MATERIALIZED (
            SELECT value AS asked_key, value AS key FROM json_each(:keys)
            UNION ALL
            SELECT asked_key, key FROM key_aliases
            WHERE asked_key IN (SELECT value FROM json_each(:keys))
              AND (:without_dropped OR dropped = '[]') AND (:other_api OR NOT other_api)
        )
        SELECT asked.asked_key, answers.* FROM asked CROSS JOIN answers USING (key)
        WHERE verdict = 'clean' OR (:truncated AND verdict = 'length')
        ORDER BY verdict = 'clean', answers.id
    """
    found: dict[str, dict[str, Any]] = {}
    for row in db.query(sql, {"keys": json.dumps(list(keys)), **asdict(serving)}):
        found[row.pop("asked_key")] = row
    return {key: read_answer(row) for key, row in found.items()}


def find_answer(db: Reader, key: str, serving: Serving = EXACTLY) -> Answer | None:
    return find_answers(db, [key], serving).get(key)


def save_answer(
    db: "Database",
    answer: Answer,
    *,
    asked_key: str | None = None,
    dropped: Sequence[str] = (),
    other_api: bool = False,
    refresh: bool = False,
    claimed_by: str | None = None,
) -> Answer:
    """Keep an answer the moment it arrives, and return the one to go on with.

    That is another one if, since we looked, another process stored a clean answer under the same key: both
    then go on with the first, and ours is kept as a "duplicate". With `refresh` ours counts. `asked_key` is
    the key of the request as it was asked for, where it was adapted: by leaving out `dropped`, by the other
    API, or by another name for a parameter. What `claimed_by` claimed of that key ends in the same
    transaction, which spares a wait for the disk.
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
                "created_at": answer.created_at or now(),
            }
        )
        row = saved.model_dump(exclude={"id", "identity"}) | {
            "model": answer.identity["model"],
            "endpoint": answer.identity["endpoint"],
            "identity": canonical_json(answer.identity),
        }
        row = {name: storable(value) if isinstance(value, str) else value for name, value in row.items()}
        answer_id = db.table("answers").insert(row).last_pk
        if asked_key is not None and asked_key != answer.key:
            insert_asking(db, asked_key, answer.key, dropped=dropped, other_api=other_api)
        if claimed_by:
            db.execute(
                "DELETE FROM claims WHERE key = ? AND holder = ?", [asked_key or answer.key, claimed_by]
            )
    if overtaken:
        assert earlier is not None
        return earlier
    return saved.model_copy(update={"id": answer_id})


def insert_asking(
    db: "Database", asked_key: str, key: str, *, dropped: Sequence[str], other_api: bool
) -> None:
    """That what is asked under `asked_key` is answered under `key`; once."""
    db.execute(
        "INSERT INTO key_aliases SELECT ?1, ?2, ?3, ?4, ?5"
        " WHERE NOT EXISTS (SELECT 1 FROM key_aliases WHERE asked_key = ?1 AND key = ?2)",
        [asked_key, key, canonical_json(sorted(dropped)), int(other_api), now()],
    )


def save_attempt(db: "Database", attempt: Attempt) -> None:
    row = attempt.model_dump() | {"message": storable(attempt.message), "created_at": now()}
    db.table("attempts").insert(row | {"body": None if attempt.body is None else storable(attempt.body)})


def find_parses(db: Reader, answer_ids: Sequence[int], parser_version: str) -> dict[int, Parse]:
    """What this parser version read from these answers before, by the answers' ids."""
    sql = "SELECT * FROM parses WHERE parser_version = ? AND answer_id IN (SELECT value FROM json_each(?))"
    return {
        row["answer_id"]: _parse(row) for row in db.query(sql, [parser_version, json.dumps(list(answer_ids))])
    }


def parses_of_set(db: Reader, version: int) -> dict[str, list[Parse]]:
    """What a set's words were read as, by class, in the order of its samples."""
    sql = """
        SELECT class_name, parses.* FROM description_parses
        JOIN descriptions USING (version, position) JOIN parses ON parses.id = parse_id
        WHERE version = ? ORDER BY position, source
    """
    found: dict[str, list[Parse]] = {}
    for row in db.query(sql, [version]):
        found.setdefault(row["class_name"], []).append(_parse(row))
    return found


def save_parses(db: "Database", parses: Sequence[Parse]) -> list[Parse]:
    """Keep parses. One that this parser already made of the same answer stays as it is."""
    saved = []
    with writing(db):
        known = {
            version: find_parses(db, [parse.answer_id for parse in parses], version)
            for version in {parse.parser_version for parse in parses}
        }
        for parse in parses:
            earlier = known[parse.parser_version].get(parse.answer_id)
            if earlier and earlier.descriptors != parse.descriptors:
                raise StoreError(
                    f"parser {parse.parser_version} read answer {parse.answer_id} differently before",
                    hint="a changed parser needs a new PARSER_VERSION",
                )
            row = {
                "answer_id": parse.answer_id,
                "parser_version": parse.parser_version,
                "descriptors": canonical_json(parse.descriptors),
                "ignored": canonical_json(parse.ignored),
                "warnings": canonical_json(parse.warnings),
                "created_at": now(),
            }
            parse_id = earlier.id if earlier else db.table("parses").insert(row).last_pk
            saved.append(parse.model_copy(update={"id": parse_id}))
            known[parse.parser_version][parse.answer_id] = saved[-1]
    return saved


def storable(text: str) -> str:
    """Lone surrogates, which SQLite refuses, and NUL, where it stops measuring, as visible escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


def read_answer(row: dict[str, Any]) -> Answer:
    """An answer from its row."""
    fields = {name: value for name, value in row.items() if name not in ("model", "endpoint")}
    return Answer.model_validate(fields | {"identity": json.loads(row["identity"])})


def _parse(row: dict[str, Any]) -> Parse:
    lists = {name: tuple(json.loads(row[name])) for name in ("descriptors", "ignored", "warnings")}
    return Parse(id=row["id"], answer_id=row["answer_id"], parser_version=row["parser_version"], **lists)
