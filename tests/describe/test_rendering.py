"""The same words as one list, one sentence, or a text for each descriptor; compounds from their parts."""

import pytest

from description_store.records import COMMA_LIST, Rendering
from dfer.class_sets import ClassSet, load_class_set
from dfer.describe.clip_tokens import count_tokens
from dfer.describe.compiling import ClassWords, compile_descriptions
from dfer.describe.rendering import choose_rendering, render
from dfer.errors import ContentError, UsageError

WORDS = ("raised cheeks", "parted lips", "crinkled eyes")
TWO = ClassSet.model_validate({"name": "two", "classes": ["happiness", "fear"]})
MAFW11, MAFW43 = load_class_set("mafw11"), load_class_set("mafw43")


def text(**chosen: str) -> str:
    return render(WORDS, display="happiness", rendering=choose_rendering(**chosen))


def test_a_list_is_dfer_clips_comma_list() -> None:
    assert text(form="list") == "raised cheeks, parted lips, and crinkled eyes."
    assert choose_rendering(form="list") == COMMA_LIST


def test_a_sentence_has_a_beginning() -> None:
    assert text(form="sentence") == "A face with raised cheeks, parted lips, and crinkled eyes."


def test_each_descriptor_becomes_a_text_with_the_class_before_it() -> None:
    assert text(form="each").split("\n") == [
        "happiness, which has raised cheeks",
        "happiness, which has parted lips",
        "happiness, which has crinkled eyes",
    ]


def test_prefix_and_suffix_are_templates_of_the_class() -> None:
    made = text(form="list", prefix="A photo of {class}: ", suffix=" ({class}).")
    assert made == "A photo of happiness: raised cheeks, parted lips, and crinkled eyes (happiness)."


def test_another_field_than_the_class_is_an_error_that_names_it() -> None:
    with pytest.raises(UsageError, match=r"\{descriptor\}"):
        choose_rendering(form="each", prefix="{class} has {descriptor}")


def test_a_prefix_that_lost_its_last_space_does_not_run_into_the_words() -> None:
    assert text(form="list", prefix="a face with").startswith("a face with raised cheeks")
    assert text(form="list", prefix="A face:").startswith("A face: raised cheeks")
    assert text(form="list", suffix="on a face").endswith("crinkled eyes on a face")


@pytest.mark.parametrize(
    "contradiction",
    [
        {"form": "each", "combine": "joined"},
        {"form": "list", "combine": "max_score"},
        # A mean or maximum over the scores of its parts could never beat the best of them.
        {"form": "list", "compounds": "average", "combine": "mean_score"},
        {"form": "list", "compounds": "average", "combine": "max_score"},
        # Texts of single descriptors are no text of a part.
        {"form": "each", "compounds": "average"},
        {"form": "each", "compounds": "concatenate"},
    ],
)
def test_a_rule_that_does_not_fit_the_form_is_an_error(contradiction: dict) -> None:
    with pytest.raises(UsageError):
        choose_rendering(**contradiction)


def test_each_text_is_counted_and_the_longest_decides() -> None:
    words = {name: ClassWords(descriptors=(f"sign of {name}", *WORDS)) for name in TWO.names}
    made = compile_descriptions(TWO, words, rendering=choose_rendering(form="each"), context_tokens=8)
    for d in made:
        assert len(d.texts) == 4
        assert d.tokens == max(count_tokens(one) for one in d.texts)


def test_trimming_texts_of_their_own_drops_those_that_are_too_long() -> None:
    long = "very " * 70 + "wide eyes"
    words = {name: ClassWords(descriptors=(f"sign of {name}", long, "parted lips")) for name in TWO.names}
    rendering = choose_rendering(form="each")
    made = compile_descriptions(TWO, words, rendering=rendering, context_tokens=8, on_overflow="trim")
    assert [d.descriptors for d in made] == [(f"sign of {name}", "parted lips") for name in TWO.names]
    assert [d.dropped for d in made] == [(long,)] * 2


def singles() -> dict[str, ClassWords]:
    return {name: ClassWords(descriptors=(f"{name} brows", "parted lips")) for name in MAFW11.names}


def compounds(how: str) -> dict[str, str]:
    rendering = choose_rendering(form="list", compounds=how)
    made = compile_descriptions(MAFW43, singles(), rendering=rendering, context_tokens=8)
    assert tuple(d.class_name for d in made) == MAFW43.names
    return {d.class_name: d.text for d in made}


def test_an_averaged_compound_has_the_texts_of_its_parts() -> None:
    assert compounds("average")["anger_anxiety"].split("\n") == [
        "anger brows and parted lips.",
        "anxiety brows and parted lips.",
    ]
    assert choose_rendering(form="list", compounds="average").combine == "mean_raw"


def test_a_concatenated_compound_has_them_in_a_row() -> None:
    made = compounds("concatenate")
    assert made["anger_anxiety"] == "anger brows and parted lips. anxiety brows and parted lips."
    assert made["anger"] == "anger brows and parted lips."


def test_a_compound_lists_each_descriptor_of_its_parts_once() -> None:
    rendering = choose_rendering(form="list", compounds="average")
    made = compile_descriptions(MAFW43, singles(), rendering=rendering, context_tokens=8)
    by_name = {d.class_name: d.descriptors for d in made}
    assert by_name["anger_anxiety"] == ("anger brows", "parted lips", "anxiety brows")


def test_a_compound_over_the_budget_is_an_error_that_names_it() -> None:
    long = {name: ClassWords(descriptors=(f"{name} " + "brows " * 40,)) for name in MAFW11.names}
    rendering = choose_rendering(form="list", compounds="concatenate")
    with pytest.raises(ContentError, match=r"anger_anxiety: .* budget is 67"):
        compile_descriptions(MAFW43, long, rendering=rendering, context_tokens=8)


def test_a_part_without_a_description_is_named_with_its_compound() -> None:
    words = {name: own for name, own in singles().items() if name != "anxiety"} | {
        "anxiety": ClassWords(descriptors=())
    }
    rendering = choose_rendering(form="list", compounds="average")
    with pytest.raises(ContentError, match="anger_anxiety: its part anxiety"):
        compile_descriptions(MAFW43, words, rendering=rendering, context_tokens=8)


def test_the_usual_rendering_is_no_part_of_a_sets_hash_and_any_other_is() -> None:
    from tests.store.examples import a_set

    first = a_set()
    assert first.model_copy(update={"rendering": Rendering()}).hash == first.hash
    others = [
        Rendering(form="sentence"),
        Rendering(prefix="a "),
        Rendering(suffix=""),
        Rendering(combine="mean_raw"),
        Rendering(compounds="average"),
    ]
    hashes = {first.model_copy(update={"rendering": other}).hash for other in others}
    assert len(hashes | {first.hash}) == 6
