"""The store: versions, immutability, concurrent processes."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from description_store.annotations import add_note
from description_store.answers import find_answer, save_answer, save_attempt, save_parses
from description_store.database import open_store
from description_store.errors import StoreError, UnknownName
from description_store.experiments import save_experiment
from description_store.hashing import canonical_json, tagged_hash
from description_store.migrations import IMMUTABLE_TABLES
from description_store.prompts import save_prompt
from description_store.records import Attempt, Cell, Parse, Prediction, Provenance, Run
from description_store.runs import find_run, list_runs, load_predictions, save_run
from description_store.sets import (
    find_set,
    list_sets,
    load_set,
    move_alias,
    save_class_set,
    save_set,
)
from tests.store.examples import a_set, an_answer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "words.db"


@pytest.fixture
def db(path: Path):
    with open_store(path) as db:
        save_class_set(db, class_set_hash="cs1:x", name="mine", content=["class0", "class1"])
        yield db


def test_versions_are_numbered_from_one_without_gaps(db) -> None:
    saved = [save_set(db, a_set(f"text {i}"))[0].name for i in range(3)]
    assert saved == ["v1", "v2", "v3"]


def test_unchanged_content_makes_no_new_version(db) -> None:
    first, created = save_set(db, a_set())
    again, created_again = save_set(db, a_set(note="another note"))
    assert (created, created_again) == (True, False)
    assert again.version == first.version
    assert again.note == ""


def test_the_same_words_by_another_model_are_another_set(db) -> None:
    first, _ = save_set(db, a_set())
    other, created = save_set(db, a_set(provenance=Provenance(kind="llm", model="another")))
    assert created
    assert other.texts == first.texts


def test_a_set_comes_back_as_it_was_saved(db) -> None:
    saved, _ = save_set(db, a_set("brows – raised", "Mund geöffnet", note="why"))
    assert load_set(db, saved.version) == saved
    assert saved.hash == a_set("brows – raised", "Mund geöffnet").hash


@pytest.mark.parametrize("name", ["v2", "2", "@best", "latest"])
def test_a_set_is_found_by_version_alias_and_latest(db, name: str) -> None:
    save_set(db, a_set("one"))
    save_set(db, a_set("two"))
    move_alias(db, "best", 2)
    assert find_set(db, name).version == 2


def test_a_set_is_found_by_the_beginning_of_its_hash(db) -> None:
    saved, _ = save_set(db, a_set())
    digits = saved.hash.partition(":")[2]
    assert find_set(db, digits[:16]).version == 1
    assert find_set(db, saved.hash).version == 1


@pytest.mark.parametrize("name", ["v9", "@nobody", "zzzz", "latest", "0000", ""])
def test_an_unknown_set_is_an_error_that_says_what_there_is(db, name: str) -> None:
    with pytest.raises(UnknownName) as caught:
        find_set(db, name)
    assert caught.value.hint


def test_an_alias_moves_and_the_versions_stay(db) -> None:
    save_set(db, a_set("one"))
    save_set(db, a_set("two"))
    move_alias(db, "@best", 1)
    move_alias(db, "best", 2)
    assert find_set(db, "@best").version == 2
    assert [row["aliases"] for row in list_sets(db)] == [None, "best"]


@pytest.mark.parametrize("alias", ["v3", "3", "latest", "", "with space", "@@x"])
def test_an_alias_that_could_mean_something_else_is_refused(db, alias: str) -> None:
    save_set(db, a_set())
    with pytest.raises(StoreError):
        move_alias(db, alias, 1)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (table, change)
        for table in IMMUTABLE_TABLES
        for change in (
            "UPDATE {table} SET rowid = rowid",
            "DELETE FROM {table}",
            "INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1",
        )
        # What failed is kept for people to look at; no set depends on it.
        if (table, change) != ("attempts", "DELETE FROM {table}")
    ],
)
def test_nothing_that_a_set_depends_on_can_be_changed_or_removed(db, table: str, change: str) -> None:
    fill(db)
    assert db.table(table).count > 0
    with pytest.raises(sqlite3.IntegrityError, match="immutable"):
        db.execute(change.format(table=table))


def fill(db) -> None:
    """One row in every table, each of them in use."""
    answer = save_answer(db, an_answer(), asked_key="dk1:asked")
    save_attempt(db, Attempt(key="dk1:a", model="m", endpoint="e", outcome="timeout", message="late"))
    parse = Parse(answer_id=answer.id, parser_version="p1", descriptors=("raised brows",))
    parse_id = save_parses(db, [parse])[0].id
    save_prompt(db, prompt_hash="pt1:x", name="p", text="{{ class_name }}")
    unsaved = a_set()
    descriptions = tuple(d.model_copy(update={"parse_ids": (parse_id,)}) for d in unsaved.descriptions)
    save_set(db, unsaved.model_copy(update={"descriptions": descriptions}))
    save_run(db, a_run(), [Prediction(clip="a", label="class0", predicted="class0", scores=(1.0, 0.0))])
    add_note(db, 1, "looked at by two people")
    cell = Cell(spec_hash="rs1:a", set_version=1, recipe="dfer-clip", fold=1, seed=1)
    save_experiment(db, name="table1", grid={}, cells=[cell])


def a_run(**changes: object) -> Run:
    fields = {
        "status": "finished",
        "spec_hash": "rs1:a",
        "protocol_hash": "rp1:a",
        "set_version": 1,
        "set_hash": "ds1:a",
        "recipe": "dfer-clip",
        "dataset": "csv",
        "fold": 1,
        "seed": 1,
        "selection": "last",
        "specification": {"texts": ["a", "b"]},
        "uar": 0.5,
        "war": 0.75,
        "per_class": {"class0": 1.0, "class1": None},
        "confusion": ((3, 0), (1, 0)),
        "history": ({"epoch": 1, "loss": 2.0, "uar": None, "war": None},),
    }
    return Run(**(fields | changes))


def test_a_run_comes_back_with_its_predictions(db) -> None:
    save_set(db, a_set())
    predictions = [Prediction(clip="a/1", label="class0", predicted="class1", scores=(0.25, -1.5))]
    saved = save_run(db, a_run(), predictions)
    assert find_run(db, "r1") == find_run(db, "latest") == saved
    assert load_predictions(db, saved.id) == predictions
    assert list_runs(db, set_version=2) == []


def test_a_run_of_a_set_that_does_not_exist_is_refused(db) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        save_run(db, a_run(set_version=7))
    assert list_runs(db) == []


def test_a_clean_answer_is_served_and_others_are_only_kept(db) -> None:
    save_answer(db, an_answer("I cannot", verdict="refused"))
    assert find_answer(db, "dk1:a") is None
    save_answer(db, an_answer("1. raised brows"))
    assert find_answer(db, "dk1:a").text == "1. raised brows"
    assert db.table("answers").count == 2


def test_a_refreshed_answer_is_a_new_generation_and_the_old_one_stays(db) -> None:
    save_answer(db, an_answer("first"))
    save_answer(db, an_answer("second"), refresh=True)
    assert find_answer(db, "dk1:a").text == "second"
    assert [row["generation"] for row in db.table("answers").rows] == [0, 1]


def test_an_answer_that_came_second_is_kept_but_the_first_counts(db) -> None:
    save_answer(db, an_answer("first"))
    used = save_answer(db, an_answer("second"))
    assert used.text == "first"
    assert [row["verdict"] for row in db.table("answers").rows] == ["clean", "duplicate"]


def test_lone_surrogates_in_an_answer_are_kept_as_escapes(db) -> None:
    save_answer(db, an_answer("raised \ud83d brows"))
    assert find_answer(db, "dk1:a").text == "raised \\ud83d brows"


def test_a_parse_is_kept_once_per_answer_and_parser(db) -> None:
    answer = save_answer(db, an_answer())
    parse = Parse(answer_id=answer.id, parser_version="p1", descriptors=("raised brows",))
    other = parse.model_copy(update={"parser_version": "p2"})
    first, again, newer = (save_parses(db, [one])[0].id for one in (parse, parse, other))
    assert first == again != newer


def test_a_database_of_a_newer_dfer_is_refused_and_left_alone(path: Path) -> None:
    with open_store(path) as db:
        db.table("_sqlite_migrations").insert(
            {"migration_set": "dfer", "name": "m999_future", "applied_at": "2030-01-01"}
        )
    with pytest.raises(StoreError, match="newer dfer"), open_store(path):
        pass


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_text("these are not the bytes you are looking for " * 10)
    with pytest.raises(StoreError, match="cannot use"), open_store(path):
        pass


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as photos:
        photos.execute("CREATE TABLE photos (id INTEGER)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program's database"), open_store(path):
        pass
    assert path.read_bytes() == before


def test_a_missing_store_is_not_made_by_reading(path: Path) -> None:
    with pytest.raises(StoreError, match="no description store"), open_store(path, must_exist=True):
        pass
    assert not path.exists()


def test_a_folder_that_does_not_exist_is_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot open"), open_store(tmp_path / "no" / "words.db"):
        pass


WRITER = """
import sys
from pathlib import Path
from description_store.database import open_store
from description_store.records import Description, DescriptionSet, Provenance
from description_store.sets import save_class_set, save_set
with open_store(Path(sys.argv[1])) as db:
    save_class_set(db, class_set_hash="cs1:x", name="x", content=["a"])
    for i in range(10):
        text = f"{sys.argv[2]}-{i}"
        save_set(db, DescriptionSet(class_set="x", class_set_hash="cs1:x", context_tokens=8,
            descriptions=(Description(class_name="a", descriptors=(text,), text=text, tokens=1),),
            provenance=Provenance(kind="llm")))
