"""Table (d1) of reference/llm.md, line by line: what goes wrong on the way, and what `dfer describe` does.

Everything goes over real sockets. Each test names its line, and says how it ended, in which words, how many
requests the server saw, and what was stored; `conftest.py` adds that no key is anywhere.

| line of the table | also shown by |
|---|---|
| Ctrl-C | `test_processes.py`, with a real signal |
| Double run in two shells | `test_processes.py`, with real processes |
"""

import gzip
import json
import resource
import socket
import sqlite3
import threading
import time
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from dfer.describe.asking.patience import Patience
from tests.asking.command import (
    KEY,
    PART_OF_KEY,
    REAL_WAIT,
    Certificate,
    Describe,
    Kept,
    UseProxy,
    check_refused,
)
from tests.describe.asking import DFEW, asked_class, good
from tests.llm_server import JSON, LlmServer, Reply, completion, error, model_list, response

CLASSES = len(DFEW.names)
WEB_PAGE = Reply(body=b"<!doctype html><title>Login</title>", headers={"Content-Type": "text/html"})
CLEAN = ["clean"] * CLASSES
BEARER = f"Bearer {KEY}"


def always(reply: Reply):
    return lambda question, number: reply


def first(reply: Reply, *, times: int = 1):
    """This reply to the first requests, then good answers."""
    return lambda question, number: reply if number <= times else good(question, number)


def about(name: str, reply: Reply):
    """This reply to the questions about one class, good answers to the others."""
    return lambda question, number: reply if name in question else good(question, number)


# d1: No key


def test_without_a_key_nothing_is_asked_and_both_ways_out_are_named(
    describe: Describe, use_proxy: UseProxy
) -> None:
    with LlmServer(good) as internet:
        use_proxy(internet)
        done = describe(None)
        assert internet.connections == 0
    check_refused(done, 3, "no API key: OPENAI_API_KEY is not set", "--provider or --base-url")
    assert describe.kept == Kept()


