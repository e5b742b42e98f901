"""`dfer cache`, `sets reparse`, `describe --dry-run` and `--samples`: what people see and scripts read."""

import json
from pathlib import Path

import pytest

from dfer.describe import wording
from dfer.describe.parsing import ParsedAnswer
from tests.cli.conftest import Dfer
from tests.llm_server import LlmServer, Reply, completion

CLASSES = ("happiness", "sadness", "neutral", "anger", "surprise", "disgust", "fear")


def answer(question: str, number: int) -> Reply:
    name = next(name for name in CLASSES if name in question)
    return completion(f"1. first sign {name}\n2. second sign {name}\n3. third sign {name}")


@pytest.fixture
def server():
    with LlmServer(answer) as server:
        yield server


@pytest.fixture
def describe(server: LlmServer) -> str:
    return f"describe --classes dfew7 --model m --base-url {server.base_url}"


def test_the_cache_lists_each_answer_with_its_set_and_what_tells_its_question_apart(
    dfer: Dfer, describe: str
) -> None:
    dfer(describe)
    listed = dfer("cache list --json").json["answers"]
    assert [a["verdict"] for a in listed] == ["clean"] * 7
    assert [a["sets"] for a in listed] == [["v1"]] * 7
    assert (listed[0]["input_tokens"], listed[0]["output_tokens"]) == (30, 20)
    assert "… sadness? …" in dfer("cache list").out
    assert dfer("cache list --unused --json").json["answers"] == []
    assert len(dfer("cache list --set v1 --model m --verdict clean --json").json["answers"]) == 7


def test_an_answer_is_shown_with_what_was_asked_and_what_failed_before(dfer: Dfer, server, describe) -> None:
    failed: list[int] = []

    def busy_once(question: str, number: int) -> Reply:
        if not failed:
            failed.append(number)
            return Reply(status=503, body=b"busy")
        return answer(question, number)

    server.answer = busy_once
    dfer(f"{describe} --concurrency 1 --temperature 0.5")
    key = dfer("cache list --json").json["answers"][0]["key"]
    shown = dfer(f"cache show {key[4:16]} --json").json
    assert shown["key"] == key
    assert shown["identity"]["params"] == {"temperature": 0.5}
    assert shown["answers"][0]["text"].startswith("1. first sign")
    assert shown["attempts"][0]["http_status"] == 503
    assert shown["attempts"][0]["seconds"] >= 0
    printed = dfer(f"cache show {key}").out
    for part in (key, "temperature=0.5", "What are useful visual features", "first sign", "answered 503"):
        assert part in printed
    assert '"choices"' in dfer(f"cache show {key} --raw").out
    assert dfer("cache show dk1:0000").code == 2


def test_explain_names_the_field_of_the_key_that_made_the_miss(dfer: Dfer, server, describe) -> None:
    dfer(f"{describe} --temperature 0.5")
    explain = describe.replace("describe", "cache explain", 1)
    assert [q["status"] for q in dfer(f"{explain} --temperature 0.5 --json").json["questions"]] == ["hit"] * 7
    missed = dfer(f"{explain} --temperature 0.7 --json").json["questions"][0]
    assert missed["status"] == "miss"
    assert missed["differs_in"] == [{"field": "params.temperature", "asked": 0.7, "stored": 0.5}]
    printed = dfer(f"{explain.replace('--model m', '--model n')} --temperature 0.5")
    assert "happiness and 6 more" in printed.out
    assert "model: n, stored m" in printed.out
    assert "0 of 7 are in the cache" in printed.err
    assert len(server.requests) == 7


def test_explain_says_when_an_answer_is_there_but_must_not_be_served(dfer: Dfer, server, describe) -> None:
    server.answer = lambda question, number: completion("I'm sorry, but I can't.")
    assert dfer(describe).code == 5
    explain = describe.replace("describe", "cache explain", 1)
    told = dfer(f"{explain} --json").json["questions"]
    assert {(q["status"], q["reason"]) for q in told} == {("not served", "refused")}


def test_exported_answers_are_json_lines_that_hold_everything(dfer: Dfer, describe, tmp_path: Path) -> None:
    dfer(describe)
    assert dfer("cache export --output answers.jsonl").code == 0
    lines = (tmp_path / "answers.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        json.loads(line) for line in dfer("cache export").out.splitlines()
    ]
    first = json.loads(lines[0])
    assert first["schema_version"] == 1
    assert first["sets"] == ["v1"]
    assert json.loads(first["raw"])["choices"][0]["message"]["content"] == first["text"]
    assert first["identity"]["messages"][0]["role"] == "user"


def test_pruning_says_first_and_removes_only_when_told_to(dfer: Dfer, server, describe) -> None:
    server.answer = lambda q, n: completion("As an AI, I") if "anger" in q else answer(q, n)
    assert dfer(describe).code == 5
    server.answer = answer
    dfer(describe)
    assert dfer("cache prune").code == 2
    assert dfer("cache prune --unusable --json").json["answers"] == 0  # it may belong to a run that goes on
    assert dfer("cache prune --unusable --older-than 0 --json").json == {
        "schema_version": 1, "removed": False, "answers": 1, "attempts": 0,
    }  # fmt: skip
    assert (
        "1 answer and 0 failed requests would be removed: add --yes"
        in dfer("cache prune --unused --older-than 0").out
    )
    assert len(dfer("cache list --json").json["answers"]) == 8
    assert dfer("cache prune --unused --older-than 0 --yes --json").json["removed"]
    assert [a["verdict"] for a in dfer("cache list --json").json["answers"]] == ["clean"] * 7
    assert dfer(f"{describe} --json").json["calls"]["made"] == 0


