"""Whether description sets, what they are made for and from, and their names are what they say."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from sqlite_utils import Database

from description_store.annotations import checked_tag
from description_store.hashing import class_set_hash, prompt_hash
from description_store.records import Description, DescriptionSet
from description_store.sets import checked_alias, load_class_set_content, load_set
from description_store.verifying.findings import Found, Problem, Row, look_at, look_through


def look_through_sets(db: Database) -> list[Found]:
    """Class sets, prompts, sets with their descriptions and sources, aliases, tags and notes."""

    def of_set(row: Row) -> Iterator[str]:
        return _of_set(db, row)

    def of_source(row: Row) -> Iterator[str]:
        return _of_source(db, row)

    def bears_a_name(column: str, checked: Callable[[str], str]) -> Any:
        def of_name(row: Row) -> Iterator[str]:
            checked(row[column])
            yield from _version_missing(db, row)

        return of_name

    def version(row: Row) -> str:
        return f"v{row['version']}"

    def position(row: Row) -> str:
        return f"v{row['version']} class {row['position']}"

    sets = look_through(db, "description_sets", version, of_set)
    return [
        look_through(db, "class_sets", lambda row: str(row["hash"]), _of_class_set),
        look_through(db, "prompts", lambda row: str(row["hash"]), _of_prompt),
        Found(sets.table, sets.rows, (*sets.problems, *look_at(sets.table, _gaps(db)))),
        look_through(db, "descriptions", position, _of_description),
        look_through(db, "description_parses", position, of_source),
        look_through(db, "set_aliases", lambda row: f"@{row['name']}", bears_a_name("name", checked_alias)),
        look_through(db, "set_tags", version, bears_a_name("tag", checked_tag)),
        look_through(db, "set_notes", version, lambda row: _version_missing(db, row)),
    ]


def parents_elsewhere(db: Database) -> Iterator[Problem]:
    """Sets whose parent is not in this store, as an import may leave them: worth knowing, no fault."""
    sql = """
        SELECT version, provenance ->> 'parent_hash' AS parent_hash FROM description_sets
        WHERE parent_hash NOT IN (SELECT hash FROM description_sets) ORDER BY version
    """
    for version, parent in db.execute(sql):
        yield Problem("description_sets", f"v{version}", f"its parent {parent} is not in this store")


def _of_class_set(row: Row) -> Iterator[str]:
    derived = class_set_hash(json.loads(row["content"]))
    if derived != row["hash"]:
        yield f"its classes have the hash {derived}"


def _of_prompt(row: Row) -> Iterator[str]:
    derived = prompt_hash(row["text"])
    if derived != row["hash"]:
        yield f"its text has the hash {derived}"


def _of_set(db: Database, row: Row) -> Iterator[str]:
    loaded = load_set(db, row["version"])
    if loaded.hash != row["hash"]:
        yield f"its words and origin have the hash {loaded.hash}, not {row['hash']}"
    for column in ("kind", "model", "prompt_hash"):
        if row[column] != getattr(loaded.provenance, column):
            yield f"the column {column} says {row[column]!r}, its provenance otherwise"
    for digest in (loaded.provenance.prompt_hash, loaded.provenance.shorten_prompt_hash):
        if digest and not db.table("prompts").count_where("hash = ?", [digest]):
            yield f"its prompt {digest} is not there"
    yield from _of_parent(db, row, loaded.provenance.parent_hash)
    yield from _of_classes(db, row, loaded)


def _of_parent(db: Database, row: Row, parent_hash: str | None) -> Iterator[str]:
    # An empty column beside a hash is no fault: the parent is elsewhere, or came later.
    if row["parent"] is None:
        return
    found = db.execute("SELECT hash FROM description_sets WHERE version = ?", [row["parent"]]).fetchone()
    if found is None:
        yield f"its parent v{row['parent']} is not there"
    elif found[0] != parent_hash:
        yield f"the column parent says v{row['parent']}, whose hash is not the one in its provenance"
    elif row["parent"] >= row["version"]:
        yield f"its parent v{row['parent']} is not older than itself"


def _of_classes(db: Database, row: Row, loaded: DescriptionSet) -> Iterator[str]:
    if not db.table("class_sets").count_where("hash = ?", [row["class_set_hash"]]):
        yield f"its class set {row['class_set_hash']} is not there"
        return
    names = tuple(c["name"] for c in load_class_set_content(db, row["class_set_hash"]))
    if names != loaded.class_names:
        yield f"it describes {_listed(loaded.class_names)}, its class set has {_listed(names)}"
    sql = "SELECT position FROM descriptions WHERE version = ? ORDER BY position"
    positions = [position for (position,) in db.execute(sql, [row["version"]])]
    if positions != list(range(len(positions))):
        yield f"its classes are numbered {_listed(positions)}, not 0 to {len(positions) - 1}"


def _of_description(row: Row) -> Iterator[str]:
    lists = {name: tuple(json.loads(row[name])) for name in ("descriptors", "dropped", "warnings")}
    Description(**{name: row[name] for name in ("class_name", "text", "tokens")}, **lists)
    if row["tokens"] < 0:
        yield f"it counts {row['tokens']} tokens"


def _of_source(db: Database, row: Row) -> Iterator[str]:
    of_class = [row["version"], row["position"]]
    if not db.table("descriptions").count_where("version = ? AND position = ?", of_class):
        yield "it is the source of a description that is not there"
    if not db.table("parses").count_where("id = ?", [row["parse_id"]]):
        yield f"it comes from parse {row['parse_id']}, which is not there"
    before = db.table("description_parses").count_where(
        "version = ? AND position = ? AND source < ?", [*of_class, row["source"]]
    )
    if before != row["source"]:
        yield f"of its sources before number {row['source']} only {before} are there"


def _version_missing(db: Database, row: Row) -> Iterator[str]:
    if not db.table("description_sets").count_where("version = ?", [row["version"]]):
        yield f"v{row['version']} is not there"


def _gaps(db: Database) -> Iterator[Problem]:
    sql = """
        SELECT version, before FROM (
            SELECT version, lag(version, 1, 0) OVER (ORDER BY version) AS before FROM description_sets)
        WHERE version <> before + 1
    """
    for version, before in db.execute(sql):
        first, last = (before + 1, version - 1)
        lost = f"v{first} is" if first == last else f"v{first} to v{last} are"
        yield Problem("description_sets", f"v{version}", f"before it {lost} not there")


def _listed(values: Any) -> str:
    return ", ".join(str(value) for value in values) or "none"
