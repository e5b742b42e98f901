"""DFER-CLIP's Text.py and its kin: read from the syntax tree, never executed."""

from pathlib import Path

import pytest

from dfer.class_sets import DFER_CLIP_LABELS, load_class_set
from dfer.describe.importing import match_classes, read_words
from dfer.describe.rendering import render
from dfer.errors import ContentError, UsageError

SEVEN = [f"a sign of {i}, brow number {i}, and mouth number {i}." for i in "abcdefg"]
TEXT_PY = f"""
# invented
class_names_7 = [f for f in []]
class_names_7 = [
{"".join(f"  '{name}.',{chr(10)}" for name in DFER_CLIP_LABELS[:7])}]
class_names_with_context_7 = {[f"an expression of {name}." for name in DFER_CLIP_LABELS[:7]]}
class_descriptor_7 = {SEVEN}
class_descriptor_11 = {[*SEVEN, "h.", "i.", "j.", "k."]}
"""


@pytest.fixture
def file(tmp_path: Path):
    def write(text: str, name: str = "Text.py") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_texts_get_the_names_of_the_list_beside_them_and_stay_as_they_are(file) -> None:
    found = read_words(file(TEXT_PY), variable="class_descriptor_7")
    assert found.format == "dfer-clip"
    assert list(found.words) == list(DFER_CLIP_LABELS[:7])
    assert found.words["sadness"] == ("a sign of b", "brow number b", "mouth number b")
    texts = [render(words, display="", rendering=found.rendering) for words in found.words.values()]
    assert texts == SEVEN


def test_of_several_variables_one_must_be_named_or_have_as_many_classes(file) -> None:
    with pytest.raises(UsageError) as caught:
        read_words(file(TEXT_PY))
    assert "class_descriptor_7 (7), class_descriptor_11 (11)" in caught.value.hint
    assert read_words(file(TEXT_PY), class_count=11).words["disappointment"] == ("k",)
    with pytest.raises(UsageError, match="none of them could hold 5"):
        read_words(file(TEXT_PY), class_count=5)
    with pytest.raises(UsageError, match="no list of text 'nothing'") as caught:
        read_words(file(TEXT_PY), variable="nothing")
    assert "class_names_with_context_7 (7)" in caught.value.hint


def test_the_class_names_themselves_can_be_read(file) -> None:
    found = read_words(file(TEXT_PY), variable="class_names_with_context_7")
    assert found.words["fear"] == ("an expression of fear",)


def test_without_names_the_order_is_dfer_clip_s_and_that_is_said(file) -> None:
    found = read_words(file(f"words = {SEVEN}"))
    assert list(found.words) == list(DFER_CLIP_LABELS[:7])
    assert "taken to be DFER-CLIP's, in its order: happiness, sadness" in found.warnings[0]
    with pytest.raises(ContentError, match="nothing says which classes the 5 texts"):
        read_words(file(f"words = {SEVEN[:5]}"))


def test_names_inside_phrases_are_found_so_that_another_order_is_kept(file) -> None:
    names = ["a photo of fear.", "a photo of joyless anger.", "a photo of sadness."]
    found = read_words(file(f"class_names_3 = {names}\nclass_descriptor_3 = {SEVEN[:3]}"))
    assert list(found.words) == ["fear", "joyless anger", "sadness"]


def test_of_several_lists_of_names_the_one_named_alike_counts(file) -> None:
    text = f"""
class_names_one = ['anger', 'fear', 'sadness']
class_names_two = ['sadness', 'fear', 'anger']
class_descriptor_two = {SEVEN[:3]}
other = {SEVEN[:3]}
"""
    assert list(read_words(file(text), variable="class_descriptor_two").words) == ["sadness", "fear", "anger"]
    with pytest.raises(ContentError, match="class_names_one and class_names_two name the classes"):
        read_words(file(text), variable="other")