def test_several_samples_are_pooled_and_the_most_agreed_on_kept(dfer: Dfer, server, describe) -> None:
    def sampled(question: str, number: int) -> Reply:
        name = next(name for name in CLASSES if name in question)
        return completion(f"1. rare {number} {name}\n2. common sign {name}")

    server.answer = sampled
    made = dfer(f"{describe} --samples 3 --keep 2 --json").json
    assert made["calls"] == {"cached": 0, "made": 21, "failed": 0}
    assert made["classes"][0]["descriptors"][0] == "common sign happiness"
    assert [len(c["descriptors"]) for c in made["classes"]] == [2] * 7
    assert [len(c["dropped"]) for c in made["classes"]] == [2] * 7
    provenance = dfer("sets show v1 --json").json["provenance"]
    assert (provenance["samples"], provenance["keep"]) == (3, 2)
    assert len({a["key"] for a in dfer("cache list --set v1 --json").json["answers"]}) == 21
    assert dfer(f"{describe} --samples 3 --keep 2 --json").json["calls"]["made"] == 0
    assert len(server.requests) == 21


def test_a_dry_run_tells_requests_tokens_and_money_before_any_is_spent(
    dfer: Dfer, server, describe, tmp_path: Path
) -> None:
    (tmp_path / "prices.toml").write_text(
        'currency = "USD"\ndate = 2026-11-01\n[models.m]\ninput = 10.0\noutput = 20.0\n'
    )
    plan = f"{describe} --dry-run --max-output-tokens 100 --prices prices.toml"
    told = dfer(f"{plan} --json").json
    most = told["at_most"]
    assert told["calls"] == {"cached": 0, "to_make": 7}
    assert most["output_tokens"] == 700
    assert most["input_tokens"] > 7 * 60
    assert float(most["cost"]) == pytest.approx((most["input_tokens"] * 10 + 700 * 20) / 1e6)
    assert "USD (prices of 2026-11-01)" in dfer(plan).err
    unknown = dfer(f"{describe} --dry-run --prices prices.toml --json").json["at_most"]
    assert (unknown["output_tokens"], unknown["cost"]) == (None, None)
    assert "cost at most unknown" in dfer(f"{describe} --dry-run --prices prices.toml").err
    assert server.requests == []
    spent = dfer(f"{describe} --prices prices.toml").err
    assert "210 in / 140 out tokens · cost 0.0049 USD" in spent


def test_a_set_is_read_again_with_a_newer_parser_without_a_call(
    dfer: Dfer, server, describe, monkeypatch: pytest.MonkeyPatch
) -> None:
    dfer(describe)
    again = dfer("sets reparse v1 --json").json
    assert (again["set"], again["created"]) == ("v1", False)

    def only_first(text: str, *, question: str = "") -> ParsedAnswer:
        return ParsedAnswer(descriptors=(text.splitlines()[0].removeprefix("1. "),))

    monkeypatch.setattr(wording, "parse_answer", only_first)
    monkeypatch.setattr(wording, "PARSER_VERSION", "p-next")
    monkeypatch.setattr("dfer.describe.reparsing.PARSER_VERSION", "p-next")
    child = dfer("sets reparse v1 --note newer --json").json
    assert (child["set"], child["created"], child["note"]) == ("v2", True, "newer")
    assert child["classes"][0]["descriptors"] == ["first sign happiness"]
    assert child["provenance"]["parser_version"] == "p-next"
    assert child["provenance"]["parent_hash"] == dfer("sets show v1 --json").json["hash"]
    assert dfer("sets reparse v2 --json").json["created"] is False
    assert len(server.requests) == 7


def test_a_set_without_answers_cannot_be_read_again(dfer: Dfer, describe) -> None:
    dfer(describe)
    dfer("sets control v1 --kind names")
    done = dfer("sets reparse v2")
    assert done.code == 2
    assert "v2 (names) has no answers" in done.err


def test_what_only_ever_failed_can_be_looked_up(dfer: Dfer, server, describe) -> None:
    server.answer = lambda question, number: Reply(status=503, body=b"busy")
    assert dfer(f"{describe} --attempts 1").code == 4
    explain = describe.replace("describe", "cache explain", 1)
    told = dfer(f"{explain} --json").json["questions"]
    assert {q["status"] for q in told} == {"failed"}
    assert "answered 503" in told[0]["reason"]
    shown = dfer(f"cache show {told[0]['key']}")
    assert (shown.code, "answered 503" in shown.out) == (0, True)


def test_defaults_of_other_commands_do_not_filter_the_cache(dfer: Dfer, describe, tmp_path: Path) -> None:
    dfer(describe)
    (tmp_path / "dfer.toml").write_text('model = "another"\nset = ["context_tokens=4"]\n')
    assert len(dfer("cache list --json").json["answers"]) == 7
    assert len(dfer("cache export").out.splitlines()) == 7
    assert dfer("cache list --model another --json").json["answers"] == []


def test_each_sample_has_a_seed_of_its_own_and_the_first_is_the_one_that_was_given(
    dfer: Dfer, server, describe
) -> None:
    dfer(f"{describe} --seed 5")
    made = dfer(f"{describe} --seed 5 --samples 3 --json").json
    assert made["calls"] == {"cached": 7, "made": 14, "failed": 0}
    assert sorted(request["seed"] for request in server.requests) == [5] * 7 + [6] * 7 + [7] * 7
    provenance = dfer("sets show latest --json").json["provenance"]
    assert (provenance["params"], provenance["sent"]) == ({"seed": 5}, None)
