"""What the offline author says when it is asked what distinguishes one emotion from another."""

import itertools
from dataclasses import replace

import pytest

from dfer.action_units import EMOTIONS, compound
from dfer.class_sets import ClassSet, EmotionClass, load_class_set
from dfer.describe import facs_author
from dfer.describe.parsing import parse_answer
from dfer.describe.planning import plan_questions
from dfer.describe.templates import load_template
from dfer.errors import ContentError, UsageError
from dfer.refine.questions import check_prompt, distinguishing_question

DISTINGUISH = load_template("distinguish")


def question(one: str, other: str) -> str:
    return distinguishing_question(DISTINGUISH, EmotionClass(name=one), EmotionClass(name=other))


def answered(one: str, other: str) -> tuple[str, ...]:
    text = question(one, other)
    return parse_answer(facs_author.answer(text), question=text).descriptors


def test_the_prompt_names_both_classes_and_which_of_them_is_described() -> None:
    assert question("anger", "disgust").startswith("What distinguishes anger from disgust on the face?")
    assert question("anger", "disgust") != question("disgust", "anger")


def test_what_the_other_lacks_comes_first_and_what_it_shows_more_strongly_is_left_out() -> None:
    fear = answered("fear", "surprise")
    assert fear[:2] == ("lips stretched sideways", "eyebrows raised and drawn together")
    assert "parted lips" not in fear


def test_a_neutral_face_is_told_first_by_what_the_other_disturbs_most() -> None:
    assert answered("neutral", "sadness")[0] == "relaxed eyebrows"
    assert answered("neutral", "happiness")[0] == "closed relaxed lips"
    assert answered("neutral", "disappointment")[0] == "steady gaze"


def test_for_every_pair_it_describes_the_first_with_what_it_has_more_of() -> None:
    for one, other in itertools.permutations(EMOTIONS, 2):
        said = answered(one, other)
        assert said
        assert set(said) <= set(facs_author.phrases([one]))
        units, theirs = compound([one]), compound([other])
        if units:
            phrases = facs_author._said(units)
            lacking = [bool(phrases[phrase] - theirs.keys()) for phrase in said]
            assert lacking == sorted(lacking, reverse=True)
            assert all(any(units[u] > theirs.get(u, 0) for u in phrases[phrase]) for phrase in said)


def test_compound_emotions_are_told_apart_by_all_their_parts() -> None:
    said = facs_author.answer("What distinguishes anger and disgust from fear and surprise on the face?")
    assert "wrinkled nose" in said
    assert "lips stretched" not in said


def test_every_class_of_the_built_in_sets_can_be_asked_about() -> None:
    for name in ("dfew7", "mafw11", "mafw43"):
        class_set = load_class_set(name)
        for one, other in itertools.permutations(class_set.classes[:12], 2):
            assert facs_author.asks_to_distinguish(distinguishing_question(DISTINGUISH, one, other))


def test_of_a_class_that_it_does_not_know_it_says_nothing_rather_than_the_others_signs() -> None:
    for one, other in (("boredom", "anger"), ("anger", "boredom")):
        assert not facs_author.asks_to_distinguish(question(one, other))
        with pytest.raises(ContentError, match="finds no emotion that it knows"):
            facs_author.answer(question(one, other))


def test_a_prompt_that_names_one_class_or_that_the_author_does_not_hear_is_refused() -> None:
    questions = plan_questions(load_class_set("dfew7"), load_template("dfer-clip"), model="builtin/facs")
    check_prompt(DISTINGUISH, questions)
    with pytest.raises(UsageError, match="does not name the class"):
        check_prompt(load_template("dfer-clip"), questions)
    with pytest.raises(UsageError, match="does not hear"):
        check_prompt(load_template("contrastive"), questions)


def test_the_author_is_heard_out_where_it_knows_two_of_the_classes() -> None:
    def check(*names: str) -> None:
        classes = ClassSet(name="own", classes=tuple(EmotionClass(name=name) for name in names))
        check_prompt(DISTINGUISH, replace(questions, class_set=classes))

    questions = plan_questions(load_class_set("dfew7"), load_template("dfer-clip"), model="builtin/facs")
    check("boredom", "anger", "fear")
    with pytest.raises(UsageError, match="any two classes of own"):
        check("boredom", "anger", "flow")