def test_an_empty_key_is_no_key(describe: Describe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_KEY", " \n")
    with LlmServer(good) as server:
        check_refused(describe(server), 3, "no API key: LLM_KEY is not set")
        assert server.connections == 0


@pytest.mark.parametrize("options", ["", "--offline"])
def test_without_a_key_what_is_cached_is_served(
    describe: Describe, monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    with LlmServer(good) as server:
        first_set = describe(server, "--json").json
        monkeypatch.delenv("LLM_KEY")
        again = describe(server, f"--json {options}").json
        assert len(server.requests) == CLASSES
    assert (again["hash"], again["created"], again["calls"]["made"]) == (first_set["hash"], False, 0)
    assert describe.kept == Kept(answers=CLEAN, sets=1)


def test_offline_says_what_is_missing_and_asks_nothing(describe: Describe) -> None:
    with LlmServer(good) as server:
        done = describe(server, "--offline")
        assert server.connections == 0
    check_refused(done, 4, "7 of 7 answers are not cached: happiness, sadness", "without --offline")
    assert describe.kept == Kept()


# d1: Local server, no key


def test_a_server_that_needs_no_key_gets_a_dummy(describe: Describe) -> None:
    with LlmServer(good) as server:
        assert describe(None, f"--base-url {server.base_url}").code == 0
    assert set(server.authorizations) == {"Bearer not-needed"}
    assert describe.kept == Kept(answers=CLEAN, sets=1)


# d1: OpenAI key + foreign base URL


@pytest.mark.parametrize(
    ("environment", "options", "sent"),
    [
        ({}, "--base-url {}", "Bearer not-needed"),
        ({}, "--base-url {} --key-env OPENAI_API_KEY", BEARER),
        ({"OPENAI_BASE_URL": "{}"}, "", BEARER),
        ({"OPENAI_BASE_URL": "{}/"}, "--base-url {}", BEARER),
        ({"OPENAI_BASE_URL": "http://other.example/v1"}, "--base-url {}", "Bearer not-needed"),
        ({"DFER_API_KEY_ENV": "OPENAI_API_KEY"}, "--base-url {}", BEARER),
    ],
)
def test_the_openai_key_goes_only_where_the_user_sends_it(
    describe: Describe, monkeypatch: pytest.MonkeyPatch, environment: dict, options: str, sent: str
) -> None:
    with LlmServer(good) as server:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        for name, value in environment.items():
            monkeypatch.setenv(name, value.format(server.base_url))
        assert describe(None, options.format(server.base_url)).code == 0
    assert server.authorizations == [sent] * CLASSES


def test_nothing_else_of_an_openai_account_goes_to_another_server(
    describe: Describe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-mine")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"X-Mine: custom-mine\nAuthorization: Bearer {KEY}")
    with LlmServer(good) as server:
        assert describe(None, f"--base-url {server.base_url}").code == 0
    sent = json.dumps(server.headers)
    assert "mine" not in sent
    assert KEY not in sent


PROVIDERS = [
    # provider, environment variable of its key, address, name of the output limit
    ("ollama", None, "http://localhost:11434/v1", "max_tokens"),
    ("llamacpp", None, "http://localhost:8080/v1", "max_tokens"),
    ("vllm", None, "http://localhost:8000/v1", "max_tokens"),
    ("lmstudio", None, "http://localhost:1234/v1", "max_tokens"),
    ("openai", "OPENAI_API_KEY", "api.openai.com:443", "max_completion_tokens"),
    ("openrouter", "OPENROUTER_API_KEY", "openrouter.ai:443", "max_tokens"),
]


@pytest.mark.parametrize(("provider", "variable", "where", "limit"), PROVIDERS, ids=lambda value: str(value))
def test_a_provider_is_asked_at_its_address_with_its_own_key_and_in_its_own_words(
    describe: Describe,
    use_proxy: UseProxy,
    monkeypatch: pytest.MonkeyPatch,
    certificate: Certificate,
    provider: str,
    variable: str | None,
    where: str,
    limit: str,
) -> None:
    """A proxy stands for the internet, and for every port of this machine."""
    for _, key_variable, _, _ in PROVIDERS:
        if key_variable:
            monkeypatch.setenv(key_variable, f"{KEY}-{key_variable}")
    with LlmServer(good, tls_in_tunnel=certificate.server) as internet:
        use_proxy(internet)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.pem))
        done = describe(None, f"--provider {provider} --max-output-tokens 99")
    assert done.code == 0, done.err
    if where.startswith("http"):
        assert internet.requests[0]["path"] == f"{where}/chat/completions"
    else:
        assert set(internet.tunnels) == {where}
    assert set(internet.authorizations) == {f"Bearer {KEY}-{variable}" if variable else "Bearer not-needed"}
    assert (internet.requests[0][limit], len(internet.requests)) == (99, CLASSES)


@pytest.mark.parametrize(
    ("provider", "variable"), [("openai", "OPENAI_API_KEY"), ("openrouter", "OPENROUTER_API_KEY")]
)
def test_a_provider_whose_key_is_not_set_is_not_asked(
    describe: Describe, use_proxy: UseProxy, provider: str, variable: str
) -> None:
    with LlmServer(good) as internet:
        use_proxy(internet)
        done = describe(None, f"--provider {provider}")
        assert internet.connections == 0
    check_refused(done, 3, f"no API key: {variable} is not set")


def test_the_key_of_a_provider_does_not_go_to_another_address_of_it(
    describe: Describe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    with LlmServer(good) as server:
        assert describe(None, f"--provider openrouter --base-url {server.base_url}").code == 0
    assert set(server.authorizations) == {"Bearer not-needed"}


# d1: Key with newline / non-ASCII


def test_white_space_around_a_key_is_not_sent(describe: Describe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_KEY", f" {KEY}\r\n")
    with LlmServer(good) as server:
        assert describe(server).code == 0
    assert set(server.authorizations) == {BEARER}


@pytest.mark.parametrize("wrong", ["{}\n{}", "{} {}", "{}é", "“{}”"])
def test_a_key_that_cannot_be_one_is_refused_before_anything_is_asked(
    describe: Describe, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("LLM_KEY", wrong.format(KEY, KEY))
    with LlmServer(good) as server:
        done = describe(server)
        assert server.connections == 0
    check_refused(done, 3, "the key in LLM_KEY holds characters that no key has", "plain ASCII")


# d1: 401


@pytest.mark.parametrize(
    "said",
    [
        f"Incorrect API key provided: {KEY}.",
        "Incorrect API key provided: sk-proj-verysecret*******6789.",
        f"Incorrect API key provided: Bearer {KEY}",
    ],
)
def test_a_key_that_is_not_accepted_stops_the_run_and_its_variable_is_named(
    describe: Describe, said: str
) -> None:
    with LlmServer(always(error(401, said, code="invalid_api_key"))) as server:
        done = describe(server)
        assert len(server.requests) == 1
    check_refused(done, 3, "does not accept the key from LLM_KEY", "(key)", "set the right key")
    assert describe.kept == Kept(attempts=[("unauthorised", 401)])


def test_a_server_that_wants_a_key_and_got_none_is_told_apart(
    describe: Describe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with LlmServer(always(error(401, "no key"))) as server:
        done = describe(None, f"--base-url {server.base_url}")
        assert len(server.requests) == 1
    check_refused(done, 3, "wants a key, and none was sent", "--key-env", "OPENAI_API_KEY is not sent")
    assert describe.kept == Kept(attempts=[("unauthorised", 401)])


def test_questions_in_flight_when_the_key_is_refused_are_the_last(describe: Describe) -> None:
    with LlmServer(always(error(401, "no"))) as server:
        done = describe(server, "--concurrency 3")
        assert len(server.requests) <= 3
    assert done.code == 3
    assert len(describe.kept.attempts) == len(server.requests)


# d1: 403


def test_a_forbidden_request_stops_the_run_and_region_and_access_are_named(describe: Describe) -> None:
    said = "Country, region, or territory not supported"
    with LlmServer(always(error(403, said, code="unsupported_country_region_territory"))) as server:
        done = describe(server)
        assert len(server.requests) == 1
    check_refused(done, 3, "answered 403", said, "does the key have access", "region")
    assert describe.kept == Kept(attempts=[("forbidden", 403)])


# d1: 404 model


NO_MODEL = error(404, "The model does not exist or you do not have access to it.", code="model_not_found")


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("gtp-5.1-mini", ["nearest that the server offers: gpt-5.1-mini", "your account may"]),
        ("gpt-4", ["gpt-4 with the shutdown date 2026-10-23"]),
        ("gpt-4-turbo-preview", ["gpt-4-turbo (until 2026-10-23)", "your account may"]),
        ("GPT-5.1", ["lists gpt-5.1: spell it so", "your account may not be allowed"]),
        (
            "zzz",
            ["the server offers gpt-4 (until 2026-10-23)", "`dfer models` lists all", "your account may"],
        ),
    ],
)
def test_an_unknown_model_stops_the_run_and_the_server_is_asked_which_it_has(
    describe: Describe, model: str, said: list[str]
) -> None:
    offered = model_list("gpt-5.1", "gpt-5.1-mini", "o9", gpt_4="2026-10-23", gpt_4_turbo="2026-10-23")
    with LlmServer(always(NO_MODEL), models=offered) as server:
        done = describe(server, f"--model {model}")
        assert (len(server.requests), server.fetched) == (1, ["/v1/models"])
    check_refused(done, 3, f"knows no model '{model}'", *said)
    assert describe.kept == Kept(attempts=[("unknown model", 404)])


@pytest.mark.parametrize(
    "models",
    [
        None,
        error(401, "no list for you"),
        model_list(),
        Reply(body=b"<html>"),
        Reply(body=b'{"data": [7]}'),
        Reply(body=b'{"data": null}'),
        Reply(body=b'{"data": [{"id": null}]}'),
    ],
)
def test_an_unknown_model_at_a_server_that_lists_none_says_what_a_404_can_mean(
    describe: Describe, models: Reply | None
) -> None:
    with LlmServer(always(NO_MODEL), models=models) as server:
        done = describe(server)
        assert (len(server.requests), len(server.fetched)) == (1, 1)
    check_refused(
        done, 3, "knows no model 'test-model'", "check the model's name", "your account may not use"
    )


def test_the_models_of_a_server_are_listed_with_the_day_of_their_shutdown(describe: Describe) -> None:
    with LlmServer(good, models=model_list("gpt-6", gpt_4="2026-10-23")) as server:
        listed = describe.run(f"models --base-url {server.base_url} --key-env LLM_KEY --json").json
        assert server.requests == []
    assert [(m["name"], m["shutdown_date"]) for m in listed["models"]] == [
        ("gpt-4", "2026-10-23"),
        ("gpt-6", None),
    ]


# d1: 404 "only supported in v1/responses"


ONLY_RESPONSES = error(404, "This model is only supported in v1/responses and not in v1/chat/completions.")
NOT_A_CHAT_MODEL = error(
    404,
    "This is not a chat model and thus not supported in the v1/chat/completions endpoint. "
    "Did you mean to use v1/completions?",
    code="model_not_found",
)


class OnlyResponses:
    """A model that chat completions refuse."""

    def __init__(self, refusal: Reply) -> None:
        self.refusal = refusal
        self.server = LlmServer(self.answer)

    def answer(self, question: str, number: int) -> Reply:
        if self.server.requests[number - 1]["path"] == "/v1/chat/completions":
            return self.refusal
        name = asked_class(question)
        return response(f"1. first sign {name}\n2. second sign {name}")


@pytest.mark.parametrize(
    "refusal", [ONLY_RESPONSES, NOT_A_CHAT_MODEL], ids=["only responses", "no chat model"]
)
def test_a_model_of_the_responses_api_is_switched_to_once_and_remembered(
    describe: Describe, refusal: Reply
) -> None:
    with OnlyResponses(refusal).server as server:
        done = describe(server, "--json --max-output-tokens 300 --reasoning-effort low")
        assert len(server.requests) == 1 + CLASSES
        again = describe(server, "--json --max-output-tokens 300 --reasoning-effort low")
        assert len(server.requests) == 1 + CLASSES
    chat, sent = server.requests[:2]
    assert (chat["path"], chat["max_tokens"], chat["reasoning_effort"]) == (
        "/v1/chat/completions",
        300,
        "low",
    )
    assert (sent["path"], sent["max_output_tokens"]) == ("/v1/responses", 300)
    assert sent["reasoning"] == {"effort": "low"}
    assert set(sent) == {"path", "model", "input", "max_output_tokens", "reasoning"}
    assert done.json["calls"] == {"cached": 0, "made": CLASSES, "failed": 1}
    assert done.json["usage"] == {"input_tokens": 30 * CLASSES, "output_tokens": 20 * CLASSES}
    assert done.json["warnings"] == ["test-model is asked by the Responses API"]
    assert again.json["calls"] == {"cached": CLASSES, "made": 0, "failed": 0}
    assert (again.json["hash"], again.json["created"]) == (done.json["hash"], False)
    assert describe.kept == Kept(answers=CLEAN, attempts=[("other API", 404)], sets=1)
    assert describe.query("SELECT DISTINCT identity ->> 'api' FROM answers") == [("responses",)]
    assert describe.query("SELECT count(*), max(dropped) FROM key_aliases") == [(CLASSES, "[]")]


def test_with_chat_asked_for_the_api_is_not_switched(describe: Describe) -> None:
    with OnlyResponses(ONLY_RESPONSES).server as server:
        done = describe(server, "--api chat")
        assert len(server.requests) == 1
    check_refused(done, 3, "only supported in v1/responses", "--api auto switches")
    assert describe.kept == Kept(attempts=[("other API", 404)])


def test_what_the_other_api_answered_is_no_answer_where_chat_is_asked_for(describe: Describe) -> None:
    with OnlyResponses(ONLY_RESPONSES).server as server:
        assert describe(server).code == 0
        check_refused(describe(server, "--api chat"), 3, "only supported in v1/responses")
        assert len(server.requests) == 1 + CLASSES + 1


def test_a_text_completion_model_is_refused_by_both_apis_and_that_is_the_end(describe: Describe) -> None:
    with LlmServer(always(NOT_A_CHAT_MODEL)) as server:
        done = describe(server)
        assert [r["path"] for r in server.requests] == ["/v1/chat/completions", "/v1/responses"]
    check_refused(done, 3, "not a chat model")
    assert describe.kept == Kept(attempts=[("other API", 404), ("other API", 404)])


def test_a_seed_which_the_responses_api_lacks_is_left_out_only_with_the_users_word(
    describe: Describe,
) -> None:
    with OnlyResponses(ONLY_RESPONSES).server as server:
        check_refused(describe(server, "--seed 3"), 3, "only supported in v1/responses")
        assert len(server.requests) == 1
        done = describe(server, "--seed 3 --drop-unsupported --json")
        assert len(server.requests) == 1 + 1 + CLASSES
    assert "seed" not in server.requests[-1]
    assert done.json["warnings"] == ["test-model is asked by the Responses API, without seed"]
    assert describe.query("SELECT DISTINCT dropped FROM key_aliases") == [('["seed"]',)]


def test_the_responses_api_is_asked_directly_where_the_user_says_so(describe: Describe) -> None:
    with OnlyResponses(ONLY_RESPONSES).server as server:
        check_refused(describe(server, "--api responses --seed 3"), 2, "the Responses API has no seed")
        assert describe(server, "--api responses").code == 0
        assert {r["path"] for r in server.requests} == {"/v1/responses"}
    assert describe.kept == Kept(answers=CLEAN, sets=1)


# d1: 404 plain text


@pytest.mark.parametrize(
    "reply",
    [Reply(status=404, body=b"404 page not found"), Reply(status=404), error(404, "Not Found"),
     Reply(status=404, body=b'{"detail":"Not Found"}', headers=JSON), Reply(status=405, body=b"no")],
)  # fmt: skip
def test_an_address_without_v1_is_recognised(describe: Describe, reply: Reply) -> None:
    with LlmServer(always(reply)) as server:
        address = server.base_url.removesuffix("/v1")
        done = describe(address)
        assert len(server.requests) == 1
    check_refused(done, 3, address, f"try --base-url {address}/v1")
    assert [status for _, status in describe.kept.attempts] == [reply.status]


def test_a_wrong_path_is_not_taken_for_a_wrong_model(describe: Describe) -> None:
    """Some servers list their models at the root as well, where they answer no questions."""
    with LlmServer(
        always(Reply(status=404, body=b"404 page not found")), models=model_list("a", "b")
    ) as server:
        done = describe(server.base_url.removesuffix("/v1"))
    check_refused(done, 3, "/v1")
    assert "offers" not in done.err


def test_a_server_that_lists_its_models_does_not_find_the_model_whatever_it_says(describe: Describe) -> None:
    """mlx_lm.server says so of a model that it does not have."""
    reply = Reply(status=404, body=b"Cannot find an appropriate snapshot folder")
    with LlmServer(always(reply), models=model_list("test-modell", "b")) as server:
        done = describe(server)
    check_refused(done, 3, "the address is right, it lists models", "test-modell")


# d1: 400 unsupported temperature / max_tokens


def dislikes(name: str, reply: Reply) -> LlmServer:
    """A server that does not take one parameter."""

    def answer(question: str, number: int) -> Reply:
        return reply if name in server.requests[number - 1] else good(question, number)

    server = LlmServer(answer)
    return server


def unsupported(
    message: str, *, name: str | None = None, code: str | None = None, status: int = 400
) -> Reply:
    content = {"error": {"message": message, "type": "invalid_request_error", "param": name, "code": code}}
    return Reply(status=status, body=json.dumps(content).encode(), headers=JSON)


OPENAI_TEMPERATURE = unsupported(
    "Unsupported value: 'temperature' does not support 0.3 with this model. "
    "Only the default (1) value is supported.",
    name="temperature",
    code="unsupported_value",
)
VLLM_SEED = Reply(
    status=422,
    body=b'{"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}',
    headers=JSON,
)
OPENAI_MAX_TOKENS = unsupported(
    "Unsupported parameter: 'max_tokens' is not supported with this model. "
    "Use 'max_completion_tokens' instead.",
    name="max_tokens",
    code="unsupported_parameter",
)


@pytest.mark.parametrize(
    ("name", "options", "reply"),
    [
        ("temperature", "--temperature 0.3", OPENAI_TEMPERATURE),
        ("seed", "--seed 3", VLLM_SEED),
        (
            "reasoning_effort",
            "--reasoning-effort low",
            error(400, "Unrecognized request argument supplied: reasoning_effort"),
        ),
        ("top_k", "--param top_k=5", error(400, "unknown field: top_k")),
    ],
)
class TestAParameterThatTheServerDoesNotTake:
    def test_stops_the_run_and_is_named(
        self, describe: Describe, name: str, options: str, reply: Reply
    ) -> None:
        with dislikes(name, reply) as server:
            done = describe(server, options)
            assert len(server.requests) == 1
        value = options.split()[-1].partition("=")[2] or options.split()[-1]
        check_refused(done, 3, f"does not take {name}={value}", "--drop-unsupported")
        assert describe.kept == Kept(attempts=[("unsupported parameter", reply.status)])

    def test_is_left_out_with_the_users_word_and_that_is_recorded(
        self, describe: Describe, name: str, options: str, reply: Reply
    ) -> None:
        with dislikes(name, reply) as server:
            done = describe(server, f"{options} --drop-unsupported --json")
            assert len(server.requests) == 1 + CLASSES
            again = describe(server, f"{options} --drop-unsupported --json")
            assert len(server.requests) == 1 + CLASSES
            # Without that word, an answer to another question is none.
            check_refused(describe(server, options), 3, name)
            assert len(server.requests) == 1 + CLASSES + 1
        assert name in done.json["warnings"][0]
        assert "asked without it" in done.json["warnings"][0]
        assert (again.json["calls"]["cached"], again.json["created"]) == (CLASSES, False)
        assert describe.query("SELECT DISTINCT dropped FROM key_aliases") == [(f'["{name}"]',)]
        assert describe.query("SELECT DISTINCT identity ->> 'params' FROM answers") == [("{}",)]
        (provenance,) = describe.query("SELECT provenance FROM description_sets")[0]
        assert name in json.loads(provenance)["params"]
        assert json.loads(provenance)["sent"] == [{"api": "chat", "params": {}}]


@pytest.mark.parametrize(
    ("old", "new", "provider"),
    [
        ("max_tokens", "max_completion_tokens", ""),
        ("max_completion_tokens", "max_tokens", "--provider openai"),
    ],
)
def test_the_output_limit_is_sent_under_its_other_name_without_a_question(
    describe: Describe, old: str, new: str, provider: str
) -> None:
    reply = unsupported(f"Unsupported parameter: '{old}'", name=old, code="unsupported_parameter")
    with dislikes(old, reply) as server:
        done = describe(server, f"--max-output-tokens 99 --json {provider}")
        assert len(server.requests) == 1 + CLASSES
        again = describe(server, f"--max-output-tokens 99 --json {provider}")
        assert len(server.requests) == 1 + CLASSES
    assert [(r.get(old), r.get(new)) for r in server.requests] == [(99, None)] + [(None, 99)] * CLASSES
    assert done.json["warnings"] == [f"the server takes {new}, not {old}"]
    assert (again.json["calls"]["made"], again.json["created"]) == (0, False)
    assert describe.kept == Kept(answers=CLEAN, attempts=[("unsupported parameter", 400)], sets=1)
    assert describe.query("SELECT count(*), max(dropped) FROM key_aliases") == [(CLASSES, "[]")]


def test_what_one_question_learnt_holds_for_those_in_flight_too(describe: Describe) -> None:
    with dislikes("max_tokens", OPENAI_MAX_TOKENS) as server:
        assert describe(server, "--max-output-tokens 99 --concurrency 7 --attempts 1").code == 0
        refusals = sum("max_tokens" in request for request in server.requests)
        assert len(server.requests) == refusals + CLASSES
    assert 1 <= refusals <= CLASSES
    assert describe.kept.answers == CLEAN


def test_a_limit_that_the_server_takes_by_neither_name_is_the_end(describe: Describe) -> None:
    def answer(question: str, number: int) -> Reply:
        name = next(name for name in server.requests[number - 1] if name.startswith("max_"))
        return unsupported(f"Unsupported parameter: '{name}'", name=name, code="unsupported_parameter")

    with LlmServer(answer) as server:
        done = describe(server, "--max-output-tokens 99")
        assert len(server.requests) == 2
    check_refused(done, 3, "does not take max_completion_tokens=99")


def test_a_parameter_with_a_wrong_value_is_no_reason_to_leave_it_out(describe: Describe) -> None:
    reply = error(400, "temperature must be between 0 and 2, found 9.0")
    with LlmServer(always(reply)) as server:
        done = describe(server, "--temperature 9 --drop-unsupported")
        assert all(request["temperature"] == 9 for request in server.requests)
        assert len(server.requests) == 2
    check_refused(done, 3, "answered 400", "between 0 and 2")
    assert describe.kept == Kept(attempts=[("refused request", 400)] * 2)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_question_that_is_refused_for_its_own_words_does_not_stop_the_others(
    describe: Describe, status: int
) -> None:
    """Of the first refusal nobody knows what it is about; a second one in a row is about the request."""
    with LlmServer(about("happiness", error(status, "prompt is too long"))) as server:
        done = describe(server)
        assert len(server.requests) == CLASSES
    check_refused(
        done, 3, f"answered {status}: 'prompt is too long'", "6 of 7 answers are there; missing: happiness"
    )
    assert describe.kept == Kept(answers=["clean"] * 6, attempts=[("refused request", status)])


# d1: 429 rate limit


def in_seconds(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        (lambda: {"Retry-After": "0.4"}, 0.4, 0.9),
        (lambda: {"retry-after-ms": "400"}, 0.4, 0.9),
        (lambda: {"retry-after-ms": "400", "Retry-After": "60"}, 0.4, 0.9),
        # Dates are in whole seconds.
        (lambda: {"Retry-After": in_seconds(2)}, 0.9, 2.6),
        (lambda: {"Retry-After": in_seconds(-60)}, 0.0, 0.5),
        (lambda: {"Retry-After": "soon"}, 0.0, 0.5),
        (lambda: {"Retry-After": "-5"}, 0.0, 0.5),
        (lambda: {"Retry-After": "nan"}, 0.0, 0.5),
        (lambda: {}, 0.0, 0.5),
    ],
    ids=["seconds", "milliseconds", "both", "date", "past date", "word", "negative", "nan", "none"],
)
def test_a_rate_limit_is_waited_out_as_long_as_the_server_says(
    describe: Describe, headers, least: float, most: float
) -> None:
    with LlmServer(lambda q, n: error(429, "slow down", **headers()) if n == 1 else good(q, n)) as server:
        done = describe(server)
        assert len(server.requests) == 1 + CLASSES
    assert done.code == 0
    assert least <= server.times[1] - server.times[0] <= most
    assert "slow down" in done.err
    assert describe.kept == Kept(answers=CLEAN, attempts=[("rate limit", 429)], sets=1)


def test_the_wait_for_a_rate_limit_is_shown(describe: Describe) -> None:
    with LlmServer(first(error(429, "slow down", **{"Retry-After": "0.6"}))) as server:
        assert "slow down' (waiting 1 s as asked)" in describe(server).err


def test_all_workers_share_the_pause_of_one(describe: Describe) -> None:
    def answer(question: str, number: int) -> Reply:
        if number == 1:
            return error(429, "slow down", **{"Retry-After": "0.7"})
        reply = good(question, number)
        reply.delay = 0.2 if number <= 3 else 0.0
        return reply

    with LlmServer(answer) as server:
        assert describe(server, "--concurrency 3").code == 0
        assert len(server.requests) == 1 + CLASSES
    # Three were in flight; nobody asks anything more before the time.
    assert server.times[2] - server.times[0] < 0.2
    assert server.times[3] - server.times[0] >= 0.7


def test_a_rate_limit_without_end_exhausts_the_attempts_of_every_class(describe: Describe) -> None:
    with LlmServer(always(error(429, "slow down"))) as server:
        done = describe(server, "--attempts 2")
        assert len(server.requests) == 2 * CLASSES
    check_refused(
        done, 4, "answered 429: 'slow down'", "0 of 7 answers are there", "run the same command again"
    )
    assert describe.kept == Kept(attempts=[("rate limit", 429)] * 2 * CLASSES)


def test_after_a_rate_limit_fewer_questions_are_asked_at_once(describe: Describe) -> None:
    """An account that takes two at a time: workers that all came back together would never get through."""
    lock, now, refusals = threading.Lock(), 0, 0

    def answer(question: str, number: int) -> Reply:
        nonlocal now, refusals
        with lock:
            now += 1
            crowded = now > 2
            refusals += crowded
        server.wait(0.05)
        with lock:
            now -= 1
        return error(429, "one at a time") if crowded else good(question, number)

    with LlmServer(answer) as server:
        assert describe(server, "--concurrency 7 --attempts 2").code == 0
        assert len(server.requests) == CLASSES + refusals
    assert refusals >= 5
    assert describe.kept.answers == CLEAN


# d1: 429 Retry-After > 120 s


@pytest.mark.parametrize(
    ("headers", "options", "shown"),
    [
        ({"Retry-After": "3600"}, "", "3,600 s"),
        ({"retry-after-ms": "121000"}, "", "121 s"),
        ({"Retry-After": "2"}, "--max-wait 1", "2 s"),
        ({"Retry-After": "inf"}, "", "--max-wait"),
    ],
)
def test_a_wait_that_is_too_long_stops_the_run_and_is_shown(
    describe: Describe, headers: dict, options: str, shown: str
) -> None:
    def answer(question: str, number: int) -> Reply:
        return good(question, number) if number < 3 else error(429, "later", **headers)

    with LlmServer(answer) as server:
        done = describe(server, options)
        assert len(server.requests) == 3
    check_refused(done, 4, "later", shown, "--max-wait", "2 of 7 answers", "run the same command again")
    assert describe.kept == Kept(answers=["clean"] * 2, attempts=[("rate limit", 429)])


def test_a_longer_wait_is_waited_where_the_user_allows_it(describe: Describe) -> None:
    with LlmServer(first(error(429, "later", **{"Retry-After": "0.5"}))) as server:
        check_refused(describe(server, "--max-wait 0.4"), 4, "--max-wait")
        assert describe(server, "--max-wait 0.6").code == 0


# d1: 429 insufficient_quota


def test_a_quota_that_is_used_up_stops_the_run_after_one_request(describe: Describe) -> None:
    said = "You exceeded your current quota, please check your plan and billing details."
    with LlmServer(always(error(429, said, code="insufficient_quota"))) as server:
        done = describe(server, "--attempts 4")
        assert len(server.requests) == 1
    check_refused(done, 4, "quota is used up", "add credit and run the same command again")
    assert describe.kept == Kept(attempts=[("quota", 429)])


@pytest.mark.parametrize(
    ("reply", "outcome", "code"),
    [
        (error(429, "no quota", code="insufficient_quota"), "quota", 4),
        (error(402, "Insufficient balance"), "payment", 4),
    ],
)
def test_what_was_answered_before_the_money_ran_out_is_kept_and_only_the_rest_is_asked_for(
    describe: Describe, reply: Reply, outcome: str, code: int
) -> None:
    broke = True

    def answer(question: str, number: int) -> Reply:
        return reply if broke and number > 3 else good(question, number)

    with LlmServer(answer) as server:
        check_refused(
            describe(server), code, "3 of 7 answers are there; missing: anger, surprise", "add credit"
        )
        assert describe.kept == Kept(answers=["clean"] * 3, attempts=[(outcome, reply.status)])
        broke = False
        assert describe(server).code == 0
        assert len(server.requests) == 4 + 4
    assert describe.kept == Kept(answers=CLEAN, attempts=[(outcome, reply.status)], sets=1)


def test_what_was_in_flight_when_the_run_stops_is_still_kept(describe: Describe) -> None:
    def answer(question: str, number: int) -> Reply:
        if number == 1:
            return error(429, "no quota", code="insufficient_quota")
        reply = good(question, number)
        reply.delay = 0.3
        return reply

    with LlmServer(answer) as server:
        done = describe(server, "--concurrency 3")
        assert len(server.requests) == 3
    check_refused(done, 4, "quota is used up", "for 2 answers on their way", "2 of 7 answers are there")
    assert describe.kept == Kept(answers=["clean"] * 2, attempts=[("quota", 429)])


# d1: 408/409/5xx


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 504, 529])
def test_a_server_error_is_tried_again_then_its_class_fails_and_the_others_go_on(
    describe: Describe, status: int
) -> None:
    with LlmServer(about("sadness", error(status, "down"))) as server:
        done = describe(server, "--attempts 3")
        assert len(server.requests) == 3 + CLASSES - 1
    check_refused(done, 4, f"answered {status}: 'down'", "6 of 7 answers are there; missing: sadness")
    check_refused(done, 4, "run the same command again to ask only for the rest")
    assert describe.kept == Kept(answers=["clean"] * 6, attempts=[("server error", status)] * 3)


