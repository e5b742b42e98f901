"""What is tried in place of a class's words, or after them."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from dfer.class_sets import EmotionClass
from dfer.describe.facs_author import phrases
from dfer.describe.nearness import near_key
from dfer.refine.candidate_words import candidate_words, says_only_its_name

ANGER, DISGUST = EmotionClass(name="anger"), EmotionClass(name="disgust")
BOTH = {"emotion": ANGER, "other": DISGUST, "fits": lambda descriptors: True}
some_words = st.lists(st.sampled_from([*phrases(["anger"]), *phrases(["fear"]), "anger", "an angry look"]))


def at_most(number: int):
    def fits(descriptors: Sequence[str]) -> bool:
        return len(descriptors) <= number

    return fits


def test_an_answer_takes_the_place_of_the_words_or_follows_them_and_fewer_changes_come_first() -> None:
    extended, replaced = candidate_words(["lips pressed"], ["glaring eyes", "flared nostrils"], **BOTH)
    assert (extended.how, extended.descriptors) == (
        "extended",
        ("lips pressed", "glaring eyes", "flared nostrils"),
    )
    assert (replaced.how, replaced.descriptors) == ("replaced", ("glaring eyes", "flared nostrils"))
    assert (extended.changes, replaced.changes) == (2, 3)


def test_a_name_alone_goes_when_real_words_come() -> None:
    (only,) = candidate_words(["anger"], ["glaring eyes"], **BOTH)
    assert only.descriptors == ("glaring eyes",)
    (only,) = candidate_words(["an expression of anger"], ["glaring eyes"], **BOTH)
    assert only.descriptors == ("glaring eyes",)


def test_a_descriptor_that_says_more_than_the_name_is_no_name_alone() -> None:
    assert says_only_its_name("Anger.", ANGER)
    assert says_only_its_name("the facial expression of anger", ANGER)
    assert not says_only_its_name("anger in the eyes", ANGER)
    assert not says_only_its_name("disgust", ANGER)


def test_what_an_answer_says_of_either_class_by_name_is_not_taken() -> None:
    (only,) = candidate_words(
        ["anger"], ["no wrinkled nose as in disgust", "an angry stare", "glaring eyes"], **BOTH
    )
    assert only.descriptors == ("glaring eyes",)
    assert candidate_words(["anger"], ["an angry stare"], **BOTH) == ()


def test_nearly_the_same_words_are_not_said_twice() -> None:
    extended, replaced = candidate_words(["a glaring eye"], ["glaring eye", "flared nostrils"], **BOTH)
    assert extended.descriptors == ("a glaring eye", "flared nostrils")
    assert replaced.descriptors == ("glaring eye", "flared nostrils")


def test_words_beyond_the_token_budget_are_dropped_from_the_end_of_the_answer_and_named() -> None:
    extended, replaced = candidate_words(
        ["a", "b"], ["c", "d", "e", "f"], emotion=ANGER, other=DISGUST, fits=at_most(3)
    )
    assert (extended.descriptors, extended.dropped) == (("a", "b", "c"), ("d", "e", "f"))
    assert (replaced.descriptors, replaced.dropped) == (("c", "d", "e"), ("f",))
    assert candidate_words(["a"], ["b"], emotion=ANGER, other=DISGUST, fits=at_most(0)) == ()


def test_an_answer_with_the_words_that_are_there_gives_nothing_to_try() -> None:
    assert candidate_words(["a", "b"], ["b", "a"], **BOTH) == ()


@given(some_words, some_words, st.integers(0, 8))
def test_candidates_differ_from_what_was_there_fit_and_repeat_nothing(
    own: list[str], answered: list[str], room: int
) -> None:
    found = candidate_words(own, answered, emotion=ANGER, other=DISGUST, fits=at_most(room))
    assert len({one.descriptors for one in found}) == len(found) <= 2
    for one in found:
        assert set(one.descriptors) != set(own)
        assert len(one.descriptors) <= room
        assert not any(text == "an angry look" for text in set(one.descriptors) - set(own))
        new = [near_key(text) for text in one.descriptors if text not in own]
        assert len(set(new)) == len(new)
        assert len(set(one.descriptors) ^ set(own)) == one.changes
