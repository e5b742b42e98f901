"""Words and numbers side by side: recalls paired by fold and seed, and the page that shows them."""

from html.parser import HTMLParser

import pytest

from description_store.records import Description, DescriptionSet, Provenance, Rendering, Run
from dfer.describe.difference import compare_sets
from dfer.describe.rendering import join
from dfer.experiments.difference_page import difference_page
from dfer.experiments.recall_difference import compare_recalls
from tests.experiments.made_runs import Runs

TWO = ("anger", "fear")


def runs_of(name: str, made: Runs, recalls: dict[int, tuple[int, int]], **changes: object) -> list[Run]:
    """By fold, how many of ten clips of anger and of ten of fear are right; −1 where there are none."""
    for fold, right in recalls.items():
        labels = [number for number, own in enumerate(right) if own >= 0 for _ in range(10)]
        taken = [
            number if place < own else 1 - number
            for number, own in enumerate(right)
            if own >= 0
            for place in range(10)
        ]
        made.add(name, labels, taken, fold=fold, classes=TWO, **changes)
    return made.of.get(name, [])


def test_recalls_are_paired_by_fold_and_averaged_over_the_pairs() -> None:
    made = Runs()
    before = runs_of("v1", made, {1: (2, 5), 2: (4, 5)})
    after = runs_of("v2", made, {1: (5, 5), 2: (5, 3), 3: (10, 10)})
    found = compare_recalls(before, after, made.outcomes_of)
    assert found is not None
    anger = found.classes["anger"]
    assert (anger.recall_b, anger.recall_a, anger.pairs) == (pytest.approx(0.3), pytest.approx(0.5), 2)
    assert anger.difference is not None
    assert anger.difference.mean == pytest.approx(0.2)
    assert found.pair.difference.pairs == 2
    assert found.pair.difference.uar is not None
    assert found.pair.difference.uar.mean == pytest.approx(0.05)


def test_a_class_without_test_clips_in_one_fold_is_left_out_of_that_pair_alone() -> None:
    made = Runs()
    before = runs_of("v1", made, {1: (-1, 5), 2: (4, 5)})
    after = runs_of("v2", made, {1: (-1, 5), 2: (5, 5)})
    found = compare_recalls(before, after, made.outcomes_of)
    assert found is not None
    assert (found.classes["anger"].recall_b, found.classes["anger"].pairs) == (0.4, 1)


@pytest.mark.parametrize(
    ("recalls", "changes"),
    [
        ({}, {}),
        ({1: (10, 10)}, {"protocol_hash": "rp1:b"}),
        ({7: (10, 10)}, {}),
        ({1: (10, 10)}, {"status": "failed"}),
    ],
)
def test_runs_that_cannot_be_compared_are_no_error_of_a_diff(
    recalls: dict[int, tuple[int, int]], changes: dict[str, object]
) -> None:
    made = Runs()
    before = runs_of("v1", made, {1: (5, 5)})
    after = runs_of("v2", made, recalls, **changes)
    assert compare_recalls(before, after, made.outcomes_of) is None


def a_set(*words: str, **provenance: object) -> DescriptionSet:
    return DescriptionSet(
        version=1,
        class_set="two",
        class_set_hash="cs1:x",
        descriptions=tuple(
            Description(class_name=name, descriptors=(text,), text=join([text]), tokens=20)
            for name, text in zip(("anger", "fear"), words, strict=True)
        ),
        provenance=Provenance(kind="llm", **provenance),
        context_tokens=8,
        created_at="2026-11-21T07:00:00.000+00:00",
    )


class Elements(HTMLParser):
    """The elements of a page, whether they are closed in order, and the addresses they name."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag, attributes) -> None:
        self.seen.append(tag)
        self.addresses += [value for name, value in attributes if name in ("href", "src")]
        if tag not in ("meta", "br", "link", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


def page_of(before: DescriptionSet, after: DescriptionSet, runs: bool = True) -> tuple[str, Elements]:
    made = Runs()
    old = runs_of("v1", made, {1: (2, -1), 2: (3, -1)})
    new = runs_of("v2", made, {1: (5, -1), 2: (5, -1)})
    recalls = compare_recalls(old, new, made.outcomes_of) if runs else None
    page = difference_page(before, after, compare_sets(before, after), recalls, titles=("v1", "v2"))
    elements = Elements()
    elements.feed(page)
    assert elements.open == []
    return page, elements


def test_the_page_needs_nothing_else_and_tells_words_and_numbers() -> None:
    page, elements = page_of(
        a_set("tight lips", "wide eyes"), a_set("tight thin lips", "wide eyes", model="m")
    )
    assert elements.addresses == []
    assert "script" not in elements.seen
    assert "<ins>thin</ins>" in page
    assert "25.0 %" in page
    assert "50.0 % (+25.0)" in page
    assert page.count("<article") == 2


def test_a_page_without_runs_says_nothing_of_them() -> None:
    page, _ = page_of(a_set("tight lips", "wide eyes"), a_set("low brows", "wide eyes"), runs=False)
    assert "recall" not in page.replace("recalls", "")


def test_hostile_words_stay_words() -> None:
    hostile = "</p><script>alert(1)</script>\u202e\u200b\x1b"
    page, elements = page_of(a_set(hostile, "wide eyes"), a_set("tight lips", hostile, model=hostile))
    assert "script" not in elements.seen
    assert not {"\u202e", "\u200b", "\x1b"} & set(page)
    assert "\\u202e" in page


def test_what_cannot_be_seen_is_shown_as_its_code() -> None:
    unseen = "\u200d\u00ad\U000e0041\u2066"
    page, _ = page_of(a_set(f"tight{unseen} lips", "wide eyes"), a_set("tight\ud800 lips", "\u2764\ufe0f"))
    assert not set(unseen) & set(page)
    assert "\\u200d\\u00ad\\U000e0041\\u2066" in page
    assert "\\ud800" in page.encode().decode()
    assert "\u2764\ufe0f" in page


def test_text_of_a_set_is_never_read_as_a_template() -> None:
    page, _ = page_of(
        a_set("{{ 7 * 7 }} {% raw %}", "wide eyes"), a_set("tight lips", "wide eyes", model="m")
    )
    assert "{{ 7 * 7 }} {% raw %}" in page


def test_a_page_of_relatives_still_tells_what_else_differs() -> None:
    parent = a_set("tight lips", "wide eyes")
    child = parent.model_copy(
        update={
            "provenance": Provenance(kind="edit", parent_hash=parent.hash),
            "rendering": Rendering(combine="max_score"),
        }
    )
    page, _ = page_of(parent, child)
    assert "combine=&#34;max_score&#34;" in page
    assert "v2 was made from v1" in page


def test_a_class_that_one_set_lacks_has_one_text_on_the_page() -> None:
    both = a_set("tight lips", "wide eyes")
    less = both.model_copy(update={"descriptions": both.descriptions[:1]})
    page, elements = page_of(both, less)
    assert "only in v1" in page
    assert elements.seen.count("ins") == 0
