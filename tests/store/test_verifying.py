"""`dfer db check` finds every kind of damage, names its row, goes on, and changes nothing."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from description_store.claims import check_writable
from description_store.database import open_store
from description_store.errors import StoreError
from description_store.hashing import protocol_hash, run_hash, tagged_hash
from description_store.migrations import IMMUTABLE_TABLES
from description_store.verifying import Verified, check
from tests.store.damage import damage
from tests.store.filled import a_run, a_set, fill

RELEASED = sorted((Path(__file__).parent / "released").glob("*.sql"))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "words.db"
    with open_store(path) as db:
        fill(db)
    return path


@pytest.fixture
def path(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sound, tmp_path / "words.db"))


def told(verified: Verified) -> list[str]:
    return [f"{problem.table} {problem.row}: {problem.message}" for problem in verified.problems]


def test_a_sound_store_has_no_problem_and_every_row_is_counted(path: Path) -> None:
    verified = check(path)
    assert told(verified) == []
    with open_store(path) as db:
        assert verified.checked == {
            table: db.table(table).count
            for table in db.table_names()
            if table not in ("claims", "_sqlite_migrations")
        }
    assert min(verified.checked.values()) > 0


def test_a_parent_in_another_store_is_told_and_is_no_problem(path: Path) -> None:
    remarks = check(path).remarks
    assert [(remark.row, remark.message) for remark in remarks] == [
        ("v4", f"its parent ds1:{'0' * 64} is not in this store")
    ]


def test_checking_changes_no_byte_and_leaves_no_file(path: Path) -> None:
    before = path.read_bytes()
    check(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("statement", "table", "row", "message"),
    [
        ("UPDATE class_sets SET content = replace(content, 'fear', 'joy')", "class_sets", "cs1:",
         "the hash cs1:"),
        ("UPDATE class_sets SET content = '3'", "class_sets", "cs1:", "cannot be read"),
        ("DELETE FROM class_sets", "description_sets", "v1", "its class set cs1:"),
        ("UPDATE prompts SET text = text || ' '", "prompts", "pt1:", "its text has the hash pt1:"),
        ("DELETE FROM prompts", "description_sets", "v1", "its prompt pt1:"),
        ("UPDATE answers SET identity = json_set(identity, '$.params.seed', 1) WHERE id = 2", "answers",
         "2 (dk1:",
         "not the one it is stored under"),
        ("UPDATE answers SET identity = '[]' WHERE id = 2", "answers", "2 (dk1:", "cannot be read"),
        ("UPDATE answers SET model = 'another' WHERE id = 1", "answers", "1 (dk1:", "the model is 'another'"),
        ("UPDATE answers SET verdict = 'fine' WHERE id = 3", "answers", "3 (dk1:", "cannot be read: verdict"),
        ("DELETE FROM answers WHERE id = 1", "parses", "1", "read from answer 1, which is not there"),
        ("DELETE FROM answers WHERE id = 1", "key_aliases", "dk1:", "of which there is no answer"),
        ("UPDATE key_aliases SET dropped = '{}'", "key_aliases", "dk1:", "cannot be read"),
        ("UPDATE key_aliases SET other_api = 7", "key_aliases", "dk1:", "other_api is 7"),
        ("UPDATE parses SET descriptors = '[1]' WHERE id = 2", "parses", "2", "cannot be read: descriptors"),
        ("UPDATE parses SET warnings = 'not JSON' WHERE id = 2", "parses", "2",
         "cannot be read: JSONDecodeError"),
        ("UPDATE attempts SET message = CAST(x'ff' AS TEXT)", "attempts", "1 (dk1:", "message holds bytes"),
        ("UPDATE descriptions SET text = 'x' WHERE version = 2 AND position = 1", "description_sets", "v2",
         "its words and origin have the hash ds1:"),
        ("UPDATE descriptions SET descriptors = '[' WHERE version = 2 AND position = 1", "descriptions",
         "v2 class 1", "cannot be read"),
        ("UPDATE descriptions SET tokens = -1 WHERE version = 3", "descriptions", "v3 class 0", "-1 tokens"),
        ("UPDATE descriptions SET class_name = 'joy' WHERE version = 3 AND position = 0", "description_sets",
         "v3",
         "it describes joy, fear, neutral, its class set has anger, fear, neutral"),
        ("DELETE FROM descriptions WHERE version = 1 AND position = 2", "description_parses", "v1 class 2",
         "the source of a description that is not there"),
        ("UPDATE descriptions SET position = 9 WHERE version = 3 AND position = 2", "description_sets", "v3",
         "its classes are numbered 0, 1, 9, not 0 to 2"),
        ("UPDATE description_parses SET parse_id = 99 WHERE position = 0", "description_parses", "v1 class 0",
         "it comes from parse 99"),
        ("UPDATE description_parses SET source = 1 WHERE position = 0", "description_parses", "v1 class 0",
         "only 0 are there"),
        ("UPDATE description_sets SET hash = 'ds1:x' WHERE version = 3", "description_sets", "v3",
         "not ds1:x"),
        ("UPDATE description_sets SET provenance = json_set(provenance, '$.model', 'x') WHERE version = 1",
         "description_sets", "v1", "the column model says 'm'"),
        ("UPDATE description_sets SET provenance = '[]' WHERE version = 1", "description_sets", "v1",
         "cannot be read"),
        ("UPDATE description_sets SET provenance = '{' WHERE version = 1", "description_sets", "v1",
         "cannot be read"),
        ("UPDATE description_sets SET rendering = '{\"form\": \"rhyme\"}' WHERE version = 3",
         "description_sets",
         "v3", "cannot be read: form"),
        ("UPDATE description_sets SET parent = 3 WHERE version = 2", "description_sets", "v2",
         "the column parent says v3"),
        ("UPDATE description_sets SET parent = 77 WHERE version = 2", "description_sets", "v2",
         "its parent v77 is not there"),
        ("UPDATE description_sets SET version = 6 WHERE version = 4", "description_sets", "v6",
         "before it v4 to v5 are not there"),
        ("UPDATE description_sets SET version = 5 WHERE version = 4", "description_sets", "v5",
         "before it v4 is not there"),
        ("UPDATE set_aliases SET version = 8", "set_aliases", "@baseline", "v8 is not there"),
        ("UPDATE set_aliases SET name = 'v3'", "set_aliases", "@v3", "cannot be an alias"),
        ("UPDATE set_tags SET version = 8", "set_tags", "v8", "v8 is not there"),
        ("UPDATE set_notes SET version = 8", "set_notes", "v8", "v8 is not there"),
        ("UPDATE runs SET spec_hash = 'rs1:x' WHERE id = 1", "runs", "r1", "has the spec_hash rs1:"),
        ("UPDATE runs SET protocol_hash = 'rp1:x' WHERE id = 2", "runs", "r2", "has the protocol_hash rp1:"),
        ("UPDATE runs SET specification = json_set(specification, '$.texts[0]', 'x') WHERE id = 1", "runs",
         "r1",
         "has the spec_hash rs1:"),
        ("UPDATE runs SET set_version = 3 WHERE id = 1", "runs", "r1", "its set v3 has another hash"),
        ("UPDATE runs SET set_version = 9 WHERE id = 1", "runs", "r1", "its set v9 is not there"),
        ("UPDATE runs SET fold = 4 WHERE id = 1", "runs", "r1", "the column fold says 4"),
        ("UPDATE runs SET confusion = '[[2,0,0],[0,2,0],[0,0,0]]' WHERE id = 1", "runs", "r1",
         "of 'anger' taken for 'fear' it counts 0 clips, its predictions are 1"),
        ("UPDATE runs SET uar = 0.9 WHERE id = 1", "runs", "r1",
         "its UAR is 0.9, that of its confusion 0.75"),
        ("UPDATE runs SET per_class = '{}' WHERE id = 1", "runs", "r1", "its recall of 'anger' is None"),
        ("UPDATE runs SET status = 'failed' WHERE id = 1", "runs", "r1", "it failed, and yet"),
        ("UPDATE runs SET history = 'x' WHERE id = 1", "runs", "r1", "cannot be read"),
        ("DELETE FROM predictions WHERE position = 1", "runs", "r1", "1 of its predictions are missing"),
        ("UPDATE predictions SET label = 'joy' WHERE position = 0", "predictions", "r1 clip 'anger/0'",
         "'joy' is no class of its run"),
        ("UPDATE predictions SET scores = '[1]' WHERE position = 0", "predictions", "r1 clip 'anger/0'",
         "1 scores for 3 classes"),
        ("UPDATE predictions SET predicted = 'neutral' WHERE position = 0", "predictions",
         "r1 clip 'anger/0'",
         "'neutral' is not the class of its highest score"),
        ("DELETE FROM runs WHERE id = 1", "predictions", "row 1", "a row of runs that is not there"),
    ],
)  # fmt: skip
def test_damage_is_found_and_its_row_named(
    path: Path, statement: str, table: str, row: str, message: str
) -> None:
    damage(path, statement)
    verified = check(path)
    assert any(
        problem.table == table and problem.row.startswith(row) and message in problem.message
        for problem in verified.problems
    ), told(verified)


def test_one_damaged_row_does_not_hide_another(path: Path) -> None:
    damage(
        path,
        "UPDATE answers SET identity = 'x' WHERE id = 1",
        "UPDATE answers SET identity = '{}' WHERE id = 3",
        "UPDATE description_sets SET provenance = '' WHERE version IN (1, 3)",
        "UPDATE runs SET specification = '' WHERE id = 1",
    )
    rows = {(problem.table, problem.row.partition(" ")[0]) for problem in check(path).problems}
    assert {
        ("answers", "1"),
        ("answers", "3"),
        ("description_sets", "v1"),
        ("description_sets", "v3"),
    } <= rows
    assert ("runs", "r1") in rows


@pytest.mark.parametrize("table", IMMUTABLE_TABLES)
def test_a_trigger_that_is_gone_is_a_problem_because_rows_could_then_be_changed(
    path: Path, table: str
) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"DROP TRIGGER {table}_no_update")
    assert told(check(path)) == [
        f"{table} : the trigger {table}_no_update is not there, so rows may be changed"
    ]


def test_a_trigger_that_was_weakened_is_a_problem(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER runs_no_delete")
        connection.execute("CREATE TRIGGER runs_no_delete BEFORE DELETE ON runs BEGIN SELECT 1; END")
    assert told(check(path)) == ["runs : the trigger runs_no_delete is not the one that dfer made"]


def test_a_table_that_is_gone_is_a_problem_and_the_rest_is_checked(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE predictions")
        connection.execute("DROP TABLE set_tags")
    verified = check(path)
    assert {"predictions", "set_tags"} <= {problem.table for problem in verified.problems}
    assert verified.checked["description_sets"] == 4


@pytest.mark.parametrize(
    "text", [b"brows of anger", b"Describe {{", b"temperature", b"zero-shot", b"neutral"]
)
def test_bytes_that_the_disk_changed_are_found_where_a_hash_covers_them(
    sound: Path, tmp_path: Path, text: bytes
) -> None:
    content = sound.read_bytes()
    place = content.index(text)
    changed = tmp_path / "changed.db"
    changed.write_bytes(content[:place] + text.swapcase() + content[place + len(text) :])
    assert check(changed).problems


def test_a_page_full_of_rubbish_is_told_wherever_it_is(sound: Path, tmp_path: Path) -> None:
    content = sound.read_bytes()
    changed = tmp_path / "changed.db"
    refused = 0
    for start in range(4096, len(content), 4096):
        changed.write_bytes(content[:start] + b"\xa5" * 4096 + content[start + 4096 :])
        try:
            assert check(changed).problems, start
        except StoreError:  # a page of the schema itself: it cannot be opened
            refused += 1
    assert refused * 4096 < len(content) / 4


@pytest.mark.parametrize("script", RELEASED, ids=lambda script: script.stem)
def test_a_store_of_an_earlier_dfer_is_sound_once_it_is_upgraded(script: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(script.read_text(encoding="utf-8"))
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="earlier dfer"):
        check(path)
    assert path.read_bytes() == before
    with open_store(path):
        pass
    assert told(check(path)) == []


def test_what_was_written_before_the_combination_rule_keeps_its_hash(path: Path) -> None:
    with open_store(path) as db:
        specification, spec_hash = db.execute(
            "SELECT json_remove(specification, '$.combine'), spec_hash FROM runs WHERE id = 1"
        ).fetchone()
    damage(path, f"UPDATE runs SET specification = '{specification}' WHERE id = 1")
    assert told(check(path)) == []
    assert spec_hash.startswith("rs1:")


def test_the_hashes_of_runs_that_are_stored_everywhere_never_change() -> None:
    specification = a_run(a_set("x")).specification | {"set": "v1", "trained_by": None, "weights": None}
    joined, scored = specification, specification | {"combine": "mean_score"}
    assert run_hash(joined) == "rs1:c38728d74d37627206a9f0ae3cafabc64db494348ad44944d40a24ea15fd823f"
    assert run_hash(scored) == "rs1:281e93ff82276fad5734b3dc4fc61d3da3771d9efc58f3e113db7e9346c8e33d"
    assert protocol_hash(joined) == "rp1:b63c0e768bac535c6fa953fb311bbd8007ef6ec03786710ad71454173928186b"
    assert protocol_hash(scored) == protocol_hash(joined)


def test_a_store_in_use_is_checked_as_it_was_at_one_moment(path: Path) -> None:
    with open_store(path) as writer:
        check_writable(writer)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO prompts VALUES (?, 'n', 'half')", [tagged_hash("pt1", "other")])
        assert told(check(path)) == []
        writer.rollback()
