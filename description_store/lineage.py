"""Who comes from whom."""

from description_store.reading import Reader
from description_store.records import DescriptionSet
from description_store.sets import load_set


def ancestors(db: Reader, version: int) -> list[DescriptionSet]:
    """The parent, its parent, and so on; one that is not in this store ends the line."""
    # By hash: a parent may have come into this store after its child.
    sql = """
        WITH RECURSIVE line (version, parent_hash) AS (
            SELECT version, provenance ->> 'parent_hash' FROM description_sets WHERE version = ?
            UNION ALL
            SELECT s.version, s.provenance ->> 'parent_hash'
            FROM line JOIN description_sets AS s ON s.hash = line.parent_hash
        )
        SELECT version FROM line
    """
    versions = [row[0] for row in db.execute(sql, [version])]
    return [load_set(db, older) for older in versions[1:]]


def children(db: Reader, version: int) -> list[int]:
    """The versions made directly from this one, oldest first."""
    sql = "SELECT version FROM description_sets WHERE parent = ? ORDER BY version"
    return [row[0] for row in db.execute(sql, [version])]
