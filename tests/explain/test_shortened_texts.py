"""A class told again without one of its descriptors, as the describe code itself would tell it."""

from typing import Any

import pytest

from dfer.class_sets import ClassSet, load_class_set
from dfer.describe.compiling import ClassWords, compile_descriptions
from dfer.describe.editing import edited
from dfer.describe.rendering import choose_rendering
from dfer.errors import ContentError
from dfer.explain.shortened import shortened_texts
from tests.explain.recognisers import DFEW, MAFW43, described, of_parts, said_as, version_2, with_words

FORMS = [
    pytest.param(lambda: described(), id="list"),
    pytest.param(lambda: said_as(form="sentence"), id="sentence"),
    pytest.param(lambda: said_as(form="each"), id="each"),
]


@pytest.mark.parametrize("made", FORMS)
def test_it_is_what_the_set_would_say_had_the_descriptor_been_dropped(made) -> None:
    found = made()
    for name, words in shortened_texts(found, DFEW).items():
        own = next(d for d in found.descriptions if d.class_name == name)
        assert [one.descriptor for one in words] == list(own.descriptors)
        for number, one in enumerate(words):
            left = [d for place, d in enumerate(own.descriptors) if place != number]
            assert one.texts == tuple(edited(found, DFEW, {name: left}).texts[name].split("\n"))


def test_a_comma_list_of_three_becomes_a_list_of_two() -> None:
    found = with_words(described(), {"fear": ("wide eyes", "an open mouth", "raised brows")})
    told = shortened_texts(found, DFEW)["fear"]
    assert [one.texts for one in told] == [
        ("an open mouth and raised brows.",),
        ("wide eyes and raised brows.",),
        ("wide eyes and an open mouth.",),
    ]


def test_of_a_single_descriptor_nothing_is_left() -> None:
    found = with_words(described(), {"fear": ("wide eyes",)})
    assert [one.texts for one in shortened_texts(found, DFEW)["fear"]] == [()]


@pytest.mark.parametrize("how", ["average", "concatenate"])
def test_a_compound_loses_the_descriptor_in_every_part_that_says_it(how: Any) -> None:
    found = of_parts(how, on_overflow="trim")
    told = shortened_texts(found, MAFW43)
    own = {d.class_name: d for d in found.descriptions}
    shared = 0
    for emotion in MAFW43.classes:
        if not emotion.components or own[emotion.name].dropped:
            continue
        classes = [c for c in MAFW43.classes if c.name in (*emotion.components, emotion.name)]
        alone = ClassSet(name="alone", classes=tuple(classes))
        for one in told[emotion.name]:
            left = {
                name: tuple(word for word in own[name].descriptors if word != one.descriptor)
                for name in emotion.components
            }
            shared += sum(one.descriptor in own[name].descriptors for name in left) > 1
            *_, compiled = compile_descriptions(
                alone,
                {name: ClassWords(descriptors=words) for name, words in left.items()},
                rendering=found.rendering,
                context_tokens=8,
            )
            assert one.texts == compiled.texts
    assert shared


def test_a_trimmed_compound_does_not_get_back_what_was_trimmed() -> None:
    found = of_parts("concatenate", context_tokens=40, on_overflow="trim")
    trimmed = [d for d in found.descriptions if d.dropped and d.class_name not in described("mafw11").texts]
    assert trimmed
    told = shortened_texts(found, MAFW43)
    for d in trimmed:
        for one in told[d.class_name]:
            assert all(gone not in text or gone in d.text for text in one.texts for gone in d.dropped)
            assert sum(map(len, one.texts)) < len(d.text)


def test_a_part_that_says_nothing_else_is_left_out_and_an_only_part_leaves_nothing() -> None:
    classes = ClassSet.model_validate(
        {"name": "three", "classes": ["joy", "awe", {"name": "joy_awe", "components": ["joy", "awe"]}]}
    )
    rendering = choose_rendering(form="list", compounds="average")
    words = {"joy": ClassWords(descriptors=("a smile",)), "awe": ClassWords(descriptors=("an open mouth",))}
    found = described().model_copy(
        update={
            "class_set": "three",
            "class_set_hash": classes.hash,
            "rendering": rendering,
            "descriptions": compile_descriptions(classes, words, rendering=rendering, context_tokens=8),
        }
    )
    told = shortened_texts(found, classes)
    assert [(one.descriptor, one.texts) for one in told["joy_awe"]] == [
        ("a smile", ("an open mouth.",)),
        ("an open mouth", ("a smile.",)),
    ]
    assert told["joy"][0].texts == ()


def test_another_class_set_is_an_error_that_names_both() -> None:
    with pytest.raises(ContentError, match="was made for dfew7, and the classes given are mafw11"):
        shortened_texts(described(), load_class_set("mafw11"))


def test_words_that_do_not_make_the_text_are_an_error_and_not_wrong_evidence() -> None:
    first, *others = described().descriptions
    damaged = first.model_copy(update={"text": "something else."})
    found = version_2(described().model_copy(update={"descriptions": (damaged, *others)}))
    with pytest.raises(ContentError, match=r"do not make its text .something else\."):
        shortened_texts(found, DFEW)
