"""The tables of a store as SQL, for people who open it with other tools (docs/store.md)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from description_store.database import open_store

if TYPE_CHECKING:
    from sqlite_utils import Database


@contextmanager
def new_store() -> Iterator["Database"]:
    """An empty store in memory, with all tables and triggers."""
    with open_store(Path(":memory:")) as db:
        yield db


def schema_sql() -> dict[str, str]:
    """The SQL of each table with its indexes, by name. Triggers are left out: they only refuse changes."""
    sql = """
        SELECT tbl_name, sql FROM sqlite_master
        WHERE type IN ('table', 'index') AND sql IS NOT NULL AND tbl_name NOT LIKE '\\_%' ESCAPE '\\'
        ORDER BY tbl_name, type DESC, name
    """
    found: dict[str, str] = {}
    with new_store() as db:
        for table, text in db.execute(sql):
            found[table] = f"{found[table]}\n{text};" if table in found else f"{text};"
    return found