def test_a_server_that_says_when_it_is_back_is_waited_for_and_not_for_too_long(describe: Describe) -> None:
    with LlmServer(first(error(503, "restarting", **{"Retry-After": "0.4"}))) as server:
        assert describe(server).code == 0
    assert server.times[1] - server.times[0] >= 0.4
    with LlmServer(always(error(503, "maintenance", **{"Retry-After": "7200"}))) as server:
        done = describe(server, "--attempts 4")
        assert len(server.requests) == 1
    check_refused(done, 4, "'maintenance'; it asks for a wait of 7,200 s", "run the same command again")


def test_a_server_that_has_answered_before_may_have_accidents(describe: Describe) -> None:
    """At first contact a web page is a wrong address; in the middle of a run it is a proxy that restarts."""
    with LlmServer(about("surprise", WEB_PAGE)) as server:
        done = describe(server, "--attempts 3")
        assert len(server.requests) == 3 + CLASSES - 1
    check_refused(
        done, 4, "Login", "6 of 7 answers are there; missing: surprise", "run the same command again"
    )
    assert describe.kept == Kept(answers=["clean"] * 6, attempts=[("no completion", 200)] * 3)


def test_a_server_that_recovers_costs_nothing_but_time(describe: Describe) -> None:
    web_page = Reply(
        status=502, body=b"<html><h1>502 Bad Gateway</h1>", headers={"Content-Type": "text/html"}
    )
    with LlmServer(first(web_page, times=2)) as server:
        done = describe(server, "--attempts 3 --json")
        assert len(server.requests) == 2 + CLASSES
    assert done.json["calls"] == {"cached": 0, "made": CLASSES, "failed": 2}
    assert describe.kept == Kept(answers=CLEAN, attempts=[("server error", 502)] * 2, sets=1)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(raw=b""),
        Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Len"),
        Reply(body=b'{"choices": [{"message": {"content": "1. raised', cut=True),
        Reply(chunks=[b'{"choices": ', b"[{"], cut=True),
    ],
    ids=["nothing", "half a header", "half a body", "a chunk less"],
)
def test_a_connection_that_breaks_off_is_a_server_error_and_not_an_unreachable_server(
    describe: Describe, reply: Reply
) -> None:
    with LlmServer(about("sadness", reply)) as server:
        done = describe(server, "--attempts 3")
        assert len(server.requests) == 3 + CLASSES - 1
    check_refused(done, 4, server.base_url, "6 of 7 answers are there; missing: sadness")
    assert "cannot reach" not in done.err
    assert describe.kept == Kept(answers=["clean"] * 6, attempts=[("broken off", None)] * 3)


