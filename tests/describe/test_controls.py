"""Control sets, over any words: what they keep of their parent, and what they must not."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from description_store.records import DescriptionSet, Provenance, Rendering
from dfer.class_sets import ClassSet, load_class_set
from dfer.describe.clip_tokens import count_tokens, token_budget
from dfer.describe.compiling import ClassWords, compile_descriptions
from dfer.describe.controls import control_set
from dfer.describe.facs_author import phrases
from dfer.describe.rendering import choose_rendering
from dfer.describe.same_to_clip import seen_by_clip
from dfer.errors import ContentError

CLASSES = ClassSet.model_validate({"name": "three", "classes": ["anger", "fear", "sadness"]})
MAFW43 = load_class_set("mafw43")
RENDERINGS = [
    choose_rendering(form="list"),
    choose_rendering(form="sentence"),
    choose_rendering(form="each", combine="mean_embedding"),
    choose_rendering(form="list", prefix="{class}: "),
]

phrase = st.lists(
    st.sampled_from(
        [
            "brows",
            "lips",
            "eyes",
            "nose",
            "jaw",
            "raised",
            "lowered",
            "tight-lipped",
            "widened,",
            "puckered",
            "frowning",
        ]
    ),
    min_size=2,
    max_size=5,
).map(" ".join)
descriptors = st.lists(phrase, min_size=2, max_size=5, unique=True).map(tuple)


def a_parent(words: list[tuple[str, ...]], rendering: Rendering) -> DescriptionSet:
    said = {name: ClassWords(descriptors=own) for name, own in zip(CLASSES.names, words, strict=True)}
    return DescriptionSet(
        class_set="three",
        class_set_hash=CLASSES.hash,
        descriptions=compile_descriptions(CLASSES, said, rendering=rendering, context_tokens=8),
        provenance=Provenance(kind="llm"),
        rendering=rendering,
        context_tokens=8,
    )


def a_parent_of_compounds() -> DescriptionSet:
    singles = {
        c.name: ClassWords(descriptors=tuple(phrases([c.name]))) for c in MAFW43.classes if not c.components
    }
    rendering = choose_rendering(form="list", compounds="average")
    return DescriptionSet(
        class_set="mafw43",
        class_set_hash=MAFW43.hash,
        descriptions=compile_descriptions(MAFW43, singles, rendering=rendering, context_tokens=8),
        provenance=Provenance(kind="builtin"),
        rendering=rendering,
        context_tokens=8,
    )


@given(
    st.lists(descriptors, min_size=3, max_size=3, unique=True),
    st.sampled_from(RENDERINGS),
    st.sampled_from(["scrambled", "swapped", "random", "shared"]),
    st.integers(0, 2**31),
)
@settings(deadline=None)
def test_a_matched_control_keeps_counts_and_lengths_whatever_the_words(words, rendering, kind, seed) -> None:
    try:
        parent = a_parent(words, rendering)
        control = control_set(parent, CLASSES, kind=kind, seed=seed)
    except ContentError:
        assume(False)
    before = [tuple(map(count_tokens, d.descriptors)) for d in parent.descriptions]
    after = [tuple(map(count_tokens, d.descriptors)) for d in control.descriptions]
    assert control.rendering == parent.rendering
    assert control.class_names == parent.class_names
    assert all(d.tokens <= token_budget(8) for d in control.descriptions)
    if kind == "swapped":
        assert sorted(after) == sorted(before)
        return
    assert [len(d.descriptors) for d in control.descriptions] == [
        len(d.descriptors) for d in parent.descriptions
    ]
    if kind == "random":
        assert after == before
    if kind == "scrambled":
        assert [sum(own) for own in after] == [sum(own) for own in before]


@given(st.lists(descriptors, min_size=3, max_size=3, unique=True), st.integers(0, 99))
def test_shared_words_are_the_parents_and_the_same_for_every_class(words, seed: int) -> None:
    try:
        parent = a_parent(words, RENDERINGS[0])
    except ContentError:
        assume(False)
    control = control_set(parent, CLASSES, kind="shared", seed=seed)
    pool = {descriptor for d in parent.descriptions for descriptor in d.descriptors}
    lists = [d.descriptors for d in control.descriptions]
    assert [own[0] for own in lists] == list(CLASSES.names)
    longest = max(lists, key=len)[1:]
    assert set(longest) <= pool
    assert all(own[1:] == longest[: len(own) - 1] for own in lists)


def test_words_shared_by_classes_that_are_named_already_do_not_name_them_twice() -> None:
    words = [("tight lips", "low brows"), ("wide eyes", "open mouth"), ("wet eyes", "puckered chin")]
    control = control_set(a_parent(words, RENDERINGS[2]), CLASSES, kind="shared", seed=1)
    first, second = control.descriptions[0].descriptors
    assert [d.text for d in control.descriptions] == [
        f"{name}, which has {first}\n{name}, which has {second}" for name in CLASSES.names
    ]


@pytest.mark.parametrize("kind", ["scrambled", "swapped", "random", "shared"])
def test_compounds_of_a_control_are_made_of_its_own_parts(kind) -> None:
    parent = a_parent_of_compounds()
    texts = control_set(parent, MAFW43, kind=kind, seed=1).texts
    assert texts["anger_disgust"] == f"{texts['anger']}\n{texts['disgust']}"


def test_names_and_template_are_the_same_for_every_rendering_of_the_words() -> None:
    words = [("tight lips", "low brows"), ("wide eyes", "open mouth"), ("wet eyes", "puckered chin")]
    names = [control_set(a_parent(words, r), CLASSES, kind="names", seed=1).hash for r in RENDERINGS]
    assert len(set(names)) == 1


def test_what_classes_share_they_share_in_the_random_control_too() -> None:
    words = [("tight lips", "wide eyes"), ("wide eyes", "open mouth"), ("wet eyes", "puckered chin")]
    control = control_set(a_parent(words, RENDERINGS[0]), CLASSES, kind="random", seed=1)
    anger, fear, sadness = control.descriptions
    assert anger.descriptors[1] == fear.descriptors[0]
    assert not set(anger.descriptors) & set(sadness.descriptors)


def test_shared_words_need_more_than_one_descriptor_unless_the_class_is_named_already() -> None:
    words = [("tight lips",), ("wide eyes", "open mouth"), ("wet eyes", "puckered chin")]
    with pytest.raises(ContentError, match="anger: with a single descriptor"):
        control_set(a_parent(words, RENDERINGS[0]), CLASSES, kind="shared", seed=1)
    control_set(a_parent(words, RENDERINGS[3]), CLASSES, kind="shared", seed=1)


@pytest.mark.parametrize("seed", range(15))
def test_no_class_of_a_swapped_control_looks_to_clip_as_it_did(seed: int) -> None:
    parent = a_parent_of_compounds()
    control = control_set(parent, MAFW43, kind="swapped", seed=seed)
    for before, after in zip(parent.descriptions, control.descriptions, strict=True):
        assert seen_by_clip(before.text) != seen_by_clip(after.text)
