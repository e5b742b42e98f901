"""Which field of the key made a miss."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dfer.describe.asking.explaining import NOT_SENT, StoredQuestions, differences
from dfer.describe.asking.request import AnswerRequest

BASE = AnswerRequest(
    api="chat",
    endpoint="http://host/v1",
    model="m",
    messages=({"role": "user", "content": "What about anger?"},),
    params={"temperature": 0.5},
)


def ask(**changes: object) -> dict:
    return replace(BASE, **changes).identity


def named(asked: dict, stored: list[dict]) -> list[str]:
    return [difference.field for difference in StoredQuestions(stored).nearest(asked)]


def test_a_parameter_that_was_not_sent_is_told_from_any_value() -> None:
    (difference,) = differences(ask(params={}), ask())
    assert (difference.field, difference.asked, difference.stored) == ("params.temperature", NOT_SENT, 0.5)


def test_the_same_question_is_nearer_than_another_question_of_the_same_model() -> None:
    other = ({"role": "user", "content": "What about fear?"},)
    assert named(ask(), [ask(messages=other), ask(model="n", params={})]) == ["model", "params.temperature"]


def test_of_the_same_question_the_one_with_the_fewest_differences_is_nearest() -> None:
    assert named(ask(), [ask(model="n", api="responses"), ask(sample_index=1)]) == ["sample_index"]


def test_without_the_same_question_the_most_similar_one_counts() -> None:
    near, far = ({"role": "user", "content": text} for text in ("What about anger then?", "Hello"))
    (difference,) = StoredQuestions([ask(messages=(far,)), ask(messages=(near,))]).nearest(ask())
    assert difference.stored[0]["content"] == "What about anger then?"


def test_nothing_is_near_to_an_empty_cache() -> None:
    assert StoredQuestions([]).nearest(ask()) is None


@given(st.dictionaries(st.sampled_from(["temperature", "seed", "top_p"]), st.integers(0, 3)))
def test_identical_requests_differ_in_nothing_and_others_in_something(params: dict) -> None:
    assert bool(differences(ask(params=params), ask())) == (ask(params=params) != ask())