def test_an_answer_in_chunks_and_an_answer_that_is_packed_unasked_are_read(describe: Describe) -> None:
    def answer(question: str, number: int) -> Reply:
        body = good(question, number).body
        if number % 2:
            return Reply(chunks=[body[:10], body[10:11], body[11:]], headers=JSON)
        return Reply(body=gzip.compress(body), headers=JSON | {"Content-Encoding": "gzip"})

    with LlmServer(answer) as server:
        assert describe(server).code == 0
    assert server.headers[0]["accept-encoding"] == "identity"
    assert describe.kept == Kept(answers=CLEAN, sets=1)


# d1: Read timeout


@pytest.mark.parametrize(
    "reply",
    [
        Reply(delay=30),
        Reply(chunks=[b" "] * 300, pause=0.1),
    ],
    ids=["silent", "trickling"],
)
def test_an_answer_that_does_not_come_in_time_is_given_up(describe: Describe, reply: Reply) -> None:
    """The time is for the whole answer: one that trickles never lets a single read time out."""
    with LlmServer(about("sadness", reply)) as server:
        started = time.monotonic()
        done = describe(server, "--timeout 1 --attempts 1")
        assert 1.0 <= time.monotonic() - started < 3.0
        assert len(server.requests) == CLASSES
    check_refused(done, 4, "did not answer in time (1 s)", "--timeout", "missing: sadness")
    assert describe.kept == Kept(answers=["clean"] * 6, attempts=[("timeout", None)])


