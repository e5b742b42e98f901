"""Which set is the control of which."""

from description_store.records import Description, DescriptionSet, Provenance
from dfer.experiments.matched_controls import is_control, matched_controls


def a_set(version: int, **provenance: object) -> DescriptionSet:
    return DescriptionSet(
        version=version,
        class_set="one",
        class_set_hash="cs1:x",
        descriptions=(Description(class_name="anger", descriptors=("a",), text="a.", tokens=2),),
        provenance=Provenance.model_validate({"kind": "builtin"} | provenance),
        context_tokens=8,
    )


PARENT = a_set(1)


def control(version: int, kind: str, *, seed: int = 1) -> DescriptionSet:
    return a_set(version, kind="control", control=kind, seed=seed, parent_hash=PARENT.hash)


def test_random_words_are_preferred_and_of_several_the_first_made() -> None:
    ten, two, scrambled = control(10, "random", seed=2), control(2, "random"), control(3, "scrambled")
    assert matched_controls({"v1": PARENT, "v3": scrambled, "v10": ten, "v2": two}) == {"v1": "v2"}
    assert matched_controls({"v1": PARENT, "v3": scrambled}) == {"v1": "v3"}


def test_class_names_and_controls_of_another_set_match_nothing() -> None:
    names = a_set(2, kind="control", control="names")
    strange = a_set(3, kind="control", control="random", parent_hash="ds1:another")
    assert matched_controls({"v1": PARENT, "v2": names, "v3": strange}) == {}
    assert [is_control(one) for one in (PARENT, names, strange)] == [False, True, True]
