"""What changed between two sets: words, descriptors as CLIP reads them, order, origin, relation."""

from hypothesis import given
from hypothesis import strategies as st

from description_store.records import Description, DescriptionSet, Provenance, Rendering
from dfer.describe.difference import compare_sets
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
