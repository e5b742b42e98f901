"""Damage to a store."""

import sqlite3
from pathlib import Path


def damage(path: Path, *statements: str) -> None:
    """As only another program could: without the triggers, references and rules of the database."""
    connection = sqlite3.connect(path)
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    connection.execute("PRAGMA ignore_check_constraints = ON")
    for statement in (
        *(f"DROP TRIGGER {name}" for name, _ in triggers),
        *statements,
        *(sql for _, sql in triggers),
    ):
        connection.execute(statement)
    connection.commit()
    connection.close()
