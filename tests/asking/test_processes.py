"""`dfer describe` in processes of their own: killed, interrupted, and several at once on one store."""

import json
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dfer.class_sets import load_class_set
from tests.asking.command import start
from tests.cli.conftest import Outcome
from tests.describe.asking import asked_class
from tests.llm_server import LlmServer, Reply, completion, error

MAFW = load_class_set("mafw11").names
AT_ONCE = 2
PATIENCE = 30.0

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def describe(tmp_path: Path) -> Iterator[Start]:
    """Starts `dfer describe` of MAFW's eleven classes, two questions at a time."""
    processes = []

    def start_describing(server: LlmServer, options: str = "") -> subprocess.Popen[str]:
        command = f"describe --classes mafw11 --base-url {server.base_url} --concurrency {AT_ONCE} --json"
        # A shell that runs the tests in the background may have us ignore Ctrl-C, which is inherited.
        processes.append(start(tmp_path, f"{command} --model test-model {options}", before=heed_ctrl_c))
        return processes[-1]

    yield start_describing
    for process in processes:
        process.kill()
        process.communicate()


def heed_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def ended(process: subprocess.Popen[str]) -> Outcome:
    out, err = process.communicate(timeout=PATIENCE)
    return Outcome(code=process.returncode, out=out, err=err)


def good(question: str, number: int) -> Reply:
    name = asked_class(question, MAFW)
    return completion(f"1. first sign {name}\n2. second sign {name}\n3. third sign {name}")


class Stuck:
    """Good answers, but those to the seventh and eighth request never come.

    With two questions at a time, six answers are stored when the eighth request arrives.
    """

    def __init__(self) -> None:
        self.is_stuck = threading.Event()
        self.over = threading.Event()

    def __call__(self, question: str, number: int) -> Reply:
        if number in (7, 8):
            if number == 8:
                self.is_stuck.set()
            self.over.wait(PATIENCE)
        return good(question, number)


class Together:
    """Good answers, the first of them when so many processes have asked.

    A process asks two questions and waits for an answer, so a third question comes from a second process.
    """

    def __init__(self, processes: int) -> None:
        self.needed = AT_ONCE * (processes - 1) + 1
        self.everyone = threading.Event()

    def __call__(self, question: str, number: int) -> Reply:
        if number >= self.needed:
            self.everyone.set()
        assert self.everyone.wait(PATIENCE), "the processes did not run at the same time"
        return good(question, number)


def stored(folder: Path) -> set[str]:
    """The questions whose answer is in the store."""
    identities = [json.loads(identity) for (identity,) in query(folder, "SELECT identity FROM answers")]
    return {identity["messages"][-1]["content"] for identity in identities}


def query(folder: Path, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(folder / "dfer.db")) as db:
        return db.execute(sql).fetchall()


@pytest.mark.slow
def test_after_kill_9_only_what_is_missing_is_asked_and_nothing_waits_for_the_dead(
    describe: Start, tmp_path: Path
) -> None:
    answer = Stuck()
    with LlmServer(answer) as server:
        killed = describe(server)
        assert answer.is_stuck.wait(PATIENCE)
        killed.kill()
        killed.communicate()
        answer.over.set()
        kept = stored(tmp_path)
        assert kept == set(server.questions[:6])
        assert len(query(tmp_path, "SELECT * FROM claims")) == AT_ONCE

        done = ended(describe(server))
        assert (done.code, done.json["set"], done.json["created"]) == (0, "v1", True)
        assert [c["class"] for c in done.json["classes"]] == list(MAFW)
        assert done.json["calls"] == {"cached": 6, "made": 5, "failed": 0}

        in_flight, asked_now = set(server.questions[6:8]), server.questions[8:]
        assert len(asked_now) == len(set(asked_now)) == 5
        assert not set(asked_now) & kept
        assert set(asked_now) > in_flight
        assert "another process is asking this" not in done.err


