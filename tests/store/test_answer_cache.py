"""The cache: what is served under which key, who may ask, and what may be removed."""

import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from description_store import claims
from description_store.answers import (
    EXACTLY,
    Serving,
    find_answer,
    find_answers,
    save_answer,
    save_attempt,
    save_parses,
)
from description_store.cache import answers_of_set, attempts_of, find_key, list_cached, prune, removable
from description_store.database import open_store
from description_store.errors import UnknownName
from description_store.migrations import IMMUTABLE_TABLES
from description_store.records import Attempt, Parse
from description_store.sets import find_set, list_sets, save_class_set, save_set
from tests.store.examples import a_set, an_answer

RELEASED = sorted((Path(__file__).parent / "released").glob("*.sql"))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with open_store(tmp_path / "words.db") as db:
        save_class_set(db, class_set_hash="cs1:x", name="mine", content=["class0", "class1"])
        yield db


def use(db: Database, *answer_ids: int) -> int:
    """A set whose first class comes from these answers; its version."""
    parses = [Parse(answer_id=i, parser_version="p1", descriptors=("raised brows",)) for i in answer_ids]
    unsaved = a_set()
    first, *rest = unsaved.descriptions
    first = first.model_copy(update={"parse_ids": tuple(p.id for p in save_parses(db, parses))})
    return save_set(db, unsaved.model_copy(update={"descriptions": (first, *rest)}))[0].version


def test_a_cut_answer_is_served_only_to_who_accepts_it_and_after_a_clean_one(db) -> None:
    cut = save_answer(db, an_answer("1. raised br", verdict="length"))
    assert find_answer(db, "dk1:a") is None
    assert find_answer(db, "dk1:a", Serving(truncated=True)) == cut
    clean = save_answer(db, an_answer())
    save_answer(db, an_answer("1. rais", verdict="length"))
    assert find_answer(db, "dk1:a", Serving(truncated=True)) == clean


def test_an_answer_to_an_adapted_request_is_found_under_the_key_that_was_asked_for(db) -> None:
    saved = save_answer(db, an_answer(), asked_key="dk1:asked")
    assert find_answers(db, ["dk1:asked", "dk1:other"]) == {"dk1:asked": saved}


def test_an_answer_without_a_parameter_is_served_only_to_who_lets_parameters_go(db) -> None:
    saved = save_answer(db, an_answer(), asked_key="dk1:asked", dropped=["temperature"])
    assert find_answer(db, "dk1:asked", EXACTLY) is None
    assert find_answer(db, "dk1:asked", Serving(without_dropped=True)) == saved


def test_the_newest_answer_counts_whether_it_was_asked_for_exactly_so_or_adapted(db) -> None:
    exact = save_answer(db, an_answer("1. exact", key="dk1:asked"))
    assert find_answer(db, "dk1:asked") == exact
    adapted = save_answer(db, an_answer("1. adapted"), asked_key="dk1:asked")
    assert find_answer(db, "dk1:asked") == adapted


def test_an_answer_of_the_other_api_is_not_served_to_who_named_one(db) -> None:
    saved = save_answer(db, an_answer(), asked_key="dk1:asked", other_api=True)
    assert find_answer(db, "dk1:asked") == saved
    assert find_answer(db, "dk1:asked", Serving(other_api=False)) is None


def test_broken_characters_anywhere_in_a_response_lose_no_answer(db) -> None:
    saved = save_answer(db, an_answer("brow\ud800", resolved_model="m\udfff", finish_reason="st\0op"))
    (kept,) = list_cached(db)
    assert kept.answer.id == saved.id
    assert (kept.answer.text, kept.answer.resolved_model) == ("brow\\ud800", "m\\udfff")


def test_a_question_in_flight_is_asked_by_one_holder_only(db) -> None:
    turn = lambda holder: claims.answer_or_claim(db, "dk1:a", holder=f"elsewhere:1:{holder}", serving=EXACTLY)  # noqa: E731
    assert turn("one") == "claimed"
    assert turn("two") == "busy"
    claims.release(db, "elsewhere:1:two", "dk1:a")
    assert turn("two") == "busy"
    claims.release(db, "elsewhere:1:one", "dk1:a")
    assert turn("two") == "claimed"
    saved = save_answer(db, an_answer())
    assert turn("one") == saved


def test_the_claim_of_a_process_that_died_is_taken_over(db, monkeypatch: pytest.MonkeyPatch) -> None:
    turn = lambda holder: claims.answer_or_claim(db, "dk1:a", holder=f"elsewhere:1:{holder}", serving=EXACTLY)  # noqa: E731
    assert turn("dead") == "claimed"
    later = claims.time.time() + claims.STALE_SECONDS + 1
    monkeypatch.setattr(claims.time, "time", lambda: later)
    assert turn("two") == "claimed"
    claims.release(db, "elsewhere:1:dead")
    assert turn("three") == "busy"


def test_the_claim_of_a_process_of_this_machine_is_free_the_moment_it_ends(db) -> None:
    process = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True)
    _, pid, rest = claims.new_holder().rsplit(":", 2)
    assert int(pid) == os.getpid()
    ended = f"{socket.gethostname()}:{int(process.stdout)}:{rest}"
    assert claims.answer_or_claim(db, "dk1:a", holder=ended, serving=EXACTLY) == "claimed"
    alive = claims.new_holder()
    assert claims.answer_or_claim(db, "dk1:a", holder=alive, serving=EXACTLY) == "claimed"
    assert claims.answer_or_claim(db, "dk1:a", holder=ended, serving=EXACTLY) == "busy"


