"""A store that is only looked at: the same answers, nothing written, and the same refusals."""

import sqlite3
from pathlib import Path

import pytest

from description_store.database import open_store, open_to_look
from description_store.errors import StoreError
from description_store.experiments import cells_now, list_experiments
from description_store.lineage import ancestors, children
from description_store.migrations import applied_migrations, known_migrations
from description_store.prompts import list_prompts
from description_store.runs import list_runs, load_outcomes, load_predictions
from description_store.sets import count_sets, find_set, list_sets

RELEASED = sorted((Path(__file__).parent / "released").glob("*.sql"))

LOOKS = {
    "list_sets": list_sets,
    "the newest set": lambda db: list_sets(db, newest=1),
    "count_sets": count_sets,
    "find_set": lambda db: [find_set(db, name) for name in ("v1", "2", "latest")],
    "ancestors": lambda db: ancestors(db, 2),
    "children": lambda db: children(db, 1),
    "list_runs": list_runs,
    "predictions": lambda db: [(load_predictions(db, r.id), load_outcomes(db, r.id)) for r in list_runs(db)],
    "experiments": lambda db: [(e, cells_now(db, e.cells)) for e in list_experiments(db)],
    "list_prompts": list_prompts,
}


@pytest.mark.parametrize("look", LOOKS)
def test_what_is_seen_is_what_an_opened_store_says(path: Path, look: str) -> None:
    with open_store(path) as db:
        expected = LOOKS[look](db)
    with open_to_look(path) as reader:
        assert LOOKS[look](reader) == expected
    assert expected


def test_nothing_can_be_written(path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"), open_to_look(path) as reader:
        reader.execute("DELETE FROM set_tags")


@pytest.mark.parametrize("released", RELEASED, ids=lambda file: file.stem)
def test_a_store_of_an_earlier_dfer_is_migrated_first(tmp_path: Path, released: Path) -> None:
    path = tmp_path / "earlier.db"
    with sqlite3.connect(path) as store:
        store.executescript(released.read_text(encoding="utf-8"))
    store.close()
    with open_to_look(path) as reader:
        assert applied_migrations(reader) == known_migrations()
        assert list_sets(reader)


def test_no_store_is_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no description store"), open_to_look(tmp_path / "no.db"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_store_of_a_newer_dfer_is_refused(path: Path) -> None:
    with open_store(path) as db:
        db.table("_sqlite_migrations").insert(
            {"migration_set": "dfer", "name": "m999_future", "applied_at": "2030-01-01"}
        )
    with pytest.raises(StoreError, match="newer dfer"), open_to_look(path):
        pass


def test_another_programs_database_and_what_is_none_are_refused(tmp_path: Path) -> None:
    photos, text = tmp_path / "photos.db", tmp_path / "text.db"
    with sqlite3.connect(photos) as db:
        db.execute("CREATE TABLE photos (id INTEGER)")
    db.close()
    text.write_text("these are not the bytes you are looking for " * 20)
    for path, said in ((photos, "another program's database"), (text, "is it a dfer database")):
        with pytest.raises(StoreError) as caught, open_to_look(path):
            pass
        assert said in f"{caught.value} {caught.value.hint}"