def test_a_service_has_two_minutes_for_an_answer_and_a_server_on_this_machine_ten(
    describe: Describe, use_proxy: UseProxy
) -> None:
    command = "describe --classes dfew7 --model m --base-url"
    with LlmServer(good) as server:
        assert describe.run(f"{command} {server.base_url}").code == 0
    with LlmServer(good) as internet:
        use_proxy(internet)
        assert describe.run(f"{command} http://llm.example/v1").code == 0
    assert server.headers[0]["x-stainless-read-timeout"] == "600.0"
    assert internet.headers[0]["x-stainless-read-timeout"] == "120.0"
    assert internet.requests[0]["path"] == "http://llm.example/v1/chat/completions"


# d1: Connection refused


@pytest.mark.parametrize("concurrency", [1, 7])
def test_a_server_that_is_not_there_is_named_within_two_seconds(
    describe: Describe, monkeypatch: pytest.MonkeyPatch, concurrency: int
) -> None:
    monkeypatch.setattr(Patience, "wait", REAL_WAIT)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    started = time.monotonic()
    done = describe(address, f"--attempts 4 --concurrency {concurrency}")
    assert time.monotonic() - started < 2.0
    check_refused(done, 4, f"cannot reach {address}", "is the server running", "is the port right?")
    assert set(describe.kept.attempts) == {("unreachable", None)}
    assert len(describe.kept.attempts) <= 2 * concurrency


