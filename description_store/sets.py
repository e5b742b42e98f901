"""Description sets: immutable numbered versions, and aliases that move between them."""

import json
import re
from typing import TYPE_CHECKING, Any

from description_store.database import insert_new, now, writing
from description_store.errors import UnknownName
from description_store.hashing import canonical_json
from description_store.reading import Reader
from description_store.records import COMMA_LIST, Description, DescriptionSet, Provenance, Rendering

if TYPE_CHECKING:
    from sqlite_utils import Database


def save_class_set(db: "Database", *, class_set_hash: str, name: str, content: Any) -> None:
    row = {"hash": class_set_hash, "name": name, "content": canonical_json(content)}
    insert_new(db, "class_sets", row)


def load_class_set_content(db: Reader, class_set_hash: str) -> list[dict[str, Any]]:
    """The classes of a stored class set: name, display and components of each, in order."""
    row = db.execute("SELECT content FROM class_sets WHERE hash = ?", [class_set_hash]).fetchone()
    content: list[dict[str, Any]] = json.loads(row[0])
    return content


def save_set(db: "Database", unsaved: DescriptionSet) -> tuple[DescriptionSet, bool]:
    """Save as the next version, unless a version of the same content exists: that one is returned.

    Its prompt and class set must have been saved before.

    Returns:
        The saved set, and whether it was created now.
    """
    digest = unsaved.hash
    with writing(db):
        existing = db.execute("SELECT version FROM description_sets WHERE hash = ?", [digest]).fetchone()
        if existing:
            return load_set(db, existing[0]), False
        version = db.execute("SELECT coalesce(max(version), 0) + 1 FROM description_sets").fetchone()[0]
        parent = db.execute(
            "SELECT version FROM description_sets WHERE hash = ?", [unsaved.provenance.parent_hash]
        ).fetchone()
        # An import keeps the date of its making.
        saved = unsaved.model_copy(update={"version": version, "created_at": unsaved.created_at or now()})
        db.table("description_sets").insert(
            {
                "version": version,
                "hash": digest,
                "class_set": saved.class_set,
                "class_set_hash": saved.class_set_hash,
                "kind": saved.provenance.kind,
                "model": saved.provenance.model,
                "prompt_hash": saved.provenance.prompt_hash,
                "parent": parent[0] if parent else None,
                "provenance": canonical_json(saved.provenance.model_dump(mode="json", exclude_none=True)),
                "rendering": None
                if saved.rendering == COMMA_LIST
                else canonical_json(saved.rendering.model_dump(mode="json")),
                "context_tokens": saved.context_tokens,
                "note": saved.note,
                "dfer_version": saved.dfer_version,
                "created_at": saved.created_at,
            }
        )
        db.table("descriptions").insert_all(
            {
                "version": version,
                "position": position,
                "class_name": d.class_name,
                "descriptors": canonical_json(d.descriptors),
                "text": d.text,
                "tokens": d.tokens,
                "dropped": canonical_json(d.dropped),
                "warnings": canonical_json(d.warnings),
            }
            for position, d in enumerate(saved.descriptions)
        )
        db.table("description_parses").insert_all(
            {"version": version, "position": position, "source": source, "parse_id": parse_id}
            for position, d in enumerate(saved.descriptions)
            for source, parse_id in enumerate(d.parse_ids)
        )
    return saved, True


def load_set(db: Reader, version: int) -> DescriptionSet:
    rows = list(db.query("SELECT * FROM description_sets WHERE version = ?", [version]))
    if not rows:
        raise UnknownName(f"there is no description set v{version}", hint=_available(db))
    row = rows[0]
    parse_ids: dict[int, list[int]] = {}
    sql = "SELECT position, parse_id FROM description_parses WHERE version = ? ORDER BY position, source"
    for position, parse_id in db.execute(sql, [version]):
        parse_ids.setdefault(position, []).append(parse_id)
    descriptions = tuple(
        Description(
            class_name=d["class_name"],
            descriptors=tuple(json.loads(d["descriptors"])),
            text=d["text"],
            tokens=d["tokens"],
            dropped=tuple(json.loads(d["dropped"])),
            warnings=tuple(json.loads(d["warnings"])),
            parse_ids=tuple(parse_ids.get(d["position"], ())),
        )
        for d in db.query("SELECT * FROM descriptions WHERE version = ? ORDER BY position", [version])
    )

    def column(sql: str) -> tuple[str, ...]:
        return tuple(value for (value,) in db.execute(sql, [version]))

    return DescriptionSet(
        version=version,
        class_set=row["class_set"],
        class_set_hash=row["class_set_hash"],
        descriptions=descriptions,
        provenance=Provenance.model_validate_json(row["provenance"]),
        rendering=Rendering.model_validate_json(row["rendering"]) if row["rendering"] else COMMA_LIST,
        context_tokens=row["context_tokens"],
        note=row["note"],
        dfer_version=row["dfer_version"],
        created_at=row["created_at"],
        aliases=column("SELECT name FROM set_aliases WHERE version = ? ORDER BY name"),
        tags=column("SELECT tag FROM set_tags WHERE version = ? ORDER BY tag"),
        notes=column("SELECT note FROM set_notes WHERE version = ? ORDER BY id"),
    )


