"""`dfer describe` against llmock, which fails on demand over real HTTP and judges its client's retries.

    python .ci/llmock_check.py      installs llmock in a folder that is removed afterwards

llmock says what a script tells it to, in the order in which requests arrive, whatever the question. So the
first answers are the first classes' where one question is asked at a time, as here unless a check says else.
"""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LLMOCK = "llmock==0.2.2"
CLASSES = "anger disgust fear happiness neutral sadness surprise contempt anxiety helplessness disappointment"
NAMES = CLASSES.split()


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        assert self.code == 0, self.err
        content: dict[str, Any] = json.loads(self.out)
        return content


@dataclass(frozen=True)
class Workplace:
    """A running llmock, and an empty folder with a store of its own for each check."""

    llmock: str
    folder: Path

    def script(self, *behaviours: dict[str, Any]) -> None:
        self._call("POST", "scenario", {"behaviors": behaviours})

    def requests(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._call("GET", "requests")["requests"]
        return found

    def findings(self) -> list[str]:
        return [finding["code"] for finding in self._call("GET", "verdict")["findings"]]

    def reset(self) -> None:
        self._call("POST", "reset")

    def describe(self, options: str = "") -> Done:
        server = f"--model m --base-url {self.llmock}/v1"
        return self.dfer(f"describe --classes mafw11 {server} --concurrency 1 --json {options}")

    def dfer(self, command: str) -> Done:
        done = subprocess.run(["dfer", *command.split()], cwd=self.folder, capture_output=True, text=True)
        assert "Traceback" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def stored(self, columns_of: str) -> list[Any]:
        with closing(sqlite3.connect(self.folder / "dfer.db")) as db:
            rows = db.execute(f"SELECT {columns_of} ORDER BY id").fetchall()
        return [row[0] if len(row) == 1 else row for row in rows]

    def _call(self, method: str, what: str, content: Any = None) -> Any:
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(f"{self.llmock}/_llmock/{what}", data=body, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)


def fail(status: int, *, times: int | None, **more: Any) -> dict[str, Any]:
    return {"type": "fail", "status": status, "times": times, **more}


def replies(names: list[str] = NAMES) -> list[dict[str, Any]]:
    """An answer for each class, to be given once."""
    return [{"type": "reply", "text": f"1. first sign {name}\n2. second sign {name}"} for name in names]


def a_good_run_has_every_answer_and_a_second_one_makes_no_call(at: Workplace) -> None:
    at.script(*replies())
    made = at.describe().json
    assert made["calls"] == {"cached": 0, "made": 11, "failed": 0}
    assert {c["class"]: c["descriptors"] for c in made["classes"]} == {
        name: [f"first sign {name}", f"second sign {name}"] for name in NAMES
    }
    assert [request["path"] for request in at.requests()] == ["/v1/chat/completions"] * 11
    again = at.describe().json
    assert again["calls"] == {"cached": 11, "made": 0, "failed": 0}
    assert (again["set"], again["created"], again["hash"]) == ("v1", False, made["hash"])
    assert len(at.requests()) == 11
    assert at.findings() == []


def the_responses_api_is_asked_as_well(at: Workplace) -> None:
    at.script(*replies())
    assert at.describe("--api responses").json["calls"]["made"] == 11
    assert {request["path"] for request in at.requests()} == {"/v1/responses"}


def rate_limits_are_waited_for_by_all_and_then_everything_is_answered(at: Workplace) -> None:
    at.script(fail(429, times=3, retry_after=1), *replies())
    made = at.describe("--concurrency 4").json
    assert made["calls"]["made"] == 11
    failed = made["calls"]["failed"]
    assert at.stored("outcome, http_status FROM attempts") == [("rate limit", 429)] * failed
    assert failed == 3
    assert at.stored("verdict FROM answers") == ["clean"] * 11
    assert at.findings() == [], "llmock saw a Retry-After ignored"


def a_refused_key_ends_the_run_at_once(at: Workplace) -> None:
    at.script(fail(401, times=None))
    done = at.describe()
    assert (done.code, done.out) == (3, ""), done
    assert "wants a key" in done.err
    assert [request["status"] for request in at.requests()] == [401]
    assert at.stored("outcome, http_status FROM attempts") == [("unauthorised", 401)]
    assert at.stored("verdict FROM answers") == []
    assert at.findings() == [], "llmock saw a 401 tried again"


def a_server_that_is_down_is_tried_again_and_given_up(at: Workplace) -> None:
    at.script(fail(503, times=None))
    done = at.describe("--attempts 2 --concurrency 4")
    assert (done.code, done.out) == (4, ""), done
    assert "answered 503" in done.err
    assert "run the same command again" in done.err
    assert [request["status"] for request in at.requests()] == [503] * 22
    assert at.stored("outcome, http_status FROM attempts") == [("server error", 503)] * 22
    assert at.findings() == [], "llmock saw retries without a pause"


def what_was_answered_before_a_failure_is_not_asked_again(at: Workplace) -> None:
    at.script(fail(503, times=3), *replies(NAMES[3:]))
    done = at.describe("--attempts 1")
    assert done.code == 4, done
    assert "8 of 11 answers are there; missing: anger, disgust, fear" in done.err
    at.script(*replies(NAMES[:3]))
    made = at.describe().json
    assert made["calls"] == {"cached": 8, "made": 3, "failed": 0}
    assert [c["descriptors"][0] for c in made["classes"]] == [f"first sign {name}" for name in NAMES]
    assert len(at.requests()) == 14


def empty_answers_are_asked_for_once_more_and_then_unusable(at: Workplace) -> None:
    at.script({"type": "reply", "text": "", "times": None})
    done = at.describe()
    assert (done.code, done.out) == (5, ""), done
    assert "11 of 11 answers are unusable" in done.err
    assert len(at.requests()) == 22
    assert at.stored("verdict FROM answers") == ["empty"] * 22


def an_answer_cut_at_the_output_limit_is_unusable_and_kept(at: Workplace) -> None:
    at.script({"type": "reply", "text": "1. raised br", "finish_reason": "length", "times": None})
    done = at.describe("--max-output-tokens 5")
    assert (done.code, done.out) == (5, ""), done
    assert at.stored("verdict FROM answers") == ["length"] * 11
    assert at.stored("text FROM answers") == ["1. raised br"] * 11


def an_answer_that_takes_too_long_is_given_up(at: Workplace) -> None:
    at.script({"type": "delay", "seconds": 2, "times": 1}, *replies(["late", *NAMES[1:]]))
    done = at.describe("--timeout 1 --attempts 1")
    assert done.code == 4, done
    assert "did not answer in time" in done.err
    assert "10 of 11 answers are there; missing: anger" in done.err


def a_slow_answer_within_the_time_is_an_answer(at: Workplace) -> None:
    at.script({"type": "delay", "seconds": 1, "times": 4}, *replies())
    assert at.describe("--timeout 5 --concurrency 4").json["calls"]["made"] == 11


def the_models_are_listed(at: Workplace) -> None:
    listed = json.loads(at.dfer(f"models --base-url {at.llmock}/v1 --json").out)["models"]
    assert len(listed) == 7, listed
    assert all(model["name"] for model in listed)


CHECKS: list[Callable[[Workplace], None]] = [
    a_good_run_has_every_answer_and_a_second_one_makes_no_call,
    the_responses_api_is_asked_as_well,
    rate_limits_are_waited_for_by_all_and_then_everything_is_answered,
    a_refused_key_ends_the_run_at_once,
    a_server_that_is_down_is_tried_again_and_given_up,
    what_was_answered_before_a_failure_is_not_asked_again,
    empty_answers_are_asked_for_once_more_and_then_unusable,
    an_answer_cut_at_the_output_limit_is_unusable_and_kept,
    an_answer_that_takes_too_long_is_given_up,
    a_slow_answer_within_the_time_is_an_answer,
    the_models_are_listed,
]


def install(venv: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = subprocess.run(
        [venv / "bin/pip", "install", "--quiet", LLMOCK], stderr=subprocess.PIPE, text=True, check=False
    )
    if pip.returncode:
        sys.exit(f"{pip.stderr}\n{LLMOCK} cannot be installed, so nothing was checked")
    return venv / "bin/llmock"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(100):
        assert server.poll() is None, "llmock ended"
        try:
            urllib.request.urlopen(f"{url}/health", timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("llmock did not start")


def main() -> None:
    for name in [name for name in os.environ if name.startswith(("OPENAI_", "DFER_"))]:
        del os.environ[name]
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    with tempfile.TemporaryDirectory() as temporary:
        program = install(Path(temporary) / "venv")
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        with (Path(temporary) / "log").open("wb") as log:
            server = subprocess.Popen([program, "serve", "--port", str(port)], stdout=log, stderr=log)
        try:
            wait_for(url, server)
            for number, check in enumerate(CHECKS):
                at = Workplace(url, Path(temporary) / str(number))
                at.folder.mkdir()
                at.reset()
                started = time.monotonic()
                check(at)
                seconds = time.monotonic() - started
                print(f"ok  {check.__name__.replace('_', ' ')} ({seconds:.1f} s)", flush=True)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
