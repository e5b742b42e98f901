"""What `dfer sets check` finds, each made on purpose."""

import pytest

from description_store.records import Description, DescriptionSet, Provenance
from dfer.class_sets import ClassSet, load_class_set
from dfer.describe.checking import check_set
from dfer.describe.clip_tokens import count_tokens
from dfer.describe.compiling import ClassWords, compile_descriptions
from dfer.describe.controls import CONTROL_KINDS, control_set, random_words
from dfer.describe.deriving import rendered
from dfer.describe.facs_author import phrases
from dfer.describe.overlap import near_descriptors
from dfer.describe.rendering import choose_rendering, join

CLASSES = ClassSet.model_validate({"name": "three", "classes": ["anger", "fear", "sadness"]})
GOOD = {
    "anger": ("furrowed brows", "tight lips"),
    "fear": ("wide eyes", "open mouth"),
    "sadness": ("drooping eyelids", "lip corners pulled down"),
}


def a_set(words: dict[str, tuple[str, ...]] | None = None, **changes: object) -> DescriptionSet:
    words = GOOD | (words or {})
    fields = {
        "class_set": "three",
        "class_set_hash": CLASSES.hash,
        "descriptions": tuple(
            Description(class_name=n, descriptors=d, text=join(d), tokens=count_tokens(join(d)))
            for n, d in words.items()
        ),
        "provenance": Provenance(kind="llm"),
        "context_tokens": 8,
    }
    return DescriptionSet(**(fields | changes))


def found(words: dict[str, tuple[str, ...]], **options: object) -> dict[str, tuple[str, ...]]:
    """Kind → classes, of everything found."""
    findings = check_set(a_set(words), CLASSES, context_tokens=8)
    return {finding.kind: finding.classes for finding in findings}


def test_a_good_set_has_nothing_to_look_at() -> None:
    assert check_set(a_set(), CLASSES, context_tokens=8) == ()


@pytest.mark.parametrize(
    ("words", "kind", "classes"),
    [
        ({"anger": ()}, "empty", ("anger",)),
        ({"anger": ("furrowed brows",)}, "thin", ("anger",)),
        ({"anger": ("furrowed brows", "furrowed brow")}, "repeated", ("anger",)),
        ({"anger": ("furrowed brows", "angry eyes")}, "class-name", ("anger",)),
        ({"anger": ("furrowed brows", "clenched fists")}, "nonfacial", ("anger",)),
        ({"anger": ("furrowed brows", "tight\u200blips")}, "odd-characters", ("anger",)),
        ({"anger": ("furrowed brows", "tight lips 😠")}, "odd-characters", ("anger",)),
        ({"anger": ("紧皱的眉头", "紧闭的嘴唇")}, "language", ("anger",)),
        ({"anger": ("furrowed brows", "eyes wide")}, "shared", ("anger", "fear")),
        ({"anger": ("furrowed brows", "very wide eyes")}, "near", ("anger", "fear")),
        ({"anger": ("wide eyes", "very wide eyes")}, "near", ("fear", "anger")),
        ({"anger": ("Wide  eyes", "open mouth")}, "same-text", ("anger", "fear")),
        ({"anger": ("furrowed brows", "<end_of_text>")}, "special-token", ("anger",)),
        ({"anger": ("furrowed brows", "very " * 70)}, "budget", ("anger",)),
        ({"joy": ("raised cheeks", "parted teeth")}, "unknown-class", ("joy",)),
    ],
)
def test_each_fault_is_found_in_its_class(words: dict, kind: str, classes: tuple[str, ...]) -> None:
    assert found(words).get(kind) == classes


def test_a_missing_class_and_a_wrong_order_are_errors() -> None:
    two = a_set().model_copy(update={"descriptions": a_set().descriptions[:2]})
    assert [(f.kind, f.severity) for f in check_set(two, CLASSES, context_tokens=8)] == [
        ("missing-class", "error")
    ]
    turned = a_set().model_copy(update={"descriptions": a_set().descriptions[::-1]})
    assert [f.kind for f in check_set(turned, CLASSES, context_tokens=8)] == ["order"]


def test_the_budget_is_that_of_the_recipe_that_will_use_the_set() -> None:
    long = a_set({"anger": ("furrowed brows", "very " * 60 + "tight lips")})
    assert "budget" not in [f.kind for f in check_set(long, CLASSES, context_tokens=8)]
    (over,) = [f for f in check_set(long, CLASSES, context_tokens=16) if f.kind == "budget"]
    assert over.severity == "error"
    assert "the budget is 59" in over.message
    assert "tight lips" in over.message


def test_errors_come_first_and_say_that_a_run_would_be_wrong() -> None:
    severities = [
        f.severity
        for f in check_set(a_set({"anger": ("angry eyes",), "fear": ()}), CLASSES, context_tokens=8)
    ]
    assert severities == sorted(severities)
    assert severities[0] == "error"
    assert severities[-1] == "warning"


def test_words_that_were_dropped_are_told() -> None:
    first, *rest = a_set().descriptions
    trimmed = a_set(descriptions=(first.model_copy(update={"dropped": ("flared nostrils",)}), *rest))
    (finding,) = check_set(trimmed, CLASSES, context_tokens=8)
    assert (finding.kind, finding.message) == ("dropped", "left out: flared nostrils")


@pytest.mark.parametrize("kind", CONTROL_KINDS)
def test_a_control_is_not_blamed_for_being_one(kind) -> None:
    control = control_set(a_set(), CLASSES, kind=kind, seed=1)
    assert check_set(control, CLASSES, context_tokens=8) == ()


def test_a_compound_may_share_words_with_its_parts() -> None:
    mafw = load_class_set("mafw43")
    words = {
        c.name: ClassWords(descriptors=tuple(phrases(list(c.components or [c.name])))) for c in mafw.classes
    }
    whole = DescriptionSet(
        class_set="mafw43",
        class_set_hash=mafw.hash,
        descriptions=compile_descriptions(mafw, words, context_tokens=8, on_overflow="trim"),
        provenance=Provenance(kind="builtin"),
        context_tokens=8,
    )
    parts = {c.name: {c.name, *c.components} for c in mafw.classes}
    for finding in check_set(whole, mafw, context_tokens=8):
        if finding.kind == "near":
            for name in finding.classes:
                assert any(not parts[name] & parts[other] for other in finding.classes)


def test_a_pool_of_thousands_of_descriptors_without_near_ones_has_no_finding() -> None:
    words = [f"{a} {b}" for a in random_words() for b in random_words()[:9] if a != b][:2000]
    said = [(f"class{i % 43}", text) for i, text in enumerate(words)]
    assert list(near_descriptors(said, CLASSES)) == []


def test_a_control_made_into_another_form_is_a_control_still() -> None:
    random_control = control_set(a_set(), CLASSES, kind="random", seed=1)
    child = rendered(random_control, CLASSES, choose_rendering(form="sentence"))
    assert (child.provenance.control, child.provenance.seed) == ("random", 1)
    assert check_set(child, CLASSES, context_tokens=8) == ()
