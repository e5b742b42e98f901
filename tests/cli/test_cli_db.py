"""`dfer db`: path, check, backup, schema; and the page that explains the tables."""

import json
import re
import sqlite3
from pathlib import Path

import pytest

from description_store.database import open_store
from description_store.schema import schema_sql
from tests.cli.conftest import Dfer
from tests.store.damage import damage
from tests.store.filled import fill

PAGE = (Path(__file__).parents[2] / "docs" / "store.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with open_store(tmp_path / "dfer.db") as db:
        fill(db)
    return tmp_path / "dfer.db"


def test_a_sound_store_is_told_table_by_table(dfer: Dfer, store: Path) -> None:
    done = dfer("db check")
    assert done.code == 0
    assert re.search(r"^answers +3 rows  sound$", done.out, re.MULTILINE)
    assert "v4: its parent ds1:" in done.err
    assert dfer("db check --quiet").err == ""


def test_a_sound_store_in_json(dfer: Dfer, store: Path) -> None:
    found = dfer("db check --json").json
    assert found["problems"] == []
    assert found["checked"]["description_sets"] == 4
    assert [remark["row"] for remark in found["remarks"]] == ["v4"]


def test_problems_are_listed_under_their_table_and_exit_with_5(dfer: Dfer, store: Path) -> None:
    damage(store, "UPDATE prompts SET text = 'x'")
    done = dfer("db check")
    assert done.code == 5
    assert re.search(r"^prompts +1 row  1 problem\n  pt1:\w+: its text has the hash", done.out, re.MULTILINE)
    done = dfer("db check --json")
    assert done.code == 5
    (problem,) = done.json["problems"]
    assert (problem["table"], problem["row"][:4]) == ("prompts", "pt1:")
    assert "its text has the hash" in problem["message"]


def test_very_many_problems_of_a_table_are_counted_and_all_in_json(dfer: Dfer, store: Path) -> None:
    damage(
        store,
        "WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 60)"
        " INSERT INTO attempts (id, key, model, endpoint, outcome, message, created_at)"
        " SELECT i, 'dk1:x', 'm', 'e', 'o', CAST(x'ff' AS TEXT), '' FROM n",
    )
    done = dfer("db check")
    assert "… and 31 more; --json lists all" in done.out
    assert len([p for p in dfer("db check --json").json["problems"] if p["table"] == "attempts"]) == 51


def test_what_cannot_be_opened_exits_with_3(dfer: Dfer, tmp_path: Path) -> None:
    assert dfer("db check").code == 3
    assert not (tmp_path / "dfer.db").exists()
    (tmp_path / "dfer.db").write_bytes(b"no database" * 100)
    done = dfer("db check")
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 2)
    assert dfer("db backup").code == 3


def test_escapes_in_a_damaged_store_never_reach_the_terminal(dfer: Dfer, store: Path) -> None:
    damage(store, "UPDATE answers SET model = 'a' || char(27) || '[2J' || CAST(x'ff' AS TEXT)")
    done = dfer("db check")
    assert done.code == 5
    assert "\x1b" not in done.out
    assert "\\x1b[2J" in done.out
    assert dfer("db check --json").json["problems"]


def test_a_backup_says_where_and_how_large(dfer: Dfer, store: Path) -> None:
    done = dfer("db backup copy.db")
    assert (done.code, done.out) == (0, "copy.db\n")
    assert f"{(store.parent / 'copy.db').stat().st_size:,} bytes" in done.err
    assert dfer("db check --db copy.db").code == 0
    made = dfer("db backup --json").json
    assert Path(made["path"]).parent == store.parent
    assert made["bytes"] == Path(made["path"]).stat().st_size


def test_a_backup_replaces_a_file_only_with_force(dfer: Dfer, store: Path) -> None:
    (store.parent / "copy.db").write_text("mine")
    refused = dfer("db backup copy.db")
    assert (refused.code, refused.out) == (3, "")
    assert "--force" in refused.err
    assert (store.parent / "copy.db").read_text() == "mine"
    assert dfer("db backup copy.db --force").code == 0


def test_the_schema_that_is_printed_makes_the_tables_of_a_store(dfer: Dfer, store: Path) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(dfer("db schema").out)
    tables = "SELECT name FROM sqlite_master WHERE type IN ('table', 'index') AND sql NOT NULL ORDER BY name"
    made = connection.execute(tables).fetchall()
    real = sqlite3.connect(store).execute(tables).fetchall()
    assert made == [row for row in real if "_sqlite_migrations" not in row[0]]
    assert dfer("db schema --json").json["tables"] == schema_sql()


def test_the_page_tells_of_every_table_and_column(store: Path) -> None:
    connection = sqlite3.connect(store)
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        assert f"`{table}`" in PAGE
        section = PAGE[PAGE.index(f"### `{table}`") if f"### `{table}`" in PAGE else 0 :]
        for column in connection.execute(f"PRAGMA table_info({table})").fetchall():
            assert f"`{column[1]}`" in section, f"{table}.{column[1]}"


def test_the_page_tells_of_no_column_that_does_not_exist(store: Path) -> None:
    connection = sqlite3.connect(store)
    for heading, body in re.findall(r"^### (.*?)\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL):
        tables = re.findall(r"`(\w+)`", heading.partition(":")[0])
        real = {c[1] for table in tables for c in connection.execute(f"PRAGMA table_info({table})")}
        told = {
            name
            for cell in re.findall(r"^\| (.*?) \|", body, re.MULTILINE)
            for name in re.findall("`(.*?)`", cell)
        }
        assert told == real, heading


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_every_query_of_the_page_brings_rows(store: Path, query: str) -> None:
    connection = sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)
    assert connection.execute(query).fetchall()


def test_the_page_has_queries_of_use() -> None:
    assert len(QUERIES) >= 4
    assert "json_each" in PAGE


def test_the_path_is_told_whether_it_exists_or_not(dfer: Dfer, tmp_path: Path) -> None:
    done = dfer("db path")
    assert (done.code, done.out) == (0, f"{tmp_path / 'dfer.db'}\n")
    assert "does not exist yet" in done.err
    assert json.loads(dfer("db path --json").out)["exists"] is False
