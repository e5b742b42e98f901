"""Prompts as the store keeps them: the exact text of every template that was ever asked from."""

import json
import re
from typing import TYPE_CHECKING, Any

from description_store.database import insert_new
from description_store.errors import UnknownName
from description_store.reading import Reader
from description_store.records import Record

if TYPE_CHECKING:
    from sqlite_utils import Database


class StoredPrompt(Record):
    """`sets` are the versions of the description sets that it was asked for, to describe or to shorten."""

    hash: str
    name: str
    text: str
    sets: tuple[int, ...] = ()


def save_prompt(db: "Database", *, prompt_hash: str, name: str, text: str) -> None:
    insert_new(db, "prompts", {"hash": prompt_hash, "name": name, "text": text})


def list_prompts(db: Reader) -> list[StoredPrompt]:
    """All prompts, in the order in which they were first used."""
    return _select(db)


def find_prompt(db: Reader, reference: str) -> StoredPrompt:
    """A prompt by its hash, `pt1:` and 64 digits, or by the beginning of it.

    Raises:
        UnknownName: no prompt has such a hash, or several begin so (they are listed).
    """
    digits = reference.removeprefix("pt1:").lower()
    if not re.fullmatch(r"[0-9a-f]{4,64}", digits):
        raise UnknownName(f"{reference!r} is no hash of a prompt", hint="use pt1: and 4+ digits of a hash")
    found = _select(db, where="WHERE hash LIKE ?", arguments=[f"pt1:{digits}%"])
    if not found:
        raise UnknownName(
            f"no prompt's hash begins with pt1:{digits}", hint="`dfer prompts list` shows those in the store"
        )
    if len(found) > 1:
        candidates = ", ".join(f"{prompt.hash[:16]} ({prompt.name})" for prompt in found)
        raise UnknownName(
            f"several prompts' hashes begin with pt1:{digits}", hint=f"it could mean {candidates}"
        )
    return found[0]


def _select(db: Reader, where: str = "", arguments: list[Any] | None = None) -> list[StoredPrompt]:
    sql = f"""
        SELECT hash, name, text,
               (SELECT json_group_array(version) FROM (
                   SELECT version FROM description_sets
                   WHERE prompt_hash = prompts.hash OR provenance ->> 'shorten_prompt_hash' = prompts.hash
                   ORDER BY version)) AS sets
        FROM prompts {where} ORDER BY rowid
    """
    return [
        StoredPrompt(
            hash=row["hash"], name=row["name"], text=row["text"], sets=tuple(json.loads(row["sets"]))
        )
        for row in db.query(sql, arguments or [])
    ]
