"""Labels: names in the spellings of the field, never numbers."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfer.class_sets.class_set import BUILT_IN, load_class_set
from dfer.clips.clip import Clip
from dfer.clips.labels import DFER_CLIP_LABELS, canonical_label, with_known_labels
from dfer.errors import ContentError

MAFW = load_class_set("mafw11").names
DFEW = load_class_set("dfew7").names


def clips(*labels: str) -> list[Clip]:
    return [Clip(id=f"{i}", path=Path(f"{i}"), label=label) for i, label in enumerate(labels)]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Happy", "happiness"),
        ("SAD", "sadness"),
        ("Angry", "anger"),
        ("surprised", "surprise"),
        ("Disgusted", "disgust"),
        ("afraid", "fear"),
        ("fearful", "fear"),
        ("Neutral", "neutral"),
        ("contemptuous", "contempt"),
        ("anxious", "anxiety"),
        ("helpless", "helplessness"),
        ("disappointed", "disappointment"),
    ],
)
def test_the_field_s_spellings_mean_one_class(written: str, name: str) -> None:
    assert canonical_label(written, MAFW) == name
    # and the other way round, in a class set that uses the other word
    assert canonical_label(name, [written, "boredom"]) == written


@given(st.sampled_from(BUILT_IN), st.data())
def test_a_class_name_in_any_case_is_that_class(class_set: str, data: st.DataObject) -> None:
    names = load_class_set(class_set).names
    name = data.draw(st.sampled_from(names))
    assert canonical_label(name, names) == name
    assert canonical_label(name.upper(), names) == name
    assert canonical_label(name.replace("_", "-"), names) == name


def test_the_exact_name_wins_over_an_alias() -> None:
    assert canonical_label("happy", ["happiness", "happy"]) == "happy"
    assert canonical_label("afraid", ["fear", "fearful"]) is None  # two classes could be meant


@pytest.mark.parametrize("number", ["0", "3", " 3 ", "3.0", "-1"])
def test_numbers_mean_no_class_and_the_message_says_so(number: str) -> None:
    assert canonical_label(number, MAFW) is None
    with pytest.raises(ContentError) as caught:
        with_known_labels(clips(number), MAFW)
    assert "labels are names" in caught.value.hint
    assert "DFER-CLIP" in caught.value.hint


def test_labels_become_the_names_of_the_class_set_and_nothing_else_changes() -> None:
    given_clips = clips(*DFEW[1:], "Happy")
    known = with_known_labels(given_clips, DFEW)
    assert [clip.label for clip in known] == [*DFEW[1:], "happiness"]
    assert [clip.id for clip in known] == [clip.id for clip in given_clips]


def test_unknown_labels_are_listed_with_their_counts() -> None:
    with pytest.raises(ContentError) as caught:
        with_known_labels(clips("bored", "happy", "bored", "proud"), DFEW)
    assert "'bored' (2 clips), 'proud' (1 clips)" in caught.value.message
    assert "happiness, sadness" in caught.value.hint


def test_a_class_without_clips_means_the_set_is_for_other_classes() -> None:
    with pytest.raises(ContentError, match=r"set for the wrong classes: .*'fear'"):
        with_known_labels(clips(*DFEW[:-1]), DFEW)
    assert len(with_known_labels(clips("happy"), DFEW, allow_missing=True)) == 1


def test_dfer_clip_s_integers_are_in_the_published_order() -> None:
    assert DFER_CLIP_LABELS[:7] == DFEW
    assert DFER_CLIP_LABELS[7:] == ("contempt", "anxiety", "helplessness", "disappointment")
