"""From descriptors to text, to control sets, to differences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from description_store.records import DescriptionSet, Provenance
from dfer.action_units import EMOTIONS
from dfer.class_sets import load_class_set
from dfer.describe.clip_tokens import count_tokens
from dfer.describe.compiling import ClassWords, compile_descriptions
from dfer.describe.controls import CONTROL_KINDS, control_set, random_words
from dfer.describe.difference import compare_sets
from dfer.describe.facs_author import answer, phrases
from dfer.describe.parsing import parse_answer
from dfer.describe.rendering import join
from dfer.errors import ContentError, UsageError

MAFW = load_class_set("mafw43")
DISPLAY = {c.name: c.display for c in MAFW.classes}


def facs_set(context_tokens: int = 8) -> DescriptionSet:
    words = {
        c.name: ClassWords(descriptors=tuple(phrases(list(c.components or [c.name])))) for c in MAFW.classes
    }
    return DescriptionSet(
        class_set="mafw43",
        class_set_hash=MAFW.hash,
        descriptions=compile_descriptions(MAFW, words, context_tokens=context_tokens, on_overflow="trim"),
        provenance=Provenance(kind="builtin"),
        context_tokens=context_tokens,
    )


PARENT = facs_set()


@pytest.mark.parametrize(
    ("descriptors", "text"),
    [
        (["a"], "a."),
        (["a", "b"], "a and b."),
        (["a", "b", "c"], "a, b, and c."),
        (["a, b", "c", "d"], "a, b, c, and d."),
    ],
)
def test_descriptors_are_joined_as_one_comma_list(descriptors: list[str], text: str) -> None:
    assert join(descriptors) == text


def test_a_descriptor_of_several_classes_is_warned_of_with_their_names() -> None:
    dfew = load_class_set("dfew7")
    words = {name: ClassWords(descriptors=(f"sign {name}", "open mouth")) for name in dfew.names[:2]}
    words |= {
        name: ClassWords(descriptors=(f"mark {i}", "Closed  mouth")) for i, name in enumerate(dfew.names[2:])
    }
    descriptions = compile_descriptions(dfew, words, context_tokens=8)
    assert "'open mouth' is also said of sadness" in descriptions[0].warnings
    assert "the class name 'happiness' is in the text" in descriptions[0].warnings
    assert not any("open mouth" in warning for warning in descriptions[3].warnings)


def test_a_compound_may_share_descriptors_with_its_parts() -> None:
    by_name = {d.class_name: d for d in PARENT.descriptions}
    assert not any("anger" in warning for warning in by_name["anger_disgust"].warnings)


@pytest.mark.parametrize("kind", ["scrambled", "swapped", "random"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_matched_control_keeps_the_number_of_descriptors_and_the_tokens(kind, seed: int) -> None:
    control = control_set(PARENT, MAFW, kind=kind, seed=seed)
    shape = [(len(d.descriptors), d.tokens) for d in PARENT.descriptions]
    made = [(len(d.descriptors), d.tokens) for d in control.descriptions]
    assert sorted(made) == sorted(shape) if kind == "swapped" else made == shape
    assert control.class_names == PARENT.class_names
    assert all(d.tokens == count_tokens(d.text) for d in control.descriptions)


@pytest.mark.parametrize("kind", ["scrambled", "swapped", "random"])
def test_the_same_seed_draws_the_same_control_and_another_seed_another(kind) -> None:
    first, again, other = (control_set(PARENT, MAFW, kind=kind, seed=s) for s in (1, 1, 2))
    assert first.hash == again.hash
    assert first.texts != other.texts


def test_a_scrambled_class_keeps_its_words() -> None:
    control = control_set(PARENT, MAFW, kind="scrambled", seed=1)
    for before, after in zip(PARENT.descriptions, control.descriptions, strict=True):
        assert sorted(" ".join(before.descriptors).split()) == sorted(" ".join(after.descriptors).split())


def test_no_class_keeps_its_own_description_when_they_are_swapped() -> None:
    control = control_set(PARENT, MAFW, kind="swapped", seed=1)
    pairs = list(zip(PARENT.descriptions, control.descriptions, strict=True))
    assert all(before.text != after.text for before, after in pairs)
    assert sorted(PARENT.texts.values()) == sorted(control.texts.values())


def test_random_words_are_one_token_each_and_name_nothing_in_a_face() -> None:
    assert all(count_tokens(word) == 1 for word in random_words())
    said = {word for emotion in EMOTIONS for phrase in phrases([emotion]) for word in phrase.split()}
    assert not said & set(random_words())
    assert len(random_words()) == len(set(random_words())) > 300


def test_names_and_template_say_only_the_class() -> None:
    names = control_set(PARENT, MAFW, kind="names", seed=1)
    template = control_set(PARENT, MAFW, kind="template", seed=1)
    assert names.texts["anger_disgust"] == "anger and disgust."
    assert template.texts["fear"] == "an expression of fear."


def test_a_control_says_what_it_is_and_of_what() -> None:
    for kind in CONTROL_KINDS:
        provenance = control_set(PARENT, MAFW, kind=kind, seed=3).provenance
        assert (provenance.kind, provenance.control) == ("control", kind)
        matched = kind not in ("names", "template")
        assert provenance.parent_hash == (PARENT.hash if matched else None)
        assert provenance.seed == (3 if matched else None)


def test_a_control_that_would_change_nothing_is_refused() -> None:
    names = control_set(PARENT, MAFW, kind="names", seed=1)
    with pytest.raises(ContentError, match="as it is"):
        control_set(names, MAFW, kind="scrambled", seed=1)


def test_an_unknown_control_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="unknown control"):
        control_set(PARENT, MAFW, kind="bogus", seed=1)  # type: ignore[arg-type]


def test_the_difference_of_two_sets_gives_words_descriptors_tokens_and_provenance() -> None:
    control = control_set(PARENT, MAFW, kind="random", seed=1)
    difference = compare_sets(PARENT, control)
    assert len(difference.changed_classes) == 43
    assert difference.provenance["kind"] == ("builtin", "control")
    anger = difference.classes[0]
    assert anger.removed == PARENT.descriptions[0].descriptors
    assert anger.added == control.descriptions[0].descriptors
    assert compare_sets(PARENT, PARENT).changed_classes == ()


@given(st.lists(st.sampled_from("abcde")), st.lists(st.sampled_from("abcde")))
def test_the_word_runs_of_a_difference_rebuild_both_texts(before: list[str], after: list[str]) -> None:
    first, second = (
        DescriptionSet(
            class_set="x",
            class_set_hash="x",
            descriptions=(PARENT.descriptions[0].model_copy(update={"text": " ".join(words)}),),
            provenance=Provenance(kind="edit"),
            context_tokens=8,
        )
        for words in (before, after)
    )
    runs = compare_sets(first, second).classes[0].words
    assert " ".join(text for mark, text in runs if mark != "+").split() == before
    assert " ".join(text for mark, text in runs if mark != "-").split() == after


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_the_offline_author_describes_every_emotion_without_naming_it(emotion: str) -> None:
    text = answer(f"What are useful visual features for the facial expression of {emotion}?")
    descriptors = parse_answer(text).descriptors
    assert descriptors == tuple(phrases([emotion]))
    assert len(descriptors) >= 3
    assert emotion not in text


def test_the_offline_author_never_outgrows_the_published_budget() -> None:
    for c in MAFW.classes:
        descriptors = parse_answer(answer(f"The face of {c.display}?")).descriptors
        assert count_tokens(join(descriptors)) <= 67


def test_the_offline_author_finds_whole_words_only() -> None:
    with pytest.raises(ContentError, match="no emotion"):
        answer("What about fearlessness and angers?")