def test_ctrl_c_keeps_what_arrived_says_how_to_go_on_and_leaves_no_claim_to_wait_for(
    describe: Start, tmp_path: Path
) -> None:
    answer = Stuck()
    with LlmServer(answer) as server:
        interrupted = describe(server)
        assert answer.is_stuck.wait(PATIENCE)
        interrupted.send_signal(signal.SIGINT)
        done = ended(interrupted)
        answer.over.set()
        assert (done.code, done.out) == (130, "")
        assert "interrupted" in done.err
        assert "what was answered, packed or finished is kept; the same command does the rest" in done.err
        assert "Traceback" not in done.err
        kept = stored(tmp_path)
        assert kept == set(server.questions[:6])
        assert query(tmp_path, "SELECT * FROM claims") == []

        done = ended(describe(server))
        assert (done.code, done.json["set"]) == (0, "v1")
        assert done.json["calls"] == {"cached": 6, "made": 5, "failed": 0}
        assert "another process is asking this" not in done.err
        assert not set(server.questions[8:]) & kept


@pytest.mark.parametrize("processes", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_processes_that_describe_the_same_at_once_share_every_answer_and_make_one_set(
    describe: Start, tmp_path: Path, processes: int
) -> None:
    with LlmServer(Together(processes)) as server:
        ends = [ended(process) for process in [describe(server) for _ in range(processes)]]
        asked = Counter(server.questions)
    assert [done.code for done in ends] == [0] * processes
    assert list(asked.values()) == [1] * 11
    assert {(done.json["set"], done.json["hash"]) for done in ends} == {("v1", ends[0].json["hash"])}
    assert sorted(done.json["created"] for done in ends) == [False] * (processes - 1) + [True]
    calls = [done.json["calls"] for done in ends]
    assert sum(call["made"] for call in calls) == 11
    assert [call["made"] + call["cached"] for call in calls] == [11] * processes
    assert any("another process is asking this" in done.err for done in ends)
    assert query(tmp_path, "SELECT count(*), count(DISTINCT verdict) FROM answers") == [(11, 1)]
    assert query(tmp_path, "SELECT * FROM claims") == []


def test_processes_with_different_models_do_not_get_in_each_others_way(
    describe: Start, tmp_path: Path
) -> None:
    with LlmServer(Together(2)) as server:
        ends = [ended(process) for process in [describe(server, f"--model {name}") for name in "ab"]]
        asked = Counter(request["model"] for request in server.requests)
    assert [done.code for done in ends] == [0, 0]
    assert asked == {"a": 11, "b": 11}
    assert sorted(done.json["set"] for done in ends) == ["v1", "v2"]
    assert [done.json["calls"] for done in ends] == [{"cached": 0, "made": 11, "failed": 0}] * 2
    assert all("another process" not in done.err for done in ends)
    made = query(tmp_path, "SELECT model, count(*) FROM description_sets GROUP BY model ORDER BY model")
    assert made == [("a", 1), ("b", 1)]


def test_who_waits_for_an_answer_that_fails_asks_for_it_itself(describe: Start, tmp_path: Path) -> None:
    both = threading.Event()

    def answer(question: str, number: int) -> Reply:
        if number == 1:
            # Held until the second process has asked, which has then met the claim on this first question.
            assert both.wait(PATIENCE)
            return error(500, "out of order")
        return good(question, number)

    with LlmServer(answer) as server:
        unlucky = describe(server, "--concurrency 1 --attempts 1")
        wait_until(lambda: len(server.requests) >= 1)
        waiting = describe(server, "--concurrency 1 --attempts 1")
        wait_until(lambda: len(server.requests) >= 2)
        both.set()
        first, second = ended(unlucky), ended(waiting)
        asked = Counter(asked_class(question, MAFW) for question in server.questions)
    assert first.code == 4
    assert "answered 500: 'out of order'" in first.err
    assert "missing: anger" in first.err
    assert "anger  waiting  another process is asking this" in second.err
    assert (second.code, second.json["set"], second.json["created"]) == (0, "v1", True)
    assert asked == dict.fromkeys(MAFW, 1) | {"anger": 2}
    assert query(tmp_path, "SELECT outcome, http_status FROM attempts") == [("server error", 500)]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
