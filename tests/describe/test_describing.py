"""Describing through a real server on loopback: what is asked, kept, served again, and refused."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from description_store.database import open_store
from description_store.sets import list_sets
from dfer.class_sets import load_class_set
from dfer.describe.asking.patience import Patience
from dfer.describe.collected import Manner
from dfer.describe.describing import describe
from dfer.describe.facs_server import facs_server
from dfer.describe.planning import plan_questions
from dfer.describe.templates import parse_template
from dfer.errors import ConfigurationError, ContentError, ProviderError
from tests.describe.asking import DFEW, PROMPT, QUICK, ask, asked_class, good, plan
from tests.llm_server import LlmServer, Reply, completion, error


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with open_store(tmp_path / "words.db") as db:
        yield db


def test_every_class_is_asked_once_and_the_set_keeps_the_order_of_the_class_set(db) -> None:
    with LlmServer(good) as server:
        described = ask(db, server)
    assert described.created
    assert described.description_set.class_names == DFEW.names
    assert sorted(map(asked_class, server.questions)) == sorted(DFEW.names)
    assert described.description_set.descriptions[0].text == (
        "first sign happiness, second sign happiness, and third sign happiness."
    )
    assert (described.input_tokens, described.output_tokens) == (7 * 30, 7 * 20)


def test_a_second_identical_run_asks_nothing_and_makes_no_version(db) -> None:
    with LlmServer(good) as server:
        first = ask(db, server)
        again = ask(db, server)
        assert len(server.requests) == 7
    assert again.description_set == first.description_set
    assert not again.created
    assert again.cached == set(DFEW.names)
    assert again.calls_made == 0


def test_only_what_the_user_gave_is_sent(db) -> None:
    with LlmServer(good) as server:
        ask(db, server)
        ask(db, server, temperature=0, seed=5, max_output_tokens=200)
    assert set(server.requests[0]) == {"model", "messages", "path"}
    sent = server.requests[-1]
    assert (sent["temperature"], sent["seed"], sent["max_tokens"]) == (0, 5, 200)


def test_refresh_asks_again_and_keeps_the_old_answers(db) -> None:
    with LlmServer(good) as server:
        ask(db, server)
        again = ask(db, server, refresh=True)
    assert len(server.requests) == 14
    assert db.table("answers").count == 14
    assert not again.created


def test_a_failing_class_does_not_lose_the_others_and_a_rerun_asks_only_for_it(db) -> None:
    broken = True

    def answer(question: str, number: int) -> Reply:
        return error(500, "down") if broken and "fear" in question else good(question, number)

    with LlmServer(answer) as server:
        with pytest.raises(ProviderError, match=r"6 of 7 answers are there; missing: fear"):
            ask(db, server)
        assert db.table("answers").count == 6
        assert [row["http_status"] for row in db.table("attempts").rows] == [500, 500, 500]
        assert list_sets(db) == []
        broken = False
        before = len(server.requests)
        described = ask(db, server)
        assert len(server.requests) == before + 1
    assert len(described.cached) == 6


def test_a_rate_limit_is_waited_out(db) -> None:
    limited = {"surprise"}

    def answer(question: str, number: int) -> Reply:
        name = asked_class(question)
        if name in limited:
            limited.discard(name)
            return error(429, "slow down", **{"Retry-After": "0.2"})
        return good(question, number)

    with LlmServer(answer) as server:
        described = ask(db, server)
    assert described.calls_failed == 1
    assert len(server.requests) == 8


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (
            error(401, "Incorrect API key provided: sk-abcd****wxyz"),
            ConfigurationError,
            "wants a key, and none was sent",
        ),
        (error(403, "region"), ConfigurationError, "403"),
        (
            error(404, "no such model", code="model_not_found"),
            ConfigurationError,
            "knows no model 'test-model'",
        ),
        (error(402, "pay"), ProviderError, "402"),
        (error(429, "quota", code="insufficient_quota"), ProviderError, "quota is used up"),
        (error(429, "later", **{"Retry-After": "3600"}), ProviderError, "later"),
        (
            Reply(body=b"<html>Login</html>", headers={"Content-Type": "text/html"}),
            ConfigurationError,
            "<html>",
        ),
        (Reply(body=b"\xff\xfe"), ConfigurationError, "not UTF-8"),
    ],
    ids=lambda value: str(getattr(value, "status", ""))[:20],
)
def test_a_failure_that_would_hit_every_class_stops_at_once(db, reply: Reply, kind: type, said: str) -> None:
    with LlmServer(lambda question, number: reply) as server, pytest.raises(kind, match=said):
        ask(db, server, concurrency=1)
    assert len(server.requests) == 1
    assert db.table("answers").count == 0
    assert db.table("attempts").count == 1


def test_a_request_that_is_refused_twice_before_any_answer_stops_the_run(db) -> None:
    reply = error(400, "malformed")
    with LlmServer(lambda question, number: reply) as server:
        with pytest.raises(ConfigurationError, match="malformed"):
            ask(db, server, concurrency=1)
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    "accident",
    [error(400, "moderation"), Reply(body=b'{"choices": [{"mess'), Reply(body=b"")],
    ids=["refused", "cut body", "empty body"],
)
def test_what_happens_to_one_question_does_not_stop_a_run_that_works(db, accident: Reply) -> None:
    def answer(question: str, number: int) -> Reply:
        return accident if "anger" in question else good(question, number)

    with (
        LlmServer(answer) as server,
        pytest.raises((ConfigurationError, ProviderError), match="missing: anger"),
    ):
        ask(db, server, concurrency=1)
    assert db.table("answers").count == 6


def test_an_account_that_allows_one_answer_at_a_time_is_served_to_the_end(db) -> None:
    lock, free_at = threading.Lock(), 0.0

    def answer(question: str, number: int) -> Reply:
        nonlocal free_at
        with lock:
            if time.monotonic() < free_at:
                return error(429, "one at a time", **{"retry-after-ms": "150"})
            free_at = time.monotonic() + 0.14
            return good(question, number)

    with LlmServer(answer) as server:
        described = ask(db, server, concurrency=7, patience=Patience(attempts=2))
        assert described.calls_made == 7
        assert len(server.requests) <= 7 * 4


def test_an_error_object_with_status_200_may_pass_and_is_tried_again(db) -> None:
    def answer(question: str, number: int) -> Reply:
        return Reply(body=b'{"error": {"message": "overloaded"}}') if number == 1 else good(question, number)

    with LlmServer(answer) as server:
        described = ask(db, server)
    assert described.calls_failed == 1
    assert "overloaded" in next(iter(db.table("attempts").rows))["body"]


def test_a_question_that_a_filter_refuses_does_not_stop_the_others(db) -> None:
    def answer(question: str, number: int) -> Reply:
        return error(400, "no", code="content_filter") if "anger" in question else good(question, number)

    with LlmServer(answer) as server, pytest.raises(ContentError, match="1 of 7 answers are unusable"):
        ask(db, server, concurrency=1)
    assert db.table("answers").count == 6


def test_a_key_that_a_server_echoes_in_an_answer_is_not_kept(db, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MY_KEY", "topsecret123")

    def answer(question: str, number: int) -> Reply:
        return completion(f"1. key-shaped folds of {asked_class(question)}\n2. topsecret123 {number}")

    with LlmServer(answer) as server:
        described = ask(db, server, key_env="MY_KEY")
    assert described.description_set.descriptions[0].descriptors[0] == "key-shaped folds of happiness"
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"topsecret123" not in (tmp_path / "words.db").read_bytes()


def test_an_answer_that_another_process_got_meanwhile_is_not_asked_for_again(db, tmp_path: Path) -> None:
    with LlmServer(good) as server:
        questions = plan(server, {})
        alone = Manner(patience=QUICK, concurrency=1)

        def describe_alone() -> None:
            with open_store(tmp_path / "words.db") as second:
                describe(second, questions, manner=alone)

        def other_process(name: str, event: str, detail: str) -> None:
            if event == "answered" and len(server.requests) == 1:
                thread = threading.Thread(target=describe_alone)
                thread.start()
                thread.join()

        describe(db, questions, manner=alone, on_event=other_process)
        assert len(server.requests) == 7


def test_a_store_that_cannot_be_written_costs_no_answer(db) -> None:
    db.execute("CREATE TRIGGER full BEFORE INSERT ON prompts BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with LlmServer(good) as server, pytest.raises(sqlite3.IntegrityError, match="disk full"):
        ask(db, server)
    assert server.requests == []


def test_no_part_of_a_key_that_a_server_echoes_is_shown_or_stored(db, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MY_KEY", "sk-topsecret-123456")
    reply = error(401, "Incorrect API key provided: sk-topsecret-123456")
    with LlmServer(lambda question, number: reply) as server, pytest.raises(ConfigurationError) as caught:
        ask(db, server, key_env="MY_KEY")
    assert server.authorizations[0] == "Bearer sk-topsecret-123456"
    assert "topsecret" not in caught.value.message + caught.value.hint
    assert "MY_KEY" in caught.value.message
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"topsecret" not in (tmp_path / "words.db").read_bytes()


def test_an_answer_that_trickles_is_given_up_at_the_deadline(db) -> None:
    impatient = Patience(attempts=1, answer=0.3)
    late = Reply(body=b"{}", delay=1.5)
    with (
        LlmServer(lambda question, number: late) as server,
        pytest.raises(ProviderError, match="did not answer in time"),
    ):
        ask(db, server, patience=impatient, concurrency=7)


def test_an_unreachable_server_is_named(db) -> None:
    with pytest.raises(ProviderError, match=r"cannot reach http://127.0.0.1:9/v1"):
        ask(db, "http://127.0.0.1:9/v1", patience=Patience(attempts=1))


def test_a_refusal_is_kept_but_no_set_is_made_and_it_is_asked_again(db) -> None:
    def answer(question: str, number: int) -> Reply:
        return completion("I'm sorry, but I can't.") if "disgust" in question else good(question, number)

    with LlmServer(answer) as server:
        with pytest.raises(ContentError, match="disgust: the model refused"):
            ask(db, server)
        assert db.table("answers").count == 7
        assert list_sets(db) == []
        with pytest.raises(ContentError):
            ask(db, server)
        assert len(server.requests) == 8


def long_answer(question: str, number: int) -> Reply:
    name = asked_class(question)
    lines = [f"{i}. sign number {i} of {name} with many more words than anybody needs" for i in range(1, 9)]
    return completion("\n".join(lines))


def test_text_over_the_budget_is_an_error_with_class_count_budget_and_the_words_beyond(db) -> None:
    with LlmServer(long_answer) as server, pytest.raises(ContentError) as caught:
        ask(db, server)
    assert "happiness: 1" in caught.value.message
    assert "budget is 67; beyond it: " in caught.value.message
    assert "than anybody needs" in caught.value.message
    assert "trim" in caught.value.hint
    assert list_sets(db) == []
    assert db.table("answers").count == 7


def test_trimming_drops_whole_descriptors_from_the_end_and_records_them(db) -> None:
    with LlmServer(long_answer) as server:
        described = ask(db, server, on_overflow="trim")
    description = described.description_set.descriptions[0]
    assert description.tokens <= 67
    assert description.dropped
    assert (*description.descriptors, *description.dropped) == tuple(
        f"sign number {i} of happiness with many more words than anybody needs" for i in range(1, 9)
    )


def test_a_smaller_context_leaves_a_larger_budget(db) -> None:
    def answer(question: str, number: int) -> Reply:
        words = " ".join(["brow"] * 68) + " " + asked_class(question)
        return completion(f"1. {words}")

    with LlmServer(answer) as server:
        with pytest.raises(ContentError, match="70 tokens, but the budget is 67"):
            ask(db, server)
        assert ask(db, server, context_tokens=4).description_set.descriptions[0].tokens == 70


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1. same words for all", "cannot tell them apart"),
        ("Sure! Here they are:", "no descriptor"),
        ("1. raised brows <end_of_text> {name}", "<end_of_text>"),
    ],
)
def test_answers_that_clip_could_not_use_make_no_set(db, text: str, said: str) -> None:
    def answer(question: str, number: int) -> Reply:
        return completion(text.replace("{name}", asked_class(question)))

    with LlmServer(answer) as server, pytest.raises(ContentError, match=said):
        ask(db, server)
    assert list_sets(db) == []
    assert db.table("answers").count == 7


def test_offline_serves_the_cache_and_says_what_is_missing(db) -> None:
    with LlmServer(good) as server:
        with pytest.raises(ProviderError, match="7 of 7 answers are not cached"):
            ask(db, server, offline=True)
        ask(db, server)
        requests = len(server.requests)
        assert not ask(db, server, offline=True).created
        assert len(server.requests) == requests


def test_a_missing_key_is_no_problem_where_everything_is_cached(db, monkeypatch) -> None:
    with LlmServer(good) as server:
        monkeypatch.setenv("MY_KEY", "k")
        ask(db, server, key_env="MY_KEY")
        monkeypatch.delenv("MY_KEY")
        assert ask(db, server, key_env="MY_KEY").calls_made == 0
        with pytest.raises(ConfigurationError, match="MY_KEY is not set"):
            ask(db, server, key_env="MY_KEY", refresh=True)


def test_another_template_with_the_same_question_shares_the_answers(db) -> None:
    renamed = parse_template(name="mine", text=PROMPT.body)
    with LlmServer(good) as server:
        first = ask(db, server)
        other = ask(db, server, template=renamed)
        assert len(server.requests) == 7
    assert other.created
    assert other.description_set.texts == first.description_set.texts


def test_answers_of_several_models_in_one_set_are_warned_of(db) -> None:
    def answer(question: str, number: int) -> Reply:
        name = asked_class(question)
        return completion(f"1. sign {name}\n2. other {name}", model=f"test-model-{number % 2}")

    with LlmServer(answer) as server:
        assert "several models" in ask(db, server).warnings[0]


def test_never_more_than_the_asked_number_of_questions_at_once(db) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def answer(question: str, number: int) -> Reply:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        threading.Event().wait(0.05)
        with lock:
            now -= 1
        return good(question, number)

    with LlmServer(answer) as server:
        ask(db, server, concurrency=3)
    assert most == 3


def test_the_offline_author_needs_no_server_and_says_so_in_the_provenance(db) -> None:
    described = describe(db, plan_questions(load_class_set("mafw43"), PROMPT, model="builtin/facs"))
    assert described.description_set.provenance.kind == "builtin"
    assert described.description_set.provenance.endpoint is None
    assert len(described.description_set.descriptions) == 43
    again = describe(db, plan_questions(load_class_set("mafw43"), PROMPT, model="builtin/facs"))
    assert len(again.cached) == 43


def test_the_offline_author_behind_http_gives_the_same_words(db) -> None:
    direct = describe(db, plan_questions(DFEW, PROMPT, model="builtin/facs"))
    with facs_server() as base_url:
        served = ask(db, base_url, model="builtin/facs")
    assert served.description_set.texts == direct.description_set.texts
    assert served.description_set.provenance.kind == "llm"
    assert served.calls_made == 7


def test_a_server_that_is_asked_for_the_offline_author_really_is_asked(db) -> None:
    with pytest.raises(ProviderError, match="cannot reach"):
        ask(db, "http://127.0.0.1:9/v1", model="builtin/facs")


def test_the_offline_author_says_which_class_it_does_not_know(db, tmp_path: Path) -> None:
    (tmp_path / "moods.json").write_text('["anger", "boredom"]')
    questions = plan_questions(load_class_set(str(tmp_path / "moods.json")), PROMPT, model="builtin/facs")
    with pytest.raises(ContentError, match="boredom"):
        describe(db, questions)
    assert db.table("answers").count == 1


def test_what_waits_for_a_rate_limit_is_not_asked_after_a_terminal_failure(db) -> None:
    def answer(question: str, number: int) -> Reply:
        if "happiness" in question:
            return error(429, "slow down", **{"Retry-After": "2"})
        return error(402, "no credit")

    with LlmServer(answer) as server, pytest.raises(ProviderError, match="no credit"):
        ask(db, server, concurrency=2)
    assert sum("happiness" in question for question in server.questions) == 1
    assert len(server.requests) <= 3


def test_answers_in_flight_when_the_asking_stops_are_still_kept(db) -> None:
    def answer(question: str, number: int) -> Reply:
        if "happiness" in question:
            return error(402, "no credit")
        reply = good(question, number)
        reply.delay = 0.5
        return reply

    with LlmServer(answer) as server, pytest.raises(ProviderError, match="3 of 7 answers are there"):
        ask(db, server, concurrency=4)
    assert db.table("answers").count == 3
    assert len(server.requests) == 4
