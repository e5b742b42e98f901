"""The report of a comparison: what it gathers, what it warns of, and a page that is sound and safe."""

import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfer.errors import UsageError
from dfer.experiments.cautions import cautions
from dfer.experiments.comparison import Comparison
from dfer.experiments.report.drawing import DARK_SERIES, MARKERS, SERIES, series_style
from dfer.experiments.report.findings import mean_confusion, mean_recalls, shares
from dfer.experiments.report.page import report_page
from dfer.experiments.report.report import Report, gather
from dfer.experiments.report.shading import STEPS, change_level, contrast, level, shades
from dfer.experiments.report.summary import summary
from dfer.experiments.report.texts import shared_words
from tests.experiments.report_world import a_comparison, a_report, some_sets

THREE = some_sets(3, "dfew7")
"""An author's words, their random control, and an edit of them."""


def report_of(comparison: Comparison, **changes) -> Report:
    return gather(comparison, THREE, **changes)


@pytest.fixture(scope="module")
def report() -> Report:
    return a_report(3)


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return report_page(report)


class Page(HTMLParser):
    """Tags and the text that a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._unseen = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))
        self._unseen += tag in ("style", "script")

    def handle_endtag(self, tag) -> None:
        self._unseen -= tag in ("style", "script")

    def handle_data(self, data) -> None:
        if not self._unseen:
            self.text.append(data)

    @property
    def said(self) -> str:
        return " ".join(" ".join(self.text).split())

    def values(self, attribute: str) -> list[str]:
        return [attributes[attribute] or "" for _, attributes in self.tags if attribute in attributes]


# What is gathered


def test_recalls_are_means_over_folds_of_means_over_seeds_and_a_class_without_clips_has_none() -> None:
    runs = list(a_comparison(THREE, folds=2, seeds=2).runs["v1"])
    by_fold = {
        1: {"anger": 0.2, "fear": None, "happiness": None},
        2: {"anger": 0.6, "fear": 0.5, "happiness": None},
    }
    runs = [run.model_copy(update={"per_class": by_fold[run.fold]}) for run in runs]
    runs = [run for run in runs if (run.fold, run.seed) != (2, 2)]  # one fold has fewer seeds than the other
    assert mean_recalls(runs, ("anger", "fear", "happiness")) == (pytest.approx(0.4), 0.5, None)


def test_a_clip_counts_once_in_a_confusion_however_many_seeds_were_run(report: Report) -> None:
    assert all(confusion.sum() == pytest.approx(3 * 210) for confusion in report.confusions.values())
    rows = shares(mean_confusion(report.comparison.runs["v1"]))
    assert rows.sum(axis=1) == pytest.approx(1)
    assert np.isnan(shares(np.zeros((2, 2)))).all()


def test_changes_are_those_of_the_pairs_with_the_reference(report: Report) -> None:
    assert [(c.pair.a, c.pair.b) for c in report.changes] == [("v1", "v2"), ("v1", "v3")]
    beside_v3 = report_of(a_comparison(THREE, folds=1, baseline="v3"), baseline="v3")
    assert [(c.pair.a, c.pair.b) for c in beside_v3.changes] == [("v1", "v3"), ("v2", "v3")]
    assert [text.set for text in beside_v3.texts[0].texts] == ["v3", "v1", "v2"]


def test_a_set_or_baseline_that_is_not_there_is_told_by_name() -> None:
    comparison = a_comparison(THREE, folds=1)
    with pytest.raises(UsageError, match="v3"):
        gather(comparison, {name: one for name, one in THREE.items() if name != "v3"})
    with pytest.raises(UsageError, match="v9 is not among"):
        gather(comparison, THREE, baseline="v9")


def test_scrambled_words_are_not_said_to_be_other_words() -> None:
    assert shared_words("Raised brows, open mouth.", "mouth brows open raised") == 1
    assert shared_words("raised brows", "raised brows, wide eyes, a look") == pytest.approx(2 / 6)
    assert shared_words("raised brows", "granite cactus") == 0
    sets = some_sets(5, "dfew7")
    assert sets["v5"].provenance.control == "scrambled"
    pair = {name: sets[name] for name in ("v1", "v5")}
    said = Page(report_page(gather(a_comparison(pair, folds=1), pair))).said
    assert "The words of v1's text in another order." in said
    assert "Next to no word in common" not in said


# What is said


@pytest.mark.parametrize(("folds", "seeds"), [(1, 1), (1, 2), (3, 2), (4, 3)])
def test_a_difference_is_shown_exactly_where_the_verdict_says_so(folds: int, seeds: int) -> None:
    report = report_of(a_comparison(THREE, folds=folds, seeds=seeds))
    told = summary(report)[1:]
    assert len(told) == len(report.comparison.pairs) == 3
    for pair, statement in zip(report.comparison.pairs, told, strict=True):
        assert statement.startswith(f"{pair.a} − {pair.b}: ")
        assert pair.is_shown == (": a difference in UAR (" in statement)
    found = {(pair.a, pair.b) for pair in report.comparison.pairs if pair.is_shown}
    assert found <= {("v1", "v2"), ("v2", "v3")}  # v3 is v1 with a few words more
    assert bool(found) == (folds >= 3)


def test_of_many_pairs_only_those_that_show_something_are_told() -> None:
    sets = some_sets(7, "dfew7")
    report = gather(a_comparison(sets, folds=4, seeds=4, clips=300), sets)
    found = sum(pair.is_shown for pair in report.comparison.pairs)
    told = summary(report)[1:]
    assert found > 3
    assert told[0] == f"Of 21 pairs, {found} show a difference in UAR. The first 3:"
    assert len(told) == 4
    controls = {name: one for name, one in sets.items() if name not in ("v1", "v3")}
    told = summary(gather(a_comparison(controls, folds=2), controls))[1:]
    assert len(told) == 1
    assert told[0].startswith("Of 10 pairs, none shows a difference in UAR")


RANDOM_CLIP = {"architecture": "tiny", "pretrained": "random", "quick_gelu": False, "seed": 0, "sha256": "a"}


@pytest.mark.parametrize(
    ("changes", "warned"),
    [
        ({"clip": RANDOM_CLIP}, "CLIP's weights are random"),
        ({"selection": "best-test"}, "selected on the test clips"),
        ({"recipe": "linear-probe"}, "linear-probe reads no words"),
        ({"seeds": 1}, "One seed per fold"),
    ],
)
def test_what_makes_figures_say_less_is_warned_of(changes: dict, warned: str) -> None:
    plain = {"folds": 2, "seeds": 2, "selection": "last"}
    report = report_of(a_comparison(THREE, **(plain | changes)))
    assert any(warned in warning for warning in cautions(report.comparison, report.sets))
    other = report_of(a_comparison(THREE, **plain))
    assert not any(warned in warning for warning in cautions(other.comparison, other.sets))
    assert warned in Page(report_page(report)).said


def test_a_table_without_a_control_is_warned_of_and_so_is_a_set_without_its_own() -> None:
    def warned(*names: str) -> str:
        sets = {name: THREE[name] for name in names}
        return " ".join(cautions(a_comparison(sets, folds=1, selection="last"), sets))

    assert "No control set stands in this table" in warned("v1", "v3")
    assert "No control made from v3" in warned("v1", "v2", "v3")
    assert "control" not in warned("v1", "v2")


# The page


def test_the_same_report_gives_the_same_bytes(page: str) -> None:
    assert report_page(a_report(3)) == page


def test_the_page_refers_to_nothing_outside_itself(page: str) -> None:
    parsed = Page(page)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in parsed.tags}
    targets = [*parsed.values("href"), *parsed.values("src"), *parsed.values("xlink:href")]
    targets += re.findall(r"url\(([^)]*)\)", page)
    assert targets
    assert all(target.startswith("#") for target in targets)
    assert "@import" not in page


def test_ids_are_unique_and_every_reference_finds_its_target(page: str) -> None:
    parsed = Page(page)
    ids = Counter(parsed.values("id"))
    assert {name for name, count in ids.items() if count > 1} == set()
    targets = [value.removeprefix("#") for value in parsed.values("href")]
    targets += [name for value in parsed.values("aria-labelledby") for name in value.split()]
    targets += re.findall(r"url\(#([^)]*)\)", page)
    assert set(targets) <= ids.keys()


def test_headings_descend_without_a_gap_and_every_table_has_a_caption_and_scopes(page: str) -> None:
    parsed = Page(page)
    levels = [int(tag[1]) for tag, _ in parsed.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    names = [tag for tag, _ in parsed.tags]
    assert names.count("caption") == names.count("table") > 8
    assert all(attributes.get("scope") in ("row", "col") for tag, attributes in parsed.tags if tag == "th")


def test_the_page_has_every_part(page: str) -> None:
    said = Page(page).said
    for part in (
        "Summary",
        "Before you believe it",
        "gain over control",
        "Power: these runs would show",
        "Confusions that moved most",
        "Confusion of v3",
        "Numbers of the learning curves",
        "Next to no word in common with v1's text",
        "effective rank",
        "mean of 3 seeds and 5 folds",
        "data fingerprint",
        "dfer train --descriptions v2 --data DATA --dataset dfew --fold 3",
    ):
        assert part in said, part


HOSTILE = (
    '</style><script>alert("x")</script><img src=x onerror=alert(1)>\u202egnp.\u200b\x07 $a_b$ & {{ 7 * 7 }}'
)


def test_hostile_words_are_escaped_and_what_cannot_be_seen_is_shown_as_its_code() -> None:
    first = THREE["v1"]
    descriptions = tuple(
        one.model_copy(update={"text": HOSTILE, "descriptors": (HOSTILE,), "warnings": (HOSTILE,)})
        for one in first.descriptions
    )
    worst = first.model_copy(
        update={
            "descriptions": descriptions,
            "note": HOSTILE,
            "aliases": ("a<b",),
            "provenance": first.provenance.model_copy(update={"model": HOSTILE, "prompt": HOSTILE}),
        }
    )
    name = "v1<b>$x_1$\u202e"
    sets = {name: worst, "v2": THREE["v2"]}
    comparison = a_comparison(sets, folds=2)
    html = report_page(gather(comparison, sets, no_similarities=HOSTILE))
    assert "<script" not in html
    assert "<img" not in html
    assert not re.search("[\u202e\u200b\x07]", html)
    said = Page(html).said
    assert said.count('alert("x")') > 10
    assert r"\u202egnp.\u200b\u0007 $a_b$ & {{ 7 * 7 }}" in said
    assert r"v1<b>$x_1$\u202e − v2" in said  # in the drawing, too


def test_a_single_evaluated_run_of_each_set_makes_a_page_too() -> None:
    spec = {"recipe": "zero-shot", "selection": "last", "augmentation": "none"}
    zero_shot = report_of(a_comparison(THREE, folds=1, seeds=1, **spec))
    said = Page(report_page(zero_shot)).said
    assert "nothing was trained in these runs" in said
    assert "dfer evaluate --descriptions v1" in said
    one_training = Page(report_page(report_of(a_comparison(THREE, folds=1, seeds=1)))).said
    assert "too few to tell a difference from noise" in one_training


def test_sets_whose_runs_are_of_other_folds_are_shown_without_a_difference() -> None:
    from dfer.experiments.comparison import compare

    comparison = a_comparison(THREE, folds=2)
    runs_of = {
        "v1": [run for run in comparison.runs["v1"] if run.fold == 1],
        "v2": [run for run in comparison.runs["v2"] if run.fold == 2],
    }
    apart = gather(compare(runs_of, lambda run: []), {"v1": THREE["v1"], "v2": THREE["v2"]})
    said = Page(report_page(apart)).said
    assert "no runs of the same fold and seed" in said
    assert "v1: 2 runs of folds or seeds that other sets lack." in said


# Colours


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("of", ["fractions", "changes"])
def test_every_cell_can_be_read_and_steps_are_told_apart(scheme, of) -> None:
    steps = shades(scheme, of=of)
    assert len({back for back, _ in steps}) == STEPS + 1
    assert min(contrast(ink, back) for back, ink in steps) >= 4.5


@given(st.floats(-2, 2), st.floats(0.01, 1))
def test_steps_grow_with_what_they_stand_for_and_no_change_is_in_the_middle(
    value: float, most: float
) -> None:
    assert 0 <= level(value) <= level(value + 0.1) <= STEPS
    assert change_level(0.0, most=most) == STEPS // 2
    assert change_level(value, most=most) + change_level(-value, most=most) == pytest.approx(STEPS, abs=1)


def test_lines_stand_out_from_both_papers_and_no_two_of_twelve_sets_look_alike() -> None:
    assert min(contrast(colour, "#ffffff") for colour in SERIES) >= 3
    assert min(contrast(colour, "#14181d") for colour in DARK_SERIES) >= 3
    assert len(SERIES) == len(DARK_SERIES)
    styles = [series_style(number) for number in range(12)]
    assert len({style["marker"] for style in styles}) == len(MARKERS) == 12
    assert len({(style["color"], str(style["linestyle"])) for style in styles}) == 12
