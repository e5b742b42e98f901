"""Leaving words out: near-duplicates, what a face does not show, class names, all beyond the first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from description_store.records import Description, DescriptionSet, Provenance
from dfer.class_sets import ClassSet
from dfer.describe.nearness import content_tokens, near_key
from dfer.describe.nonfacial import nonfacial_reason
from dfer.describe.rendering import join
from dfer.describe.selecting import select
from dfer.errors import ContentError

CLASSES = ClassSet.model_validate({"name": "two", "classes": ["anger", "fear"]})


def a_set(anger: tuple[str, ...], fear: tuple[str, ...] = ("wide eyes",)) -> DescriptionSet:
    return DescriptionSet(
        class_set="two",
        class_set_hash=CLASSES.hash,
        descriptions=tuple(
            Description(class_name=name, descriptors=words, text=join(words), tokens=1)
            for name, words in (("anger", anger), ("fear", fear))
        ),
        provenance=Provenance(kind="llm"),
        context_tokens=8,
    )


def kept(anger: tuple[str, ...], **rule: object) -> tuple[str, ...]:
    return select(a_set(anger), CLASSES, **rule).words["anger"].descriptors


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("furrowed brow", "furrowed brows"),
        ("raised eyebrows", "eyebrows raised"),
        ("a wrinkled nose", "Wrinkled  nose."),
        ("wide-open eyes", "the eyes wide-open"),
        ("corners of the lips", "lip corners"),
    ],
)
def test_the_same_content_words_are_near_duplicates(first: str, second: str) -> None:
    assert near_key(first) == near_key(second)
    assert content_tokens(first) == content_tokens(second)
    assert kept((first, second)) == (first,)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("raised eyebrows", "slightly raised eyebrows"),
        ("raised eyebrows", "lowered eyebrows"),
        ("no visible tension", "visible tension"),
        ("lips pressed", "lips parted"),
        ("open mouth and closed eyes", "closed mouth and open eyes"),
        ("wide eyes and tight lips", "tight eyes and wide lips"),
        ("raised inner and lowered outer eyebrows", "raised outer and lowered inner eyebrows"),
        ("a raised eyebrow", "raised eyebrows"),
        ("raised lip corner", "raised lip corners"),
        ("lips rolled", "lips rolled in"),
        ("upper teeth over the lower lip", "lower lip over the upper teeth"),
        ("eyes wide, mouth closed", "eyes closed, mouth wide"),
        ("eyes open but lips not", "lips open but eyes not"),
    ],
)
def test_intensity_and_opposites_are_kept_apart(first: str, second: str) -> None:
    assert near_key(first) != near_key(second)
    assert kept((first, second)) == (first, second)


@pytest.mark.parametrize(
    ("descriptor", "what"),
    [
        ("hunched shoulders", "body"),
        ("clenched fists", "body"),
        ("a trembling voice", "voice"),
        ("rapid breathing", "voice"),
        ("a tense situation", "context"),
        ("a feeling of dread", "inner state"),
    ],
)
def test_what_a_face_crop_does_not_show_is_named_with_its_kind(descriptor: str, what: str) -> None:
    assert (nonfacial_reason(descriptor) or "").startswith(what)


@pytest.mark.parametrize(
    "descriptor",
    [
        "furrowed brows",
        "tears in the eyes",
        "head tilted down",
        "open mouth as if to inhale",
        "visible muscle tone",
        "pale skin tone",
        "clenched jaw",
        "sweat on the forehead",
        "tense neck",
        "lips pressed together",
        "trembling lips",
        "creases beside the eyes",
    ],
)
def test_what_a_face_crop_shows_is_left_alone(descriptor: str) -> None:
    assert nonfacial_reason(descriptor) is None


# What LLMs say of eleven emotions, as a list of the usual phrases; each can be seen in a face crop.
USUAL = """
furrowed brow; eyebrows pulled down and together; narrowed eyes; intense glaring stare; flared
nostrils; clenched jaw; tightly pressed lips; bared teeth; tense facial muscles; flushed or reddened
skin; vertical lines between the eyebrows; bulging veins on the forehead or neck;
wrinkled nose; raised upper lip; curled lip; narrowed eyes; lowered eyebrows; raised cheeks; tongue
slightly protruding; head turned away; deepened nasolabial folds; mouth turned down at the corners;
widened eyes; raised and drawn together eyebrows; tense lower eyelids; mouth slightly open; lips
stretched horizontally; pale skin; dilated pupils; trembling lips; horizontal wrinkles on the
forehead; frozen expression;
wide smile; raised cheeks; crow's feet around the eyes; corners of the mouth turned up; visible
teeth; sparkling eyes; relaxed eyebrows; laugh lines; bright eyes; lifted eyelids;
relaxed facial muscles; straight mouth; eyes open normally; even gaze; smooth forehead; no visible
emotion; closed lips; symmetrical features; eyebrows in natural position; lack of expression;
drooping eyelids; inner corners of the eyebrows raised; downturned mouth; trembling lower lip; tears
in the eyes; downcast gaze; pouting lower lip; slack cheeks; furrowed forehead; watery eyes;
raised eyebrows; widened eyes; open mouth; dropped jaw; horizontal forehead wrinkles; exposed whites
of the eyes; stretched eyelids; parted lips; raised upper eyelids; head pulled back;
one corner of the mouth raised; a raised eyebrow; smirk; eyes looking down or sideways; tilted head;
tightened lip corner on one side; slight sneer; narrowed eyes; eye roll; chin raised;
furrowed brow; darting eyes; tense jaw; biting of the lips; wide eyes; frequent blinking; tight
lips; strained smile; sweating forehead; raised inner eyebrows;
drooping eyes; raised inner eyebrows; slightly open mouth; downturned corners of the mouth; vacant
stare; furrowed brow; slack jaw; pleading eyes; head lowered; tears welling up;
downturned mouth; lowered eyebrows; downcast eyes; drooping eyelids; pursed lips; slight frown;
averted gaze; sagging cheeks; furrowed brow; lips pressed together;
wrinkles surrounding the eyes; yellowish skin tone; yellow teeth; thoughtful gaze; emotionless eyes;
a heart-shaped mouth; urgent stare; slack facial tone; crows feet; laughter lines
"""


def test_none_of_the_usual_descriptors_of_a_face_is_taken_for_something_else() -> None:
    said = [" ".join(text.split()) for text in USUAL.split(";") if text.strip()]
    assert len(said) > 110
    assert {text: reason for text in said if (reason := nonfacial_reason(text))} == {}


def test_the_built_in_author_says_nothing_that_is_not_in_a_face() -> None:
    from dfer.action_units import EMOTIONS
    from dfer.describe.facs_author import phrases

    said = {phrase for emotion in EMOTIONS for phrase in phrases([emotion])}
    assert {phrase: reason for phrase in said if (reason := nonfacial_reason(phrase))} == {}


def test_everything_that_goes_is_listed_with_its_reason() -> None:
    anger = (
        "furrowed brows",
        "brows furrowed",
        "clenched fists",
        "angry eyes",
        "flared nostrils",
        "tight lips",
    )
    chosen = select(a_set(anger), CLASSES, keep=2, drop_nonfacial=True, drop_class_words=True)
    assert chosen.words["anger"].descriptors == ("furrowed brows", "flared nostrils")
    assert {one.descriptor: one.reason for one in chosen.left_out} == {
        "brows furrowed": "says the same as 'furrowed brows'",
        "clenched fists": "body: 'fists'",
        "angry eyes": "names the class: 'angry'",
        "tight lips": "beyond the first 2",
    }
    assert chosen.words["anger"].dropped == ("brows furrowed", "clenched fists", "angry eyes", "tight lips")


def test_nothing_but_near_duplicates_goes_unless_it_is_asked() -> None:
    anger = ("clenched fists", "angry eyes", "furrowed brows", "furrowed brow")
    assert kept(anger) == anger[:3]


def test_a_class_is_never_left_without_words() -> None:
    with pytest.raises(ContentError, match="anger: 'clenched fists'") as caught:
        select(a_set(("clenched fists", "loud voice")), CLASSES, drop_nonfacial=True)
    assert "fear" not in caught.value.message


phrases_of_faces = st.lists(
    st.sampled_from(
        ["furrowed brows", "brow furrowed", "loud voice", "angry eyes", "tight lips", "wide eyes"]
    ),
    min_size=1,
    max_size=8,
)


@given(phrases_of_faces, st.integers(1, 4))
def test_selecting_invents_nothing_loses_nothing_keeps_the_order_and_is_done_once(
    anger: list[str], keep: int
) -> None:
    parent = a_set(tuple(anger))
    chosen = select(parent, CLASSES, keep=keep)
    words = chosen.words["anger"]
    assert 1 <= len(words.descriptors) <= keep
    assert sorted((*words.descriptors, *words.dropped)) == sorted(anger)
    places = [anger.index(descriptor) for descriptor in words.descriptors]
    assert places == sorted(places)
    again = select(a_set(words.descriptors), CLASSES, keep=keep)
    assert again.left_out == ()
