"""`dfer describe`, `sets`, `prompts`, `classes`, `db`: output, JSON keys and exit codes."""

from pathlib import Path

import pytest

from dfer.class_sets import load_class_set
from tests.cli.conftest import Dfer
from tests.llm_server import LlmServer, Reply, completion, error

DESCRIBE = "describe --classes dfew7 --model builtin/facs"


def test_describe_prints_the_contracts_json(dfer: Dfer) -> None:
    made = dfer(f"{DESCRIBE} --json").json
    assert set(made) >= {
        "set", "hash", "created", "class_set", "model", "prompt", "context_tokens",
        "budget", "classes", "calls", "usage",
    }  # fmt: skip
    assert (made["set"], made["created"], made["context_tokens"], made["budget"]) == ("v1", True, 8, 67)
    assert set(made["classes"][0]) >= {
        "class",
        "descriptors",
        "text",
        "tokens",
        "cached",
        "dropped",
        "warnings",
    }
    assert made["calls"] == {"cached": 0, "made": 7, "failed": 0}
    assert made["usage"] == {"input_tokens": None, "output_tokens": None}
    again = dfer(f"{DESCRIBE} --json").json
    assert again["calls"] == {"cached": 7, "made": 0, "failed": 0}
    assert (again["created"], again["hash"]) == (False, made["hash"])


def test_describe_says_what_happened_and_what_to_do_next(dfer: Dfer) -> None:
    done = dfer(DESCRIBE)
    assert done.code == 0
    assert "lip corners pulled up" in done.out
    assert "7 classes · 0 cached · 7 asked · 0 failed · saved as v1" in done.err
    assert "next: dfer sets show v1" in done.err
    assert "unchanged: v1" in dfer(DESCRIBE).err
    assert dfer(f"{DESCRIBE} --quiet").err == ""


def test_a_dry_run_asks_nothing_and_makes_no_store(dfer: Dfer, tmp_path: Path) -> None:
    plan = dfer(f"{DESCRIBE} --dry-run --json").json
    assert plan["calls"] == {"cached": 0, "to_make": 7}
    assert "happiness" in plan["classes"][0]["question"]
    assert list(tmp_path.iterdir()) == []
    dfer(DESCRIBE)
    assert dfer(f"{DESCRIBE} --dry-run --json").json["calls"] == {"cached": 7, "to_make": 0}


def test_a_real_server_is_asked_over_http(dfer: Dfer) -> None:
    def answer(question: str, number: int) -> Reply:
        return completion(f"1. first sign {number}\n2. second sign {number}")

    with LlmServer(answer) as server:
        command = f"describe --classes mafw11 --model m --base-url {server.base_url} --json"
        made = dfer(command).json
        assert made["calls"]["made"] == len(server.requests) == 11
        assert made["usage"] == {"input_tokens": 330, "output_tokens": 220}
        assert dfer(command).json["calls"]["made"] == 0
        assert len(server.requests) == 11


def answers_of_70_tokens(question: str, number: int) -> Reply:
    return completion(f"1. {'brow ' * 68} {number}")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("describe --classes dfew7 --model gpt-4", 3, "no API key: OPENAI_API_KEY is not set"),
        ("describe --classes dfew8 --model builtin/facs", 2, "unknown class set 'dfew8'"),
        ("describe --classes dfew7 --model builtin/facs --prompt nope", 2, "there is no prompt 'nope'"),
        ("describe --classes dfew7 --model m --base-url localhost:1/v1", 3, "not an http:// or https://"),
        (
            "describe --classes dfew7 --model m --base-url http://127.0.0.1:9/v1 --attempts 1",
            4,
            "cannot reach",
        ),
        ("describe --classes dfew7 --model m --base-url http://127.0.0.1:9/v1 --offline", 4, "not cached"),
        ("describe --classes dfew7 --model builtin/facs --context-tokens 75", 2, "no room"),
        ("describe --classes dfew7", 2, "Missing option"),
        ("describe --classes dfew7 --model builtin/fac", 2, "no built-in author 'builtin/fac'"),
        ("describe --classes dfew7 --model builtin/facs --alias 3", 2, "cannot be an alias"),
        ("describe --classes dfew7 --model builtin/facs --temperature 1", 2, "takes no temperature"),
        ("describe --classes dfew7 --model m --base-url http://[::1", 3, "base URL"),
        ("sets show v1", 3, "no description store"),
        ("sets control v1 --kind wrong", 2, "wrong"),
    ],
)
def test_bad_input_gives_one_clear_line_and_the_right_exit_code(
    dfer: Dfer, arguments: str, code: int, said: str
) -> None:
    done = dfer(arguments)
    assert (done.code, done.out) == (code, "")
    assert said in " ".join(done.err.split())
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("reply", "code", "said"),
    [
        (
            lambda q, n: error(404, "The model does not exist", code="model_not_found"),
            3,
            "knows no model 'm'",
        ),
        (lambda q, n: error(401, "bad key"), 3, "wants a key, and none was sent"),
        (lambda q, n: error(503, "busy"), 4, "answered 503"),
        (answers_of_70_tokens, 5, "the budget is 67"),
        (lambda q, n: completion("Certainly! Here you go:"), 5, "no descriptor"),
    ],
)
def test_what_a_server_does_wrong_has_its_exit_code_and_saves_no_set(
    dfer: Dfer, reply, code: int, said: str
) -> None:
    with LlmServer(reply) as server:
        done = dfer(f"describe --classes dfew7 --model m --attempts 1 --base-url {server.base_url}")
    assert done.code == code
    assert said in done.err
    assert dfer("sets list --json").json["sets"] == []