def find_set(db: Reader, name: str) -> DescriptionSet:
    """A set by `v3`, `3`, `@alias`, `latest`, or the beginning of its hash.

    Raises:
        UnknownName: nothing of that name, or a hash prefix that several sets share (they are listed).
    """
    if match := re.fullmatch(r"v?(\d{1,9})", name):
        return load_set(db, int(match[1]))
    if name == "latest":
        version = db.execute("SELECT max(version) FROM description_sets").fetchone()[0]
        if version is None:
            raise UnknownName("there is no description set yet", hint="make one with `dfer describe`")
        return load_set(db, version)
    if name.startswith("@"):
        row = db.execute("SELECT version FROM set_aliases WHERE name = ?", [name[1:]]).fetchone()
        if row is None:
            known = ", ".join(f"@{alias}" for (alias,) in db.execute("SELECT name FROM set_aliases"))
            raise UnknownName(f"there is no alias {name}", hint=f"known: {known or 'none'}")
        return load_set(db, row[0])
    return _find_by_hash(db, name)


def _find_by_hash(db: Reader, name: str) -> DescriptionSet:
    digits = name.removeprefix("ds1:").lower()
    if not re.fullmatch(r"[0-9a-f]{4,64}", digits):
        raise UnknownName(
            f"{name!r} names no description set", hint="use v3, 3, @alias, latest or 4+ digits of a hash"
        )
    found = db.execute(
        "SELECT version FROM description_sets WHERE hash LIKE ? ORDER BY version", [f"ds1:{digits}%"]
    ).fetchall()
    if not found:
        raise UnknownName(f"no description set's hash begins with {digits}", hint=_available(db))
    if len(found) > 1:
        candidates = ", ".join(f"v{row[0]}" for row in found)
        raise UnknownName(f"several hashes begin with {digits}", hint=f"it could mean {candidates}")
    return load_set(db, found[0][0])


def list_sets(db: Reader, *, newest: int | None = None, tag: str | None = None) -> list[dict[str, Any]]:
    """One row per set, oldest first, without the texts: version, hash, class_set, kind, model, …, aliases.

    `newest`: only so many, the last ones. `tag`: only those that bear it.
    """
    return list(
        db.query(
            """
            WITH chosen AS (
                SELECT * FROM description_sets
                WHERE :tag IS NULL OR version IN (SELECT version FROM set_tags WHERE tag = :tag)
                ORDER BY version DESC LIMIT :newest
            )
            SELECT s.version, s.hash, s.class_set, s.kind, s.model, s.parent, s.note,
                   s.provenance ->> 'prompt' AS prompt,
                   s.provenance,
                   s.created_at, s.provenance ->> 'control' AS control,
                   (SELECT group_concat(name, ' ') FROM set_aliases WHERE version = s.version) AS aliases,
                   (SELECT group_concat(tag, ' ') FROM set_tags WHERE version = s.version) AS tags,
                   (SELECT count(*) FROM descriptions WHERE version = s.version) AS classes,
                   (SELECT max(tokens) FROM descriptions WHERE version = s.version) AS max_tokens,
                   (SELECT count(*) FROM runs WHERE set_version = s.version AND status = 'finished') AS runs
            FROM chosen AS s
            ORDER BY s.version
            """,
            {"newest": -1 if newest is None else newest, "tag": tag},
        )
    )


def count_sets(db: Reader) -> int:
    return int(db.execute("SELECT count(*) FROM description_sets").fetchone()[0])


def checked_alias(alias: str) -> str:
    """The alias without its @.

    Raises:
        UnknownName: it could be mistaken for a version, a hash or another way to name a set.
    """
    alias = alias.removeprefix("@")
    if not re.fullmatch(r"(?!v?\d+$|latest$)[A-Za-z][A-Za-z0-9._-]{0,63}", alias):
        raise UnknownName(
            f"{alias!r} cannot be an alias",
            hint="a letter, then letters, digits, '.', '_' or '-' (at most 64); not `latest` or a version",
        )
    return alias


def move_alias(db: "Database", alias: str, version: int) -> int | None:
    """Point `@alias` at a version. Returns where it pointed before. Raises as `checked_alias`."""
    name = checked_alias(alias)
    with writing(db):
        before = db.execute("SELECT version FROM set_aliases WHERE name = ?", [name]).fetchone()
        db.table("set_aliases").upsert({"name": name, "version": version, "moved_at": now()}, pk="name")
    return None if before is None else int(before[0])


def _available(db: Reader) -> str:
    versions = db.execute("SELECT count(*), max(version) FROM description_sets").fetchone()
    return f"there are v1 to v{versions[1]}" if versions[0] else "none yet: make one with `dfer describe`"
