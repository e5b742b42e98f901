"""What a server does not take: found in its words, met once, and never by changing the question unasked."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfer.describe.asking.adapting import Adaptation, learn
from dfer.describe.asking.failures import Failure
from dfer.describe.asking.parameters import Parameters, for_responses, parse_extra
from dfer.describe.asking.request import AnswerRequest
from dfer.errors import UsageError

ASKED = AnswerRequest(
    api="chat",
    endpoint="http://host/v1",
    model="m",
    messages=({"role": "user", "content": "What about anger?"},),
    params={"max_tokens": 100, "temperature": 0.5, "seed": 3},
)


def refused(parameter: str) -> Failure:
    return Failure(outcome="unsupported parameter", message="no", parameter=parameter)


def test_what_was_not_learnt_changes_nothing() -> None:
    assert Adaptation().apply(ASKED) is ASKED


def test_the_other_name_of_the_output_limit_needs_no_consent() -> None:
    learnt = learn(Adaptation(), refused("max_tokens"), ASKED, drop_unsupported=False, may_switch_api=True)
    assert learnt.adaptation.apply(ASKED).params == {
        "max_completion_tokens": 100, "temperature": 0.5, "seed": 3,
    }  # fmt: skip
    assert learnt.said == "the server takes max_completion_tokens, not max_tokens"


def test_leaving_a_parameter_out_needs_consent() -> None:
    options = {
        "known": Adaptation(),
        "failure": refused("temperature"),
        "asked": ASKED,
        "may_switch_api": True,
    }
    assert learn(**options, drop_unsupported=False) is None
    learnt = learn(**options, drop_unsupported=True)
    assert learnt.adaptation.apply(ASKED).params == {"max_tokens": 100, "seed": 3}
    assert "temperature=0.5" in learnt.said


def test_a_limit_that_is_refused_by_both_names_can_only_be_left_out() -> None:
    swapped = Adaptation(other_limit_name=True)
    again = refused("max_completion_tokens")
    assert learn(swapped, again, ASKED, drop_unsupported=False, may_switch_api=True) is None
    learnt = learn(swapped, again, ASKED, drop_unsupported=True, may_switch_api=True)
    assert learnt.adaptation.apply(ASKED).params == {"temperature": 0.5, "seed": 3}


def test_the_responses_api_is_asked_only_if_it_can_say_the_same_or_the_user_lets_the_rest_go() -> None:
    failure = Failure(outcome="other API", message="use v1/responses", wants_responses=True)
    assert learn(Adaptation(), failure, ASKED, drop_unsupported=False, may_switch_api=True) is None
    assert learn(Adaptation(), failure, ASKED, drop_unsupported=True, may_switch_api=False) is None
    sent = learn(Adaptation(), failure, ASKED, drop_unsupported=True, may_switch_api=True).adaptation.apply(
        ASKED
    )
    assert (sent.api, sent.params) == ("responses", {"max_output_tokens": 100, "temperature": 0.5})
    without_seed = replace(ASKED, params={"max_tokens": 100})
    learnt = learn(Adaptation(), failure, without_seed, drop_unsupported=False, may_switch_api=True)
    assert learnt.adaptation.apply(without_seed).params == {"max_output_tokens": 100}


@given(st.lists(st.sampled_from(["max_tokens", "max_completion_tokens", "temperature", "seed"]), max_size=12))
def test_a_server_that_refuses_everything_is_not_asked_for_ever(refusals: list[str]) -> None:
    known, learnt_times = Adaptation(), 0
    for name in refusals:
        if name not in known.apply(ASKED).params:
            continue  # a server can only refuse what it was sent
        learnt = learn(known, refused(name), ASKED, drop_unsupported=True, may_switch_api=True)
        assert learnt is not None
        assert learnt.adaptation.apply(ASKED) != known.apply(ASKED)
        known, learnt_times = learnt.adaptation, learnt_times + 1
    assert learnt_times <= 4


def test_parameters_keep_their_meaning_in_the_responses_api() -> None:
    schema = {"name": "words", "schema": {"type": "array"}}
    chat = Parameters(
        temperature=0.2,
        max_output_tokens=50,
        reasoning_effort="low",
        extra={"response_format": {"type": "json_schema", "json_schema": schema}, "top_p": 0.9},
    ).for_chat("max_completion_tokens")
    assert for_responses(chat) == (
        {
            "temperature": 0.2,
            "max_output_tokens": 50,
            "reasoning": {"effort": "low"},
            "text": {"format": {"type": "json_schema", **schema}},
            "top_p": 0.9,
        },
        (),
    )
    assert for_responses({"seed": 1, "stop": ["x"]}) == ({}, ("seed", "stop"))


def test_further_parameters_are_json_or_text() -> None:
    given = ["top_p=0.9", 'stop=["END"]', "verbosity=low", 'response_format={"type": "json_object"}']
    assert parse_extra(given) == {
        "top_p": 0.9,
        "stop": ["END"],
        "verbosity": "low",
        "response_format": {"type": "json_object"},
    }


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("top_p", "NAME=VALUE"),
        ("a b=1", "NAME=VALUE"),
        ("model=x", "cannot set 'model'"),
        ("max_tokens=5", "cannot set 'max_tokens'"),
        ("temperature=1", "cannot set 'temperature'"),
        ("api_key=x", "credential"),
        ("user=sk-abcdef123456", "credential"),
    ],
)
def test_a_parameter_that_dfer_decides_or_must_not_store_is_refused(assignment: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        parse_extra([assignment])
    assert "sk-abcdef" not in caught.value.message
