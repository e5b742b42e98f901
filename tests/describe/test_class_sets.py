"""Class sets: what is built in, and what a user's file may say."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfer.class_sets import BUILT_IN, load_class_set
from dfer.errors import ContentError, UsageError


@pytest.mark.parametrize(
    ("name", "classes"), [("dfew7", 7), ("ferv39k7", 7), ("afew7", 7), ("mafw11", 11), ("mafw43", 43)]
)
def test_built_in_class_sets_have_the_sizes_that_their_names_say(name: str, classes: int) -> None:
    assert len(load_class_set(name).names) == classes


def test_dfew_classes_stand_in_the_order_of_its_labels() -> None:
    assert load_class_set("dfew7").names == (
        "happiness",
        "sadness",
        "neutral",
        "anger",
        "surprise",
        "disgust",
        "fear",
    )


def test_mafw43_is_mafw11_then_23_pairs_and_9_triples() -> None:
    classes = load_class_set("mafw43").classes
    assert tuple(c.name for c in classes[:11]) == load_class_set("mafw11").names
    assert [len(c.components) for c in classes] == [0] * 11 + [2] * 23 + [3] * 9
    assert all(c.name == "_".join(c.components) for c in classes[11:])
    assert classes[-1].display == "sadness, helplessness and disappointment"


def write(folder: Path, name: str, content: str) -> str:
    (folder / name).write_text(content, encoding="utf-8")
    return str(folder / name)


def test_a_users_toml_file_gives_names_display_names_and_components(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "my.toml",
        'classes = ["calm", { name = "bored_tired", display = "so bored", components = ["bored", "tired"] }]',
    )
    class_set = load_class_set(path)
    assert class_set.name == "my"
    assert class_set.names == ("calm", "bored_tired")
    assert class_set.classes[1].components == ("bored", "tired")


def test_a_json_file_may_be_the_bare_list_of_names(tmp_path: Path) -> None:
    assert load_class_set(write(tmp_path, "my.json", '["calm", "bored"]')).names == ("calm", "bored")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('["calm", "calm"]', "listed twice"),
        ('["happy face", "happy_face"]', "differ only in spelling"),
        ('["calm", ""]', "empty"),
        ('["calm", "   "]', "empty"),
        ('["calm"]', "at least two"),
        ("[]", "at least two"),
        ('[{"name": "a", "display": "x"}, {"name": "b", "display": "X"}]', "displayed as"),
        ('{"classes": ["a", "b"], "order": 1}', "order"),
        ('[{"name": "a", "colour": "red"}, "b"]', "colour"),
        ('["calm", "bo\\u0007red"]', "cannot be printed"),
        ("not json", "cannot be parsed"),
        ("7", "expected a list"),
    ],
)
def test_a_class_set_that_would_mix_up_results_is_refused(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(ContentError, match=said):
        load_class_set(write(tmp_path, "my.json", content))


def test_an_unknown_class_set_names_the_ones_there_are() -> None:
    with pytest.raises(UsageError, match="unknown class set") as caught:
        load_class_set("mafw12")
    assert all(name in caught.value.hint for name in BUILT_IN)


names = st.lists(st.from_regex(r"[a-z]{3,12}", fullmatch=True), min_size=2, max_size=9, unique=True)


@given(names, st.randoms())
def test_the_hash_depends_on_the_order_of_the_classes(names: list[str], random) -> None:
    import tempfile

    shuffled = random.sample(names, len(names))
    with tempfile.TemporaryDirectory() as folder:
        first = load_class_set(write(Path(folder), "a.json", json.dumps(names)))
        second = load_class_set(write(Path(folder), "b.json", json.dumps(shuffled)))
    assert (first.hash == second.hash) == (names == shuffled)