def test_an_unknown_set_is_a_usage_error_that_says_what_there_is(dfer: Dfer) -> None:
    dfer(DESCRIBE)
    done = dfer("sets show v7")
    assert done.code == 2
    assert "there are v1 to v1" in done.err


def test_sets_are_listed_shown_aliased_and_compared(dfer: Dfer) -> None:
    dfer(f"{DESCRIBE} --alias baseline --note first")
    control = dfer("sets control @baseline --kind random --seed 1 --json").json
    assert (control["set"], control["created"]) == ("v2", True)
    assert control["provenance"]["control"] == "random"
    assert not dfer("sets control v1 --kind random --seed 1 --json").json["created"]

    rows = dfer("sets list --json").json["sets"]
    assert [(r["set"], r["kind"], r["parent"], r["aliases"]) for r in rows] == [
        ("v1", "builtin", None, ["baseline"]),
        ("v2", "control", "v1", []),
    ]
    assert "v1 @baseline" in dfer("sets list").out

    shown = dfer("sets show latest --json").json
    assert shown["classes"] == control["classes"]
    assert shown["provenance"]["seed"] == 1
    assert "random control, seed 1" in dfer("sets show 2").out

    difference = dfer("sets diff v1 v2 --json").json
    assert not difference["identical_texts"]
    assert difference["provenance"]["kind"] == {"a": "builtin", "b": "control"}
    assert "- relaxed eyebrows" in dfer("sets diff v1 v2").out
    assert "the same words" in dfer("sets diff v1 @baseline").out

    assert dfer("sets alias v2 baseline").code == 0
    assert dfer("sets show @baseline --json").json["set"] == "v2"


def test_prompts_and_classes_are_listed_shown_and_rendered(dfer: Dfer) -> None:
    listed = {p["name"] for p in dfer("prompts list --json").json["prompts"]}
    assert listed == {"contrastive", "dfer-clip", "distinguish", "emoclip", "shorten"}
    assert "{{ class_name }}" in dfer("prompts show dfer-clip").out
    rendered = dfer("prompts render emoclip --classes dfew7 --class anger --json").json["questions"]
    assert list(rendered) == ["anger"]
    assert "anger" in rendered["anger"]
    assert dfer("prompts render --class boredom").code == 2
    assert [c["name"] for c in dfer("classes show mafw43 --json").json["classes"]] == list(
        load_class_set("mafw43").names
    )
    assert "mafw11" in dfer("classes list").out


def test_db_path_says_where_the_store_is_and_makes_none(dfer: Dfer, tmp_path: Path, monkeypatch) -> None:
    assert dfer("db path --json").json == {
        "schema_version": 1,
        "path": str(tmp_path / "dfer.db"),
        "exists": False,
    }
    monkeypatch.setenv("DFER_DB", str(tmp_path / "other.db"))
    assert dfer("db path").out.strip() == str(tmp_path / "other.db")
    assert dfer("db path --db third.db").out.strip() == str(tmp_path / "third.db")
    assert list(tmp_path.iterdir()) == []


def test_defaults_come_from_dfer_toml_and_a_flag_beats_them(dfer: Dfer, tmp_path: Path) -> None:
    (tmp_path / "dfer.toml").write_text(
        'model = "builtin/facs"\n[describe]\nclasses = "mafw11"\nnote = "x"\n'
    )
    assert dfer("describe --json").json["class_set"] == "mafw11"
    assert dfer("describe --classes dfew7 --json").json["class_set"] == "dfew7"
    (tmp_path / "dfer.toml").write_text(
        '[data.synth]\nclips = 7\nclasses = "dfew7"\nfolds = 2\nformat = "mp4"\n'
    )
    assert dfer("data synth w --json").json["format"] == "mp4"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('modle = "x"', "no command has the option 'modle'"),
        ('[describ]\nmodel = "x"', "there is no command 'describ'"),
        ('[describe]\nclip = "tiny"', "there is no option 'clip'"),
        ("model = ", "cannot be parsed"),
        ("[data.draw]\nclips = 7", "there is no command 'draw'"),
    ],
)
def test_a_mistake_in_dfer_toml_is_named(dfer: Dfer, tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "dfer.toml").write_text(content)
    done = dfer("classes list")
    assert done.code == 3
    assert said in done.err


def test_a_damaged_store_is_a_plain_error(dfer: Dfer, tmp_path: Path) -> None:
    (tmp_path / "dfer.db").write_bytes(b"not a database" * 100)
    done = dfer("sets list")
    assert done.code == 3
    assert "cannot use dfer.db" in done.err
