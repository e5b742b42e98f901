"""The names of a file and the classes of a set."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from description_store.records import COMMA_LIST
from dfer.class_sets import ClassSet, load_class_set
from dfer.describe.importing import ImportedWords, match_classes
from dfer.describe.importing.matching import class_meant
from dfer.errors import ContentError

DFEW = load_class_set("dfew7")
MAFW = load_class_set("mafw43")
COMPOUNDS = [c for c in MAFW.classes if c.components]


def imported(*names: str) -> ImportedWords:
    return ImportedWords(
        format="plain", words={name: (f"sign {name}",) for name in names}, rendering=COMMA_LIST
    )


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Happy", "happiness"),
        ("SADNESS", "sadness"),
        ("Snxiety", "anxiety"),
        ("Anger & Disgust", "anger_disgust"),
        ("disgust, anger", "anger_disgust"),
        ("Angry/Disgusted", "anger_disgust"),
        ("anger and snxiety", "anger_anxiety"),
        ("disgust, contempt, and anger", "anger_disgust_contempt"),
        ("anger, disgust and contempt", "anger_disgust_contempt"),
        ("happiness disgust", None),
        ("1", None),
        ("joy", None),
    ],
)
def test_a_name_means_the_class_that_the_field_writes_so(written: str, name: str | None) -> None:
    assert class_meant(written, MAFW) == name


@given(st.sampled_from(COMPOUNDS), st.data(), st.sampled_from(["_", " & ", ", ", " and ", "+", "/", "-"]))
def test_a_compound_is_its_components_in_any_order(compound, data: st.DataObject, between: str) -> None:
    parts = data.draw(st.permutations(compound.components))
    assert class_meant(between.join(parts), MAFW) == compound.name


def test_a_class_is_also_known_by_what_it_is_displayed_as() -> None:
    own = ClassSet.model_validate({"name": "own", "classes": [{"name": "a1", "display": "Very happy"}, "b"]})
    assert class_meant("very_happy", own) == "a1"


def test_the_words_come_in_the_order_of_the_set() -> None:
    matched = match_classes(imported(*reversed(DFEW.names)), DFEW)
    assert list(matched) == list(DFEW.names)
    assert matched["fear"] == ("sign fear",)


def test_every_problem_is_in_one_message_with_the_nearest_names() -> None:
    names = ["happy", "happiness", "sadness", "neutral", "angger", "surprise", "disgust", "boredom"]
    with pytest.raises(ContentError) as caught:
        match_classes(imported(*names), DFEW)
    assert caught.value.message.split("\n  ")[1:] == [
        "happiness: described 2 times, as 'happy' and 'happiness'",
        "anger: is not described (near: 'angger')",
        "fear: is not described",
        "'angger': is no class of dfew7 (near: 'anger')",
        "'boredom': is no class of dfew7",
    ]


def test_extra_classes_can_be_left_out() -> None:
    mafw11 = load_class_set("mafw11")
    with pytest.raises(ContentError, match="'contempt': is no class of dfew7"):
        match_classes(imported(*mafw11.names), DFEW)
    assert list(match_classes(imported(*mafw11.names), DFEW, ignore_extra=True)) == list(DFEW.names)


def test_compounds_that_are_made_of_their_parts_need_no_words() -> None:
    mafw11 = load_class_set("mafw11")
    with pytest.raises(ContentError, match="anger_disgust: is not described"):
        match_classes(imported(*mafw11.names), MAFW)
    assert set(match_classes(imported(*mafw11.names), MAFW, compounds_from_parts=True)) == set(mafw11.names)
