"""What people say of a saved set: notes, which stay, and tags, which may be taken away again."""

import re
from typing import TYPE_CHECKING

from description_store.database import now, writing
from description_store.errors import UnknownName

if TYPE_CHECKING:
    from sqlite_utils import Database


def add_note(db: "Database", version: int, note: str) -> None:
    """Notes add up; none is changed or removed. One that the set has already is not added again."""
    with writing(db):
        earlier = "SELECT 1 FROM set_notes WHERE version = :version AND note = :note"
        of_set = "SELECT 1 FROM description_sets WHERE version = :version AND note = :note"
        given = {"version": version, "note": note}
        if not db.execute(f"{earlier} UNION {of_set}", given).fetchone():
            db.table("set_notes").insert({**given, "created_at": now()})


def add_tag(db: "Database", version: int, tag: str) -> bool:
    """Many sets may bear a tag. Returns whether it is new to this one. Raises as `checked_tag`."""
    row = {"version": version, "tag": checked_tag(tag), "created_at": now()}
    with writing(db):
        new = not db.table("set_tags").count_where("version = ? AND tag = ?", [version, row["tag"]])
        if new:
            db.table("set_tags").insert(row)
    return new


def remove_tag(db: "Database", version: int, tag: str) -> None:
    """Raises UnknownName where the set does not bear the tag, and as `checked_tag`."""
    name = checked_tag(tag)
    with writing(db):
        if not db.table("set_tags").count_where("version = ? AND tag = ?", [version, name]):
            raise UnknownName(f"v{version} has no tag {name!r}")
        db.table("set_tags").delete_where("version = ? AND tag = ?", [version, name])


def checked_tag(tag: str) -> str:
    """The tag without the # that lists put before it. Raises UnknownName for what cannot be one."""
    name = tag.removeprefix("#")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise UnknownName(
            f"{tag!r} cannot be a tag", hint="letters, digits, '.', '_' or '-', at most 64 of them"
        )
    return name