def test_a_server_that_does_not_take_connections_is_not_reached(
    describe: Describe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfer.describe.asking.ask.CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        with ExitStack() as stack:
            for _ in range(3):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                with suppress(BlockingIOError):
                    waiting.connect(address)
            done = describe(f"http://127.0.0.1:{address[1]}/v1", "--attempts 1")
    check_refused(done, 4, f"cannot reach http://127.0.0.1:{address[1]}/v1", "is the server running")
    assert describe.kept == Kept(attempts=[("unreachable", None)])


# d1: TLS failure


def test_a_certificate_that_is_not_trusted_names_the_variable_that_helps(
    describe: Describe, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LlmServer(good, tls=certificate.server) as server:
        done = describe(server)
        assert server.requests == []
        check_refused(done, 4, "certificate", "set SSL_CERT_FILE", "ca-certificates")
        assert describe.kept == Kept(attempts=[("unreachable", None)] * 2)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.pem))
        assert describe(server).code == 0
    assert describe.kept.answers == CLEAN


def test_a_certificate_for_another_name_is_refused(
    describe: Describe, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.pem))
    with LlmServer(good, tls=certificate.server) as server:
        done = describe(server.base_url.replace("127.0.0.1", "localhost"))
        assert server.requests == []
    check_refused(done, 4, "localhost", "certificate")


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_a_certificate_file_that_is_not_there_names_its_variable(
    describe: Describe, certificate: Certificate, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "/nowhere/ca.pem")
    with LlmServer(good, tls=certificate.server) as server:
        done = describe(server)
        assert server.requests == []
    assert done.code in (3, 4)
    assert "SSL_CERT_FILE" in done.err


def test_plain_http_and_tls_taken_for_each_other_are_told(describe: Describe) -> None:
    with LlmServer(good) as server:
        done = describe(server.base_url.replace("http:", "https:"))
        check_refused(done, 4, "does not speak TLS there: try http://")
        assert server.requests == []
    alert = b"\x15\x03\x01\x00\x02\x02\x46"
    with LlmServer(always(Reply(raw=alert))) as server:
        check_refused(describe(server), 4, "does not speak plain HTTP: try https:// instead of http://")
    # Of nginx, which speaks both as far as to say so.
    of_nginx = Reply(status=400, body=b"<html>The plain HTTP request was sent to HTTPS port")
    with LlmServer(always(of_nginx)) as server:
        check_refused(describe(server), 3, "answered 400", "plain HTTP request was sent to HTTPS port")


# d1: 200 with HTML (wrong URL, proxy)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (WEB_PAGE, "the response is not JSON; it begins '<!doctype html><title>Login"),
        (Reply(), "the response is not JSON; it begins (nothing)"),
        (Reply(body=b"\xff\xfe\x00"), "the response is not UTF-8"),
        (Reply(body=b"null"), "JSON but no completion"),
        (Reply(body=b'{"status": "ok"}'), "has no choices"),
        (Reply(body=b"[" * 100_000), "not JSON"),
        (Reply(body=b"x", headers={"Content-Encoding": "br"}), "packed as 'br', which was not asked for"),
        (Reply(body=b"plain", headers={"Content-Encoding": "gzip"}), "not the gzip it claims to be"),
    ],
    ids=["HTML", "nothing", "not UTF-8", "null", "other JSON", "deep JSON", "brotli", "false gzip"],
)
def test_a_response_of_something_else_is_a_wrong_address_and_shows_how_it_begins(
    describe: Describe, reply: Reply, said: str
) -> None:
    with LlmServer(always(reply)) as server:
        done = describe(server)
        assert len(server.requests) == 1
    check_refused(done, 3, "not with a chat completion", said, "is it the address of an OpenAI-compatible")
    assert describe.kept == Kept(attempts=[("no completion", 200)])