def test_a_holder_that_lives_keeps_its_claims(db, monkeypatch: pytest.MonkeyPatch) -> None:
    assert claims.answer_or_claim(db, "dk1:a", holder="elsewhere:1:one", serving=EXACTLY) == "claimed"
    now = claims.time.time()
    for step in range(1, 5):
        monkeypatch.setattr(claims.time, "time", lambda step=step: now + step * (claims.STALE_SECONDS - 1))
        claims.renew(db, "elsewhere:1:one")
        assert claims.answer_or_claim(db, "dk1:a", holder="elsewhere:1:two", serving=EXACTLY) == "busy"


def test_pruning_never_touches_what_a_set_comes_from(db) -> None:
    used = save_answer(db, an_answer())
    unused = save_answer(db, an_answer(key="dk1:b"), asked_key="dk1:asked")
    refused = save_answer(db, an_answer("I cannot", key="dk1:c", verdict="refused"))
    save_attempt(db, Attempt(key="dk1:d", model="m", endpoint="e", outcome="timeout", message="late"))
    version = use(db, used.id)
    assert removable(db, unusable_only=True).answer_ids == (refused.id,)
    assert removable(db, unusable_only=False).answer_ids == (unused.id, refused.id)
    assert prune(db, unusable_only=False).attempts == 1
    assert [cached.answer.id for cached in list_cached(db)] == [used.id]
    assert answers_of_set(db, version) == {"class0": [used]}
    assert db.table("key_aliases").count == db.table("attempts").count == 0
    with pytest.raises(sqlite3.IntegrityError, match="immutable"):
        db.execute("DELETE FROM answers")


def test_pruning_by_model_and_age_leaves_the_rest(db) -> None:
    save_answer(db, an_answer())
    assert removable(db, unusable_only=False, model="other").answer_ids == ()
    assert removable(db, unusable_only=False, before="2020").answer_ids == ()
    assert len(removable(db, unusable_only=False, model="m", before="9999").answer_ids) == 1


def test_an_answer_is_listed_with_the_sets_that_come_from_it(db) -> None:
    first = save_answer(db, an_answer("1. a"))
    second = save_answer(db, an_answer("1. b", key="dk1:b"))
    third = save_answer(db, an_answer("1. c", key="dk1:c"))
    version = use(db, first.id, second.id)
    assert [cached.sets for cached in list_cached(db)] == [(1,), (1,), ()]
    assert [cached.answer.id for cached in list_cached(db, version=version)] == [first.id, second.id]
    assert [cached.answer.id for cached in list_cached(db, unused=True)] == [third.id]
    assert [cached.answer.id for cached in list_cached(db, model="m", verdict="refused")] == []


def test_a_question_is_found_by_the_first_digits_of_its_key(db) -> None:
    save_answer(db, an_answer(key="dk1:abcd0000"))
    save_answer(db, an_answer(key="dk1:abcd1111"))
    assert find_key(db, "abcd0") == find_key(db, "dk1:ABCD0000") == "dk1:abcd0000"
    for wrong, said in (("abcd", "2 keys"), ("ffff", "no key"), ("zz", "is no key"), ("ab", "is no key")):
        with pytest.raises(UnknownName, match=said):
            find_key(db, wrong)


def test_a_question_that_failed_or_was_asked_otherwise_is_found_too(db) -> None:
    save_attempt(db, Attempt(key="dk1:0001aaaa", model="m", endpoint="e", outcome="timeout", message="late"))
    save_answer(db, an_answer(key="dk1:0002bbbb"), asked_key="dk1:0003cccc")
    assert [find_key(db, digits) for digits in ("0001", "0002", "0003")] == [
        "dk1:0001aaaa", "dk1:0002bbbb", "dk1:0003cccc",
    ]  # fmt: skip


@pytest.mark.parametrize("script", RELEASED, ids=lambda path: path.stem)
def test_a_store_of_an_earlier_dfer_is_upgraded_with_all_that_it_holds(script: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(script.read_text(encoding="utf-8"))
    with open_store(path) as db:
        described = find_set(db, "@base")
        assert described.texts["fear"] == "first sign fear and second sign fear."
        assert described.hash == list_sets(db)[0]["hash"]
        sources = answers_of_set(db, described.version)
        assert [len(sources[name]) for name in described.class_names] == [1, 1, 1]
        assert sources["fear"][0].text.startswith("1. first sign fear")
        verdicts = [cached.answer.verdict for cached in list_cached(db)]
        assert sorted(verdicts) == ["clean", "clean", "clean", "refused"]
        assert [
            attempt.http_status for attempt in attempts_of(db, [c.answer.key for c in list_cached(db)])
        ] == [503]
        triggers = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
        assert triggers == {
            f"{table}_no_{action}" for table in IMMUTABLE_TABLES for action in ("update", "delete", "replace")
        }
        with pytest.raises(sqlite3.IntegrityError, match="immutable"):
            db.execute("DELETE FROM descriptions")
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_an_upgraded_store_has_the_schema_of_a_new_one(tmp_path: Path) -> None:
    schemas = []
    for name, script in (("new", ""), ("old", RELEASED[0].read_text(encoding="utf-8"))):
        with sqlite3.connect(tmp_path / name) as connection:
            connection.executescript(script)
        with open_store(tmp_path / name) as db:
            sql = "SELECT type, name, replace(sql, '\"', '') FROM sqlite_master ORDER BY type, name"
            schemas.append(db.execute(sql).fetchall())
    assert schemas[0] == schemas[1]
