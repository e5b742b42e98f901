"""The cache key is a contract: these keys may never change for key version 1."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfer.describe.asking.endpoint import DUMMY_KEY, choose_endpoint
from dfer.describe.asking.request import AnswerRequest, normalised_endpoint
from dfer.errors import ConfigurationError

BASE = AnswerRequest(
    api="chat",
    endpoint="https://api.openai.com/v1",
    model="gpt-4",
    messages=({"role": "user", "content": "What about anger?"},),
)


def test_the_key_of_a_known_request_is_what_it_has_always_been() -> None:
    assert BASE.key == "dk1:2bdcf6721dac1e786ba9ca69b9a5cb042a311337ee47b9a71bdc3a6e78e8461f"


@pytest.mark.parametrize(
    "change",
    [
        {"api": "responses"},
        {"endpoint": "http://localhost:11434/v1"},
        {"model": "gpt-4o"},
        {"messages": ({"role": "user", "content": "What about anger? "},)},
        {"messages": ({"role": "system", "content": "What about anger?"},)},
        {"params": {"temperature": 0.0}},
        {"params": {"temperature": None}},
        {"params": {"max_tokens": 100}},
        {"params": {"max_completion_tokens": 100}},
        {"sample_index": 1},
    ],
    ids=str,
)
def test_whatever_determines_the_answer_changes_the_key(change: dict) -> None:
    assert dataclasses.replace(BASE, **change).key != BASE.key


def test_one_and_one_point_zero_are_the_same_temperature() -> None:
    whole, real = (dataclasses.replace(BASE, params={"temperature": t}) for t in (1, 1.0))
    assert whole.key == real.key


def test_the_order_of_parameters_does_not_matter() -> None:
    one = dataclasses.replace(BASE, params={"temperature": 0.5, "seed": 3})
    other = dataclasses.replace(BASE, params={"seed": 3, "temperature": 0.5})
    assert one.key == other.key


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("HTTP://LocalHost:11434/v1/", "http://localhost:11434/v1"),
        ("https://api.openai.com:443/v1", "https://api.openai.com/v1"),
        ("http://127.0.0.1:80/", "http://127.0.0.1"),
        ("https://user:secret@host/v1?key=1#x", "https://host/v1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("  http://host/V1  ", "http://host/V1"),
    ],
)
def test_one_address_has_one_spelling(written: str, normalised: str) -> None:
    assert normalised_endpoint(written) == normalised


@given(
    st.sampled_from(["http", "https"]),
    st.from_regex(r"[a-z0-9.-]{1,20}", fullmatch=True),
    st.integers(1, 65535),
)
def test_normalising_twice_changes_nothing(scheme: str, host: str, port: int) -> None:
    once = normalised_endpoint(f"{scheme}://{host}:{port}/v1/")
    assert normalised_endpoint(once) == once


@pytest.mark.parametrize(
    "address", ["localhost:11434/v1", "ftp://host/v1", "http://", "http://host:99999/v1"]
)
def test_an_address_that_is_none_is_an_error(address: str) -> None:
    with pytest.raises(ConfigurationError, match="base URL"):
        normalised_endpoint(address)


def test_a_password_in_a_bad_address_is_not_shown() -> None:
    with pytest.raises(ConfigurationError) as caught:
        normalised_endpoint("ftp://me:secret@host/v1")
    assert "secret" not in str(caught.value)


def test_the_openai_key_is_not_sent_to_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-real")
    assert choose_endpoint(base_url="http://localhost:11434/v1", key_env=None).key == DUMMY_KEY
    assert choose_endpoint(base_url=None, key_env=None).key == "sk-real"


def test_the_openai_key_goes_where_the_user_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-real")
    assert choose_endpoint(base_url="http://host/v1", key_env="OPENAI_API_KEY").key == "sk-real"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://proxy/v1")
    assert choose_endpoint(base_url=None, key_env=None).key == "sk-real"
    assert choose_endpoint(base_url="http://elsewhere/v1", key_env=None).key == DUMMY_KEY


@pytest.mark.parametrize("key", ["sk-with space", "sk-ключ", "two\nlines"])
def test_a_key_that_cannot_be_one_is_refused_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY") as caught:
        choose_endpoint(base_url=None, key_env=None)
    assert key not in str(caught.value) + caught.value.hint


def test_an_endpoint_never_shows_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-real")
    assert "sk-real" not in repr(choose_endpoint(base_url=None, key_env=None))
