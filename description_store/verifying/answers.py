"""Whether answers, what was read from them, and what brought none are what they say."""

import json
from collections.abc import Iterator

from pydantic import TypeAdapter
from sqlite_utils import Database

from description_store.answers import read_answer
from description_store.hashing import answer_key
from description_store.records import Attempt, Parse
from description_store.verifying.findings import Found, Row, look_through

_TEXTS = TypeAdapter(tuple[str, ...])


def look_through_answers(db: Database) -> list[Found]:
    """Answers, the keys they were asked for by, the attempts that failed, and the parses."""

    def of_key_alias(row: Row) -> Iterator[str]:
        _TEXTS.validate_json(row["dropped"])
        if row["other_api"] not in (0, 1):
            yield f"other_api is {row['other_api']}, expected 0 or 1"
        if not db.table("answers").count_where("key = ?", [row["key"]]):
            yield f"leads to {row['key']}, of which there is no answer"

    def of_parse(row: Row) -> Iterator[str]:
        lists = {name: tuple(json.loads(row[name])) for name in ("descriptors", "ignored", "warnings")}
        Parse(answer_id=row["answer_id"], parser_version=row["parser_version"], **lists)
        if not db.table("answers").count_where("id = ?", [row["answer_id"]]):
            yield f"was read from answer {row['answer_id']}, which is not there"

    return [
        look_through(db, "answers", lambda row: f"{row['id']} ({row['key']})", _of_answer),
        look_through(db, "attempts", lambda row: f"{row['id']} ({row['key']})", _of_attempt),
        look_through(db, "key_aliases", lambda row: str(row["asked_key"]), of_key_alias),
        look_through(db, "parses", lambda row: str(row["id"]), of_parse),
    ]


def _of_answer(row: Row) -> Iterator[str]:
    answer = read_answer({name: value for name, value in row.items() if name != "row_number"})
    identity = answer.identity
    derived = answer_key(identity)
    if derived != answer.key:
        yield f"its question has the key {derived}, not the one it is stored under"
    for column in ("model", "endpoint"):
        if row[column] != identity[column]:
            yield f"the {column} is {row[column]!r}, that of its question {identity[column]!r}"


def _of_attempt(row: Row) -> Iterator[str]:
    Attempt.model_validate({name: row[name] for name in Attempt.model_fields})
    yield from ()
