"""Changing words by hand: what is read from the edited file, what becomes a child, what is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from description_store.database import open_store
from description_store.records import DescriptionSet
from description_store.sets import find_set, list_sets
from dfer.class_sets import load_class_set
from dfer.describe.children import save_child
from dfer.describe.controls import save_control
from dfer.describe.deriving import compounded, rendered
from dfer.describe.describing import describe
from dfer.describe.descriptor_origins import descriptor_origins
from dfer.describe.editing import drop_and_add, edited
from dfer.describe.planning import plan_questions
from dfer.describe.rendering import choose_rendering
from dfer.describe.templates import load_template
from dfer.describe.words_file import read_words_file, write_words
from dfer.errors import ContentError, DferError, UsageError

DFEW = load_class_set("dfew7")
MAFW11, MAFW43 = load_class_set("mafw11"), load_class_set("mafw43")


@pytest.fixture
def db(tmp_path: Path):
    with open_store(tmp_path / "words.db") as db:
        yield db


def described(db, class_set=DFEW) -> DescriptionSet:
    return describe(
        db, plan_questions(class_set, load_template("dfer-clip"), model="builtin/facs")
    ).description_set


def test_an_edit_makes_a_child_that_names_its_parent_and_keeps_the_other_classes(db) -> None:
    parent = described(db)
    child = edited(parent, DFEW, {"anger": ("furrowed brows", "tight lips")})
    saved, created = save_child(db, parent, child, DFEW, note="shorter")
    assert (saved.name, created, saved.note) == ("v2", True, "shorter")
    assert saved.texts == parent.texts | {"anger": "furrowed brows and tight lips."}
    assert saved.provenance.parent_hash == parent.hash
    assert list_sets(db)[1]["parent"] == 1
    assert find_set(db, "v1") == parent


def test_an_edit_that_changes_nothing_makes_no_version_but_keeps_its_note(db) -> None:
    parent = described(db)
    same = edited(parent, DFEW, {d.class_name: d.descriptors for d in parent.descriptions})
    saved, created = save_child(db, parent, same, DFEW, note="looked at")
    assert (saved.name, created) == ("v1", False)
    assert find_set(db, "v1").notes == ("looked at",)


def test_the_same_edit_again_is_the_same_version(db) -> None:
    parent = described(db)
    twice = [
        save_child(db, parent, edited(parent, DFEW, {"anger": ("tight lips",)}), DFEW, note=note)
        for note in ("first", "second")
    ]
    assert [(saved.name, created) for saved, created in twice] == [("v2", True), ("v2", False)]
    assert (find_set(db, "v2").note, find_set(db, "v2").notes) == ("first", ("second",))


def test_numbers_count_from_one_in_the_old_list() -> None:
    assert drop_and_add(("a", "b", "c"), drop=(1, 3), add=("d", "e")) == ("b", "d", "e")
    for wrong in (0, 4, -1):
        with pytest.raises(UsageError, match=f"no descriptor {wrong}"):
            drop_and_add(("a", "b", "c"), drop=(wrong,))


def test_what_people_type_is_tidied(db) -> None:
    child = edited(described(db), DFEW, {"anger": ("  furrowed\tbrows. ", "", "tight lips,")})
    assert child.descriptions[3].descriptors == ("furrowed brows", "tight lips")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"rage": ("tight lips",)}, "no class 'rage'"),
        ({"anger": ()}, "anger: no descriptor"),
        ({"anger": ("tight\x1b[2Jlips",)}, "cannot be printed"),
        ({"anger": ("very " * 80,)}, "the budget is 67"),
    ],
)
def test_words_that_cannot_be_used_are_refused_and_nothing_is_saved(db, words: dict, said: str) -> None:
    parent = described(db)
    with pytest.raises(DferError, match=said):
        edited(parent, DFEW, words)
    assert len(list_sets(db)) == 1


def test_a_compound_made_of_its_parts_follows_them_and_cannot_be_edited_itself(db) -> None:
    parent = described(db, MAFW11)
    whole, _ = save_child(db, parent, compounded(parent, MAFW43, how="average"), MAFW43)
    assert whole.class_set == "mafw43"
    assert len(whole.descriptions) == 43
    child = edited(whole, MAFW43, {"anger": ("flared nostrils",)})
    assert child.texts["anger_disgust"].split("\n")[0] == "flared nostrils."
    with pytest.raises(ContentError, match="anger_disgust: made of the words of its parts"):
        edited(whole, MAFW43, {"anger_disgust": ("tight lips",)})


def test_a_class_set_without_compounds_or_with_other_parts_is_refused(db) -> None:
    with pytest.raises(UsageError, match="no compound"):
        compounded(described(db), DFEW, how="average")
    with pytest.raises(ContentError, match="does not describe anxiety, contempt"):
        compounded(described(db), MAFW43, how="average")


def test_a_file_that_was_not_touched_is_the_set_itself(db) -> None:
    for parent, class_set in (
        (described(db), DFEW),
        (compounded(described(db, MAFW11), MAFW43, how="average"), MAFW43),
        (rendered(described(db), DFEW, choose_rendering(form="each", combine="max_score")), DFEW),
    ):
        read = read_words_file(write_words(parent, class_set, heading="v1"), source="v1.yaml")
        child = edited(parent, class_set, read.descriptors, rendering=read.rendering)
        assert (child.texts, child.rendering) == (parent.texts, parent.rendering)


def test_words_that_yaml_takes_for_something_else_stay_words() -> None:
    text = "classes:\n  anger:\n  - no\n  - yes\n  - 1.0\n  - null\n  - 2026-11-21\n"
    assert read_words_file(text, source="x").descriptors == {
        "anger": ("no", "yes", "1.0", "null", "2026-11-21")
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "found nothing"),
        ("- a\n- b", "found a list"),
        ("classes: anger", "found the text 'anger'"),
        ("classes:\n  anger: tight lips", "expected a list of descriptors, found the text 'tight lips'"),
        ("classes:\n  anger:\n  - tight: lips", "found a mapping"),
        ("classes:\n  anger: [a]\n  anger: [b]", "'anger' is there twice"),
        ("classes: {anger: [a]}\nnotes: x", "unknown key 'notes'"),
        ("classes: {anger: [a]}\ncontext_tokens: many", "whole number, found 'many'"),
        ("classes: {anger: [a]}\nrendering: {form: poem}", "rendering form"),
        ("classes: [", "is no YAML"),
        ("classes: {a: [b]}\nclass_set: [a]", "class_set must be text"),
        ("classes: {a: [b]}\ncontext_tokens: " + "9" * 5000, "small whole number"),
        ("classes: {a: [b]}\nnote: {x: y}", "note must be text"),
        ("classes: {a: &a [x, x], b: &b [*a, *a]}", "found a list"),
    ],
)
def test_a_file_of_another_form_is_refused_with_what_was_found(text: str, said: str) -> None:
    with pytest.raises(ContentError, match=said):
        read_words_file(text, source="x.yaml")


words = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)


@given(st.lists(words, min_size=1, max_size=5))
def test_any_words_survive_the_file(said: list[str]) -> None:
    from tests.store.examples import a_set

    parent = a_set(*said)
    class_set = DFEW.model_copy(update={"classes": DFEW.classes[:0]})
    read = read_words_file(write_words(parent, class_set, heading="x"), source="x")
    assert read.descriptors == {d.class_name: d.descriptors for d in parent.descriptions}


def test_each_descriptor_knows_who_said_it_first(db) -> None:
    parent = described(db)
    kept = parent.descriptions[3].descriptors[0]
    child, _ = save_child(db, parent, edited(parent, DFEW, {"anger": (kept, "tight lips")}), DFEW)
    origins = descriptor_origins(db, child, "anger")
    assert [(o.descriptor, o.version, o.by) for o in origins] == [
        (kept, 1, "builtin/facs"),
        ("tight lips", 2, "hand"),
    ]


def test_a_form_that_a_file_names_alone_is_said_as_that_form_usually_is() -> None:
    read = read_words_file("classes: {a: [b]}\nrendering: {form: sentence}", source="x")
    assert read.rendering == choose_rendering(form="sentence")
    read = read_words_file("classes: {a: [b]}\nrendering: {form: each}", source="x")
    assert read.rendering == choose_rendering(form="each")


def test_words_of_a_compound_or_a_swapped_control_are_traced_to_the_class_that_said_them(db) -> None:
    parent = described(db, MAFW11)
    whole, _ = save_child(db, parent, compounded(parent, MAFW43, how="average"), MAFW43)
    origins = descriptor_origins(db, whole, "anger_disgust")
    assert {(o.version, o.by) for o in origins} == {(1, "builtin/facs")}
    assert {"anger", "disgust"} <= {o.class_name for o in origins}
    swapped, _ = save_control(db, parent, MAFW11, kind="swapped", seed=1, note="")
    for origin in descriptor_origins(db, swapped, "anger"):
        assert origin.version == 1
        said = {d.class_name: d.descriptors for d in parent.descriptions}
        assert origin.descriptor in said[origin.class_name]
