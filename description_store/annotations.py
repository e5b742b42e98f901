"""What people say of a saved set: notes, which stay, and tags, which may be taken away again."""

from sqlite_utils import Database

from description_store.database import now, writing
from description_store.errors import UnknownName
from description_store.sets import checked_alias


def add_note(db: Database, version: int, note: str) -> None:
    """Notes add up; none is changed or removed."""
    db.table("set_notes").insert({"version": version, "note": note, "created_at": now()})


def add_tag(db: Database, version: int, tag: str) -> bool:
    """Many sets may bear a tag. Returns whether it is new to this one. Raises as `checked_alias`."""
    row = {"version": version, "tag": checked_alias(tag), "created_at": now()}
    with writing(db):
        new = not db.table("set_tags").count_where("version = ? AND tag = ?", [version, row["tag"]])
        if new:
            db.table("set_tags").insert(row)
    return new


def remove_tag(db: Database, version: int, tag: str) -> None:
    """Raises UnknownName where the set does not bear the tag."""
    with writing(db):
        if not db.table("set_tags").count_where("version = ? AND tag = ?", [version, tag]):
            raise UnknownName(f"v{version} has no tag {tag!r}")
        db.table("set_tags").delete_where("version = ? AND tag = ?", [version, tag])
