"""Rows that never change: the database itself refuses, whoever writes to it."""

from typing import TYPE_CHECKING

from description_store.migrations import IMMUTABLE_TABLES, REMOVABLE_UNLESS

if TYPE_CHECKING:
    from sqlite_utils import Database


def create_triggers(db: "Database") -> None:
    """Made again after every migration: rebuilding a table drops its triggers silently, and rules change."""
    for table, keys in IMMUTABLE_TABLES.items():
        # REPLACE removes the old row without its DELETE trigger, unless a connection asks for that.
        same = " OR ".join("(" + " AND ".join(f"{c} = NEW.{c}" for c in key) + ")" for key in keys)
        may_not_go = REMOVABLE_UNLESS.get(table, "TRUE")
        for action, when, said in (
            ("UPDATE", "TRUE", "are immutable"),
            ("DELETE", may_not_go, "are immutable" if may_not_go == "TRUE" else "in use are immutable"),
            ("INSERT", f"EXISTS (SELECT 1 FROM {table} WHERE {same})", "are immutable"),
        ):
            name = f"{table}_no_{'replace' if action == 'INSERT' else action.lower()}"
            db.execute(f"DROP TRIGGER IF EXISTS {name}")
            db.execute(
                f"CREATE TRIGGER {name} BEFORE {action} ON {table} WHEN {when} "
                f"BEGIN SELECT RAISE(ABORT, '{table} {said}'); END"
            )
