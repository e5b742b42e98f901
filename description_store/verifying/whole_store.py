"""Verifying a whole store: every hash is derived again, and every reference followed. Nothing is changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from description_store.database import is_current, open_unchanged
from description_store.errors import StoreError
from description_store.schema import new_store
from description_store.verifying.answers import look_through_answers
from description_store.verifying.experiments import look_through_experiments
from description_store.verifying.findings import Problem, look_at
from description_store.verifying.runs import look_through_runs
from description_store.verifying.sets import look_through_sets, parents_elsewhere


@dataclass(frozen=True, slots=True)
class Verified:
    """`checked` counts the rows of each table; what people should know and is no fault is in `remarks`."""

    checked: dict[str, int]
    problems: tuple[Problem, ...]
    remarks: tuple[Problem, ...] = ()


def check(path: Path) -> Verified:
    """Look through the store at `path`, as it is at one moment, others may go on writing.

    Claims are left out: they are of the moment, and nothing depends on them.

    Raises:
        StoreError: it cannot be opened, or is of an earlier dfer.
    """
    with open_unchanged(path) as db:
        db.execute("PRAGMA query_only = ON")
        if not is_current(db):
            raise StoreError(
                f"{path} was written by an earlier dfer and has not been upgraded yet",
                hint="`dfer db backup` copies it as it is; then any other command, like `dfer sets list`, "
                "upgrades it",
            )
        # Text that is no UTF-8 is a finding of the row's own check, not the end of reading.
        db.conn.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        db.execute("BEGIN")
        of_file = (*look_at("file", _problems_of_file(db, path)), *look_at("file", _problems_of_schema(db)))
        found = [
            *look_through_sets(db),
            *look_through_answers(db),
            *look_through_runs(db),
            *look_through_experiments(db),
        ]
        return Verified(
            checked={one.table: one.rows for one in found},
            problems=(*of_file, *(problem for one in found for problem in one.problems)),
            remarks=tuple(look_at("description_sets", parents_elsewhere(db))),
        )


def _problems_of_file(db: Database, path: Path) -> Iterator[Problem]:
    """What SQLite itself finds wrong with the file and with references."""
    # SQLite takes what is missing of the last page for zeros.
    (page,) = db.execute("PRAGMA page_size").fetchone()
    if rest := path.stat().st_size % page:
        yield Problem("file", "", f"it is cut off: {rest} bytes of its last page of {page} are there")
    for (message,) in db.execute("PRAGMA integrity_check").fetchall():
        if message != "ok":
            yield Problem("file", "", message)
    for table, row, parent, _ in db.execute("PRAGMA foreign_key_check").fetchall():
        yield Problem(table, f"row {row}", f"it refers to a row of {parent} that is not there")


def _problems_of_schema(db: Database) -> Iterator[Problem]:
    """Columns that are lost, and triggers by which the database keeps its rows from being changed."""
    with new_store() as new:
        for table in new.tables:
            lost = table.columns_dict.keys() - db.table(table.name).columns_dict.keys()
            for column in sorted(lost):
                yield Problem(table.name, "", f"the column {column} is not there")
        sql = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
        here = {name: text for name, _, text in db.execute(sql)}
        for name, table_name, text in new.execute(sql).fetchall():
            if name not in here:
                yield Problem(table_name, "", f"the trigger {name} is not there, so rows may be changed")
            elif here[name] != text:
                yield Problem(table_name, "", f"the trigger {name} is not the one that dfer made")
