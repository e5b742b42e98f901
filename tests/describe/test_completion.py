"""Reading a server's response body: what is an answer, what is not, and what is one but must not be used."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfer.describe.asking.completion import NotACompletion, read_completion


def body(content: object = "1. raised brows", finish_reason: object = "stop", **extra: object) -> str:
    message = {"role": "assistant", "content": content} | extra.pop("message", {})
    return json.dumps({"choices": [{"message": message, "finish_reason": finish_reason}], **extra})


def test_a_plain_answer_is_clean() -> None:
    read = read_completion(body(model="m-2026", usage={"prompt_tokens": 3, "completion_tokens": 4}))
    assert (read.text, read.verdict, read.resolved_model) == ("1. raised brows", "clean", "m-2026")
    assert (read.input_tokens, read.output_tokens) == (3, 4)


def test_an_answer_in_parts_is_joined() -> None:
    assert (
        read_completion(body([{"type": "text", "text": "1. a"}, {"type": "text", "text": "\n2. b"}])).text
        == "1. a\n2. b"
    )


def test_a_server_that_does_not_say_how_many_tokens_leaves_them_unknown() -> None:
    for usage in (
        {},
        {"usage": None},
        {"usage": {"prompt_tokens": "many"}},
        {"usage": {"prompt_tokens": -1}},
    ):
        read = read_completion(body(**usage))
        assert (read.input_tokens, read.output_tokens) == (None, None)


@pytest.mark.parametrize("finish_reason", ["stop", None, "eos", "end_turn"])
def test_local_servers_end_answers_in_their_own_words(finish_reason: str | None) -> None:
    assert read_completion(body(finish_reason=finish_reason)).verdict == "clean"


@pytest.mark.parametrize(
    ("response", "verdict", "said"),
    [
        (body("I'm sorry, but I can't help with that."), "refused", "refused"),
        (body("As an AI language model, I"), "refused", "refused"),
        (body("Certainly not.\n\nI can't describe people."), "refused", "refused"),
        (body(None, message={"refusal": "No."}), "refused", "No."),
        (body("1. raised", finish_reason="length"), "length", "--max-output-tokens"),
        (body("", finish_reason="length", message={"reasoning_content": "hm"}), "unfinished", "reasoning"),
        (body("1. raised", finish_reason="content_filter"), "content_filter", "filter"),
        (body(""), "empty", "empty"),
        (body(" \n\t"), "empty", "empty"),
        (body(None), "empty", "empty"),
        ('{"choices": null}', "empty", "empty"),
        ('{"choices": []}', "empty", "empty"),
        (body([]), "empty", "empty"),
        (body("1. raised", finish_reason="tool_calls"), "unfinished", "tool_calls"),
    ],
)
def test_an_answer_that_must_not_be_used_says_why(response: str, verdict: str, said: str) -> None:
    read = read_completion(response)
    assert read.verdict == verdict
    assert said in read.reason


@pytest.mark.parametrize(
    ("response", "said"),
    [
        ("<!doctype html><title>Login</title>", "not JSON; it begins '<!doctype html>"),
        ("", "nothing"),
        ("{broken", "not JSON"),
        ("null", "no completion"),
        ("[1, 2]", "no completion"),
        ("{}", "no choices"),
        ('{"choices": [7]}', "no message"),
        ('{"choices": [{"message": null}]}', "no message"),
        ('{"choices": [{"message": {"content": 42}}]}', "no message"),
        ('{"choices": [{"message": {"content": ["a"]}}]}', "no message"),
        ('{"error": {"message": "overloaded"}}', "overloaded"),
    ],
)
def test_what_is_no_completion_is_an_error_that_shows_how_it_begins(response: str, said: str) -> None:
    with pytest.raises(NotACompletion, match=said):
        read_completion(response)


def test_a_response_with_terminal_escapes_is_shown_harmlessly() -> None:
    with pytest.raises(NotACompletion) as caught:
        read_completion("\x1b[2J\x1b[31mowned")
    assert "\x1b" not in str(caught.value)


@given(
    st.text()
    | st.recursive(
        st.none() | st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    ).map(json.dumps)
)
def test_no_body_whatever_breaks_the_reader(response: str) -> None:
    with contextlib.suppress(NotACompletion):
        read_completion(response)