"""


def test_six_processes_on_one_new_database_lose_no_version(path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(n)], stderr=subprocess.PIPE, text=True)
        for n in range(6)
    ]
    errors = [writer.communicate(timeout=120)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 6, errors
    with open_store(path) as db:
        assert [row["version"] for row in list_sets(db)] == list(range(1, 61))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), json_values))
def test_a_hash_does_not_depend_on_the_order_of_keys(content: dict) -> None:
    backwards = dict(reversed(content.items()))
    assert tagged_hash("t", content) == tagged_hash("t", backwards)
    assert canonical_json(content) == canonical_json(backwards)


@given(st.text(), st.text())
def test_different_texts_have_different_hashes(first: str, second: str) -> None:
    assert (tagged_hash("t", first) == tagged_hash("t", second)) == (first == second)


def test_a_set_hash_covers_words_order_class_set_and_provenance_and_nothing_else() -> None:
    base = a_set()
    same = [
        base.model_copy(update={"version": 5}),
        base.model_copy(update={"note": "x"}),
        base.model_copy(update={"context_tokens": 4}),
        base.model_copy(update={"dfer_version": "9"}),
        base.model_copy(update={"aliases": ("a",)}),
    ]
    other = [
        a_set("raised brows", "shut mouth"),
        a_set("open mouth", "raised brows"),
        base.model_copy(update={"class_set": "yours"}),
        base.model_copy(update={"class_set_hash": "cs1:y"}),
        base.model_copy(update={"descriptions": base.descriptions[:1]}),
        base.model_copy(update={"provenance": Provenance(kind="llm", model="m", prompt_hash="pt1:x")}),
        base.model_copy(
            update={"provenance": Provenance(kind="llm", model="m", params={"temperature": 1.0})}
        ),
    ]
    assert {s.hash for s in same} == {base.hash}
    assert len({s.hash for s in [base, *other]}) == 1 + len(other)