def test_a_web_page_at_an_address_without_v1_says_so(describe: Describe) -> None:
    with LlmServer(always(WEB_PAGE)) as server:
        address = server.base_url.removesuffix("/v1")
        check_refused(describe(address), 3, f"try --base-url {address}/v1")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_shown_and_never_followed(describe: Describe, status: int) -> None:
    with LlmServer(good) as elsewhere:
        target = f"http://user:{KEY}@127.0.0.1:{elsewhere.port}/v1/chat/completions?token={KEY}"
        with LlmServer(always(Reply(status=status, headers={"Location": target}))) as server:
            done = describe(server)
            assert len(server.requests) == 1
        assert elsewhere.connections == 0
    check_refused(
        done, 3, f"redirects to 'http://127.0.0.1:{elsewhere.port}/v1'", "give its address as --base-url"
    )
    assert describe.kept == Kept(attempts=[("redirect", status)])


SWALLOWED = [
    Reply(status=403, body=b"<html>blocked by policy"),
    Reply(status=404, body=b"<html>no such site"),
    Reply(status=502, body=b"<html>cannot connect"),
    Reply(status=503, body=b"<html>busy"),
    Reply(status=302, headers={"Location": "http://portal.example/login"}),
    Reply(body=b"<html>welcome to our network"),
    error(407, "Proxy Authentication Required"),
]


@pytest.mark.parametrize("reply", SWALLOWED, ids=lambda reply: reply.status)
def test_a_proxy_that_swallows_this_machines_own_servers_is_named(
    describe: Describe, use_proxy: UseProxy, reply: Reply
) -> None:
    with LlmServer(good) as server, LlmServer(always(reply)) as proxy:
        use_proxy(proxy)
        done = describe(server, "--attempts 1")
        assert server.connections == 0
        assert proxy.requests[0]["path"] == f"{server.base_url}/chat/completions"
    assert done.code in (3, 4)
    check_refused(done, done.code, "the proxy in HTTP_PROXY", "set NO_PROXY=127.0.0.1,localhost")
    assert describe.kept.answers == []


def test_a_proxy_that_is_gone_is_named(describe: Describe, use_proxy: UseProxy) -> None:
    with LlmServer(good) as proxy:
        use_proxy(proxy)
    with LlmServer(good) as server:
        done = describe(server)
        assert server.connections == 0
    check_refused(done, 4, "cannot reach", "the proxy in HTTP_PROXY", "set NO_PROXY")


def test_a_proxy_of_socks_without_its_package_says_what_to_install(
    describe: Describe, monkeypatch: pytest.MonkeyPatch, use_proxy: UseProxy
) -> None:
    with LlmServer(good) as server:
        use_proxy(server)
        monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
        monkeypatch.delenv("HTTP_PROXY")
        done = describe(server)
        assert server.connections == 0
    assert done.code in (3, 4)
    check_refused(done, done.code, "SOCKS", "pip install socksio, or unset")


def test_a_server_error_with_a_body_that_cannot_be_read_stays_a_server_error(describe: Describe) -> None:
    huge = Reply(status=503, body=b"x" * 9 * 2**20)
    garbled = Reply(status=502, body=b"plain", headers={"Content-Encoding": "gzip"})
    replies = {1: huge, 2: garbled}
    with LlmServer(lambda question, number: replies.get(number) or good(question, number)) as server:
        assert describe(server, "--attempts 3").code == 0
    assert describe.kept.attempts == [("server error", 503), ("server error", 502)]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b'{"choices": "' + b"x" * 9 * 2**20, headers=JSON),
        Reply(chunks=[b" " * 2**20] * 9, headers=JSON),
        Reply(body=gzip.compress(b" " * 64 * 2**20, 9), headers=JSON | {"Content-Encoding": "gzip"}),
    ],
    ids=["plain", "chunked", "gzip bomb"],
)
def test_a_response_over_8_mib_is_refused_and_only_its_beginning_is_kept(
    describe: Describe, reply: Reply
) -> None:
    with LlmServer(always(reply)) as server:
        done = describe(server)
        assert len(server.requests) == 1
    check_refused(done, 3, "the response is larger than 8 MiB")
    assert describe.kept == Kept(attempts=[("no completion", 200)])
    assert describe.query("SELECT length(body) FROM attempts")[0][0] <= 2000


def test_of_a_long_error_page_only_the_beginning_is_kept(describe: Describe) -> None:
    with LlmServer(first(Reply(status=500, body=b"<html>" + b"x" * 2**20))) as server:
        assert describe(server).code == 0
    assert describe.query("SELECT length(body), substr(body, 1, 6) FROM attempts") == [(20_000, "<html>")]


# d1: 200 with {"error": …}


@pytest.mark.parametrize(
    "content", [{"error": {"message": "overloaded"}}, {"error": "overloaded", "choices": None}]
)
def test_an_error_with_status_200_is_printed_and_tried_again(describe: Describe, content: dict) -> None:
    reply = Reply(body=json.dumps(content).encode(), headers=JSON)
    with LlmServer(about("fear", reply)) as server:
        done = describe(server, "--attempts 2")
        assert len(server.requests) == 2 + CLASSES - 1
    check_refused(
        done, 4, "the server reports an error", "overloaded", "6 of 7 answers are there; missing: fear"
    )
    assert describe.kept == Kept(answers=["clean"] * 6, attempts=[("no completion", 200)] * 2)


# d1: 200 with broken JSON


def test_broken_json_keeps_its_raw_text(describe: Describe) -> None:
    broken = '{"choices": [{"message": {"content": "1. raised brows"'
    with LlmServer(always(Reply(body=broken.encode(), headers=JSON))) as server:
        done = describe(server)
        assert len(server.requests) == 1
    check_refused(done, 3, "the response is not JSON; it begins", "raised brows")
    assert describe.kept == Kept(attempts=[("no completion", 200)])
    assert describe.query("SELECT body FROM attempts") == [(broken,)]


# d1: choices null or []


@pytest.mark.parametrize("choices", [None, []])
def test_no_choice_is_an_empty_answer_which_is_asked_for_once_more(describe: Describe, choices) -> None:
    with LlmServer(about("fear", completion("", choices=choices))) as server:
        done = describe(server)
        assert len(server.requests) == 2 + CLASSES - 1
    check_refused(done, 5, "1 of 7 answers are unusable: fear: the answer is empty")
    assert describe.kept == Kept(answers=["clean"] * 6 + ["empty"] * 2)


