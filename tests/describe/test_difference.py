"""What changed between two sets: words, descriptors as CLIP reads them, order, origin, relation."""

from hypothesis import given
from hypothesis import strategies as st

from description_store.records import Description, DescriptionSet, Provenance, Rendering
from dfer.describe.difference import compare_sets, in_words
from dfer.describe.rendering import join


def a_set(*descriptors: str, **changes: object) -> DescriptionSet:
    fields = {
        "class_set": "one",
        "class_set_hash": "cs1:x",
        "descriptions": (
            Description(class_name="anger", descriptors=descriptors, text=join(descriptors), tokens=5),
        ),
        "provenance": Provenance(kind="llm", model="m", params={"temperature": 0.5}),
        "context_tokens": 8,
    }
    return DescriptionSet(**(fields | changes))


def only(before: DescriptionSet, after: DescriptionSet):
    (c,) = compare_sets(before, after).classes
    return c


def test_descriptors_are_compared_as_clip_reads_them() -> None:
    c = only(a_set("tight lips", "low brows"), a_set("Tight  lips", "wide eyes"))
    assert (c.removed, c.added, c.moved) == (("low brows",), ("wide eyes",), False)


def test_another_order_is_a_move_and_nothing_is_added_or_removed() -> None:
    c = only(a_set("tight lips", "low brows"), a_set("low brows", "tight lips"))
    assert (c.removed, c.added, c.moved, c.changed) == ((), (), True, True)


def test_texts_without_common_words_are_told_from_edited_ones() -> None:
    words = ("tight lips and low brows", "narrow eyes with flared nostrils")
    assert only(a_set(*words), a_set("lamp ink forest", "sand globe cider road")).unrelated
    assert not only(a_set(*words), a_set(words[0], "narrow eyes")).unrelated
    assert not only(a_set(*words), a_set(*words)).unrelated


def test_changes_of_origin_are_values_and_not_their_spelling() -> None:
    after = a_set(
        "tight lips",
        provenance=Provenance(kind="llm", model="n", params={"temperature": 1.0, "seed": 3}),
        rendering=Rendering(form="sentence"),
        context_tokens=4,
    )
    changed = compare_sets(a_set("tight lips"), after).provenance
    assert changed["model"] == ("m", "n")
    assert changed["params"] == ({"temperature": 0.5}, {"temperature": 1.0, "seed": 3})
    assert changed["context_tokens"] == (8, 4)
    assert changed["rendering"][1]["form"] == "sentence"
    assert "prompt" not in changed


def test_a_set_knows_its_parent_its_child_and_its_siblings() -> None:
    parent = a_set("tight lips")
    child, other = (
        a_set(word, provenance=Provenance(kind="edit", parent_hash=parent.hash)) for word in ("a", "b")
    )
    assert compare_sets(parent, child).relation == "child"
    assert compare_sets(child, parent).relation == "parent"
    assert compare_sets(child, other).relation == "siblings"
    assert compare_sets(parent, a_set("x")).relation is None


def test_a_class_that_only_one_set_has_is_shown_as_added_or_removed() -> None:
    fear = Description(class_name="fear", descriptors=("wide eyes",), text="wide eyes.", tokens=3)
    more = a_set("tight lips")
    more = more.model_copy(update={"descriptions": (*more.descriptions, fear)})
    _, c = compare_sets(a_set("tight lips"), more).classes
    assert (c.class_name, c.tokens_before, c.tokens_after, c.added) == ("fear", None, 3, ("wide eyes",))


word_lists = st.lists(st.sampled_from(["brows", "lips", "eyes", "low", "tight"]), min_size=1, max_size=8)


@given(word_lists, word_lists)
def test_both_texts_can_be_read_out_of_the_marked_words(old: list[str], new: list[str]) -> None:
    before, after = a_set(" ".join(old)), a_set(" ".join(new))
    c = only(before, after)
    assert " ".join(text for mark, text in c.words if mark != "+") == before.texts["anger"]
    assert " ".join(text for mark, text in c.words if mark != "-") == after.texts["anger"]
    assert c.changed == (old != new)


def test_several_texts_of_a_class_are_compared_text_by_text() -> None:
    before, after = (
        Description(class_name="anger", descriptors=words, text="\n".join(words), tokens=3)
        for words in (("tight lips", "low brows"), ("tight lips", "low thin brows"))
    )
    c = only(a_set(descriptions=(before,)), a_set(descriptions=(after,)))
    assert c.several
    assert c.shown == ((" ", "tight lips"), ("-", "low brows"), ("+", "low thin brows"))
    assert not c.torn


def test_unrelated_texts_are_shown_whole_and_an_empty_one_not_at_all() -> None:
    before, after = a_set("tight thin lips and low brows"), a_set("lamp oil and ink", "forest fuel")
    assert only(before, after).shown == (
        ("-", "tight thin lips and low brows."),
        ("+", "lamp oil and ink and forest fuel."),
    )
    new = a_set("tight lips")
    assert only(a_set(descriptions=()), new).shown == (("+", "tight lips."),)


def test_a_change_within_a_descriptor_tears_it() -> None:
    words = ("narrowed eyes", "low brows")
    assert only(a_set("tight lips", *words), a_set("tight thin lips", *words)).torn
    assert not only(a_set("tight lips", *words), a_set(*words)).torn


def test_other_capitals_change_the_words_and_not_what_clip_reads() -> None:
    c = only(a_set("Tight lips"), a_set("tight lips"))
    assert (c.changed, c.same_to_clip, c.added, c.removed) == (True, True, (), ())
    assert not only(a_set("tight lips"), a_set("thin lips")).same_to_clip


def test_a_descriptor_said_once_less_is_removed_and_not_moved() -> None:
    c = only(a_set("tight lips", "low brows", "tight lips"), a_set("tight lips", "low brows"))
    assert (c.removed, c.moved) == (("tight lips",), False)


def test_of_a_relative_only_what_does_not_follow_from_its_making_is_told() -> None:
    parent = a_set("tight lips")
    child = parent.model_copy(
        update={
            "provenance": Provenance(kind="edit", parent_hash=parent.hash, change={"render": "each"}),
            "rendering": Rendering(suffix="!"),
        }
    )
    assert in_words(compare_sets(parent, child)) == {"rendering": ('suffix="."', 'suffix="!"')}


def test_of_strangers_every_change_of_origin_is_told_and_of_objects_what_differs() -> None:
    params = {"temperature": 1.0, "seed": 3}
    after = a_set("tight lips", provenance=Provenance(kind="llm", prompt="mine", params=params))
    assert in_words(compare_sets(a_set("tight lips"), after)) == {
        "model": ("m", "–"),
        "prompt": ("–", "mine"),
        "params": ("temperature=0.5", "temperature=1.0, seed=3"),
    }