def test_a_list_of_texts_for_each_class_keeps_them_apart(file) -> None:
    text = "class_names = ['anger', 'fear']\nensemble = [['A hot face.', 'It is red.'], ['A cold face.']]"
    found = read_words(file(text))
    assert found.words == {"anger": ("A hot face", "It is red"), "fear": ("A cold face",)}
    assert (found.rendering.form, found.rendering.combine) == ("each", "mean_embedding")


def test_dictionaries_name_their_classes_and_their_data_sets(file) -> None:
    text = "class_descriptor = {'DFEW': {'anger': 'a.', 'fear': 'b.'}, 'MAFW': {'anger': 'c.', 'fear': 'd.'}}"
    found = read_words(file(text), variable="class_descriptor['MAFW']")
    assert found.words == {"anger": ("c",), "fear": ("d",)}
    text = "class_names = {'DFEW': ['anger', 'fear']}\ntexts = {'DFEW': ['hot.', 'cold.']}"
    assert read_words(file(text)).words == {"anger": ("hot",), "fear": ("cold",)}
    assert read_words(file("texts = {'Anger': 'hot.', 'Fear': 'cold.'}")).words["Anger"] == ("hot",)


def test_constants_may_be_put_together_from_pieces(file) -> None:
    found = read_words(file("class_names: list = ('anger', 'fear')\ntexts = ['red ' 'hot' + '.', 'cold.']"))
    assert found.words["anger"] == ("red hot",)


@pytest.mark.parametrize(
    "change",
    [
        "texts += ['c']",
        "texts.append('c')",
        "texts[0] = 'c'",
        "del texts[0]",
        "for texts in []: pass",
        "if 1:\n  texts = open('x')",
        "from elsewhere import texts",
        "def texts(): pass",
        "texts = [t.lower() for t in texts]",
    ],
)
def test_a_variable_that_only_running_the_file_would_tell_is_not_read(file, change: str) -> None:
    text = f"class_names = ['anger', 'fear']\ntexts = ['a.', 'b.']\n{change}\n"
    with pytest.raises(UsageError, match="line 3 computes or changes it") as caught:
        read_words(file(text), variable="texts")
    assert "never runs the file" in caught.value.hint
    with pytest.raises(ContentError, match="no list of descriptions"):
        read_words(file(text))


def test_what_was_not_read_is_mentioned(file) -> None:
    found = read_words(file("n = 7\nclass_names = ['anger', 'fear']\ntexts = ['a.', 'b.']\n"))
    assert found.warnings == ("not written out as text, so not read: n (line 1)",)


def test_reading_a_file_never_runs_it(file, tmp_path: Path) -> None:
    made = tmp_path / "made"
    text = f"__import__('pathlib').Path({str(made)!r}).touch()\nclass_names = ['anger', 'fear']\n"
    text += f"x = [open({str(made)!r}, 'w')]\ntexts = ['a.', 'b.']\n"
    read_words(file(text))
    assert not made.exists()


@pytest.mark.parametrize(
    "text",
    [
        "texts = [",
        "texts = " + "[" * 150 + "]" * 150,
        "texts = " + "[" * 5000 + "]" * 5000,
        "texts = " + "-" * 100_000 + "1",
        "texts = " + "'a' + " * 100_000 + "'a'",
        "texts = x" + ".a" * 100_000,
        "texts = ['\\ud800', 'b']",
        "texts = 5\n" * 10,
        "",
    ],
)
def test_a_file_that_cannot_be_read_fails_plainly(file, text: str) -> None:
    with pytest.raises((ContentError, UsageError)):
        read_words(file(text))


def test_a_misspelled_class_of_the_field_is_matched(file) -> None:
    names = [name.replace("anxiety", "Snxiety") for name in DFER_CLIP_LABELS]
    text = f"class_names_11 = {names}\nclass_descriptor_11 = {[f'sign {name}.' for name in names]}"
    matched = match_classes(read_words(file(text)), load_class_set("mafw11"))
    assert list(matched) == list(load_class_set("mafw11").names)
    assert matched["anxiety"] == ("sign Snxiety",)