def test_ten_thousand_choices_where_one_was_asked_for_are_no_answer(describe: Describe) -> None:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": "1. raised brows"},
        "finish_reason": "stop",
    }
    with LlmServer(always(completion("", choices=[choice] * 10_000))) as server:
        done = describe(server)
        assert len(server.requests) == 1
    check_refused(done, 3, "the response has 10000 choices where one was asked for")
    assert describe.kept == Kept(attempts=[("no completion", 200)])


# d1: finish_reason null, usage missing


def test_an_answer_without_finish_reason_and_usage_is_taken_and_warned_of_once(describe: Describe) -> None:
    def answer(question: str, number: int) -> Reply:
        message = {
            "role": "assistant",
            "content": f"1. first sign {asked_class(question)}\n2. raised brows {number}",
        }
        return Reply(body=json.dumps({"choices": [{"message": message}]}).encode(), headers=JSON)

    with LlmServer(answer) as server:
        done = describe(server, "--json")
    assert done.code == 0
    assert done.json["usage"] == {"input_tokens": None, "output_tokens": None}
    assert len(done.json["warnings"]) == 1
    assert "no finish_reason" in done.json["warnings"][0]
    assert done.err.count("no finish_reason") == 1
    assert describe.kept == Kept(answers=CLEAN, sets=1)
    assert describe.query("SELECT DISTINCT finish_reason, input_tokens FROM answers") == [(None, None)]


# d1: Unknown base_url scheme


@pytest.mark.parametrize(
    "address",
    ["localhost:11434/v1", "127.0.0.1:11434", "ftp://localhost/v1", "http://", "file:///etc/passwd",
     "http://localhost:99999/v1", f"ftp://me:{KEY}@localhost/v1"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_with_an_example(describe: Describe, address: str) -> None:
    done = describe(None, f"--base-url {address}")
    check_refused(done, 3, "base URL")
    assert not (describe.folder / "dfer.db").exists()


def test_an_address_with_a_password_is_refused_and_the_password_is_not_shown(describe: Describe) -> None:
    with LlmServer(good) as server:
        done = describe(None, f"--base-url http://me:{KEY}@127.0.0.1:{server.port}/v1")
        assert server.connections == 0
    check_refused(done, 3, "user name or password", "--key-env")


@pytest.mark.parametrize("name", [KEY, "my-key", "1KEY", ""])
def test_what_cannot_be_the_name_of_a_variable_is_no_key_env_and_is_not_shown(
    describe: Describe, name: str
) -> None:
    with LlmServer(good) as server:
        done = describe(None, f"--base-url {server.base_url}", "--key-env", name)
        assert server.connections == 0
    check_refused(done, 2, "--key-env takes the name of an environment variable")


# d1: Retries multiply


def test_there_is_one_layer_of_retries(describe: Describe) -> None:
    with LlmServer(about("anger", error(500, "down", **{"x-should-retry": "true"}))) as server:
        assert describe(server, "--attempts 4").code == 4
        assert sum("anger" in question for question in server.questions) == 4
    assert {headers["x-stainless-retry-count"] for headers in server.headers} == {"0"}


# d1: Disk full / read-only DB


def test_a_store_that_cannot_be_made_costs_no_request(describe: Describe) -> None:
    with LlmServer(good) as server:
        done = describe(server, "--db /proc/dfer.db")
        assert server.connections == 0
    check_refused(done, 3, "cannot open the description store /proc/dfer.db", "may you read and write there?")


@pytest.mark.parametrize("options", ["--temperature 1", "--refresh"])
def test_a_disk_that_is_full_costs_no_request(describe: Describe, options: str) -> None:
    """The store is there with all that precedes a question, so that only an answer would be written."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with LlmServer(good) as server, closing(sqlite3.connect(describe.folder / "dfer.db")) as reader:
        describe(server)
        # A reader at the state of now keeps SQLite's log in place, and so lets it grow beyond the limit.
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM answers").fetchall()
        describe(server, "--temperature 2")
        size = (describe.folder / "dfer.db-wal").stat().st_size
        asked = len(server.requests)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            done = describe(server, options)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert len(server.requests) == asked
    check_refused(done, 3, "the disk failed at the description store", "is the disk full")
    assert describe.kept == Kept(answers=CLEAN * 2, sets=2)


# Every line: no key anywhere


def test_a_server_that_echoes_the_key_everywhere_cannot_get_it_shown_or_stored(describe: Describe) -> None:
    escaped = "".join(f"\\u{ord(character):04x}" for character in KEY)
    echoes = [
        error(500, f"bad {KEY}", code=KEY),
        Reply(status=500, body=f'{{"error": {{"message": "{escaped}"}}}}'.encode(), headers=JSON),
        Reply(status=503, body=KEY.encode()),
        Reply(body=f'{{"error": "{KEY}"}}'.encode(), headers=JSON),
        Reply(raw=KEY.encode()),
    ]

    def answer(question: str, number: int) -> Reply:
        if number <= len(echoes):
            return echoes[number - 1]
        name = asked_class(question)
        text = f"1. first sign {name}\n2. key {KEY} of {name}\n3. Bearer {KEY}\nsk-proj-verysecret****6789"
        reply = completion(
            text, model=KEY, system_fingerprint=KEY, id=KEY, message={"reasoning": f"{KEY}, says {KEY}"}
        )
        if number % 2:
            reply.body = reply.body.replace(KEY.encode(), escaped.encode())
        reply.headers["X-Request-Id"] = KEY
        return reply

    dfer_files = ["dfer.db", "dfer.db-shm", "dfer.db-wal"]
    with LlmServer(answer) as server, closing(sqlite3.connect(describe.folder / "dfer.db")) as reader:
        # An open reader keeps the log in place, which otherwise goes when the command ends.
        reader.execute("PRAGMA journal_mode = WAL")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM sqlite_master").fetchall()
        done = describe(server, f"--attempts 9 --json --note {KEY}")
        assert done.code == 0, done.err
        assert sorted(path.name for path in describe.folder.iterdir()) == dfer_files
        written = b"".join((describe.folder / name).read_bytes() for name in dfer_files)
        assert b"first sign happiness" in written
        assert PART_OF_KEY.encode() not in written
        assert escaped.encode() not in written
    assert server.authorizations == [BEARER] * (len(echoes) + CLASSES)
    assert describe.run("cache export").code == 0
    assert describe.run("cache list --json").code == 0
    key = describe.query("SELECT key FROM answers")[0][0]
    assert describe.run(f"cache show {key} --raw").code == 0
    assert describe.run("sets show v1 --json").code == 0
    everything = " ".join(describe.shown)
    assert "(key)" in everything
    assert escaped not in everything


@pytest.mark.parametrize("key", ["face", "brow", "1"])
def test_a_word_that_serves_as_key_of_a_local_server_stays_in_the_descriptions(
    describe: Describe, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("LLM_KEY", key)

    def answer(question: str, number: int) -> Reply:
        return completion(f"- lines of face and brow {number}\n- chin {number}")

    with LlmServer(answer) as server:
        done = describe(server, "--json").json
    assert server.authorizations[0] == f"Bearer {key}"
    assert done["classes"][0]["descriptors"] == ["lines of face and brow 1", "chin 1"]
