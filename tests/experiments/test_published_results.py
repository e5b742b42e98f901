"""Which of the papers' figures belong to a run, and which do not."""

import csv
from pathlib import Path

import pytest

import dfer.experiments
from dfer.experiments.published_results import (
    DESCRIPTORS,
    departures,
    prompt_of,
    published_beside,
    published_results,
)
from dfer.models.settings import RECIPES

TABLE = Path(dfer.experiments.__file__).with_name("published_results.csv")

MAFW = {"dataset": "mafw", "classes": 11}
DFEW = {"dataset": "dfew", "classes": 7}
COMPOUND = {"dataset": "mafw-compound", "classes": 43}


def figures(recipe: str, /, on: dict = MAFW, **given) -> list[tuple[str, str, float, float]]:
    """(paper, table, UAR, WAR) in percent of each row; `given` are settings, or what else is asked with."""
    named = {name: given.pop(name) for name in ("prompt", "combine", "trained_before") if name in given}
    settings = RECIPES[recipe].model_dump(mode="json") | given
    rows = published_results(recipe=recipe, settings=settings, **on, **named)
    return [(row.paper, row.table, round(100 * row.uar, 2), round(100 * row.war, 2)) for row in rows]


def test_the_published_settings_of_dfer_clip_find_its_headline_once() -> None:
    assert figures("dfer-clip") == [("DFER-CLIP", "1", 39.89, 52.55)]
    assert figures("dfer-clip", DFEW) == [("DFER-CLIP", "1", 59.61, 71.25)]
    assert figures("dfer-clip", {"dataset": "ferv39k", "classes": 7}) == [("DFER-CLIP", "1", 41.27, 51.65)]


@pytest.mark.parametrize(
    ("settings", "table", "uar", "war"),
    [
        ({"context_tokens": 4, "temporal_layers": 0}, "1", 38.03, 50.62),
        ({"context_tokens": 16, "temporal_layers": 0}, "1", 37.98, 50.40),
        ({"temporal_layers": 0}, "1", 38.51, 50.91),
        ({"temporal_layers": 3}, "1", 38.90, 51.86),
        ({"description_position": "middle"}, "4", 39.26, 52.19),
        ({"class_specific_context": False}, "4", 39.46, 52.45),
        ({"description_position": "middle", "class_specific_context": False}, "4", 39.55, 52.54),
        ({"prompt": "[class]"}, "3", 39.64, 51.21),
        ({"prompt": "[class]", "temporal_layers": 0}, "3", 38.01, 50.81),
    ],
    ids=str,
)
def test_dfer_clips_ablations_are_found_by_their_settings(
    settings: dict, table: str, uar: float, war: float
) -> None:
    assert figures("dfer-clip", **settings) == [("DFER-CLIP", table, uar, war)]


@pytest.mark.parametrize(
    "settings",
    [
        {"context_tokens": 5},
        {"context_tokens": 4},
        {"description_position": "front"},
        {"prompt": "[class]", "context_tokens": 4},
    ],
    ids=str,
)
def test_what_the_paper_did_not_try_has_no_figure(settings: dict) -> None:
    assert figures("dfer-clip", **settings) == []


def test_how_long_and_how_fast_it_was_trained_does_not_change_what_the_paper_has() -> None:
    assert figures("dfer-clip", epochs=1, batch_size=8) == figures("dfer-clip")


@pytest.mark.parametrize(
    ("recipe", "uar", "war"),
    [
        ("coop", 30.79, 42.77),
        ("cocoop", 30.81, 43.23),
        ("linear-probe", 30.74, 42.95),
        ("finetune", 37.53, 50.48),
        ("finetune-temporal", 38.39, 50.92),
    ],
)
def test_the_baselines_stand_in_dfer_clips_table_2(recipe: str, uar: float, war: float) -> None:
    assert figures(recipe) == [("DFER-CLIP", "2", uar, war)]


def test_a_linear_probe_with_a_temporal_model_is_none() -> None:
    assert figures("linear-probe", temporal_layers=1) == []


def test_zero_shot_clip_stands_in_both_papers() -> None:
    assert figures("zero-shot", DFEW) == [("DFER-CLIP", "2", 23.34, 20.07), ("EmoCLIP", "4", 19.86, 10.60)]


def test_compounds_are_concatenated_or_averaged() -> None:
    assert figures("zero-shot", COMPOUND) == [("EmoCLIP", "3", 4.72, 5.25)]
    assert figures("zero-shot", COMPOUND, combine="mean_raw") == [("EmoCLIP", "3", 4.14, 5.35)]
    assert figures("emoclip", COMPOUND, combine="mean_raw", finetune_visual=True) == [
        ("EmoCLIP", "3", 6.58, 18.53)
    ]


def test_emoclip_is_zero_shot_frozen_or_fine_tuned() -> None:
    assert figures("emoclip") == [("EmoCLIP", "1", 23.60, 31.36)]
    assert figures("emoclip", finetune_visual=True, finetune_text=True) == [("EmoCLIP", "4", 25.86, 33.49)]


def test_emoclip_on_data_without_captions_is_by_weights_of_another_training() -> None:
    assert figures("emoclip", DFEW, finetune_visual=True, trained_before=True) == [
        ("EmoCLIP", "4", 36.76, 46.27)
    ]
    assert figures("emoclip", DFEW, finetune_visual=True) == []
    assert figures("emoclip", DFEW, trained_before=True) == []


def test_emoclip_supervised_and_with_a_class_left_out_have_rows_of_their_own() -> None:
    assert figures("emoclip-supervised", DFEW) == [("EmoCLIP", "4", 58.04, 62.12)]
    assert figures("emoclip-supervised", DFEW, finetune_visual=True) == []
    assert figures("emoclip-supervised", DFEW, held_out_class="fear") == [("EmoCLIP", "4", 22.85, 24.96)]


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize(("dataset", "classes"), [("csv", 11), ("folders", 7), ("mafw", 7), ("dfew", 11)])
def test_other_data_or_other_classes_have_no_figure(recipe: str, dataset: str, classes: int) -> None:
    assert figures(recipe, {"dataset": dataset, "classes": classes}) == []


def test_a_recipe_that_no_paper_has_has_no_figure() -> None:
    assert published_results(recipe="mine", settings={}, **MAFW) == ()


def test_settings_that_an_earlier_dfer_did_not_store_are_as_published() -> None:
    specification = {
        "recipe": "dfer-clip",
        "settings": {"temporal_layers": 2},
        "dataset": "dfew",
        "classes": ["happiness", "sadness", "neutral", "anger", "surprise", "disgust", "fear"],
        "texts": ["smile."] * 7,
    }
    (row,) = published_beside(specification)
    assert (row.uar, row.war) == (0.5887, 0.7092)


@pytest.mark.parametrize(
    ("texts", "prompt"),
    [
        (["anger.", "happy face."], "[class]"),
        (["An expression of anger.", "an expression of Happy face."], "an expression of [class]"),
        (["a photo of anger", "an expression of happy face"], DESCRIPTORS),
        (["lowered brows.", "lip corners pulled up."], DESCRIPTORS),
        (["anger, lowered brows.", "happy face, raised cheeks."], DESCRIPTORS),
    ],
)
def test_words_that_only_name_the_class_are_one_prompt(texts: list[str], prompt: str) -> None:
    assert prompt_of(["anger", "happy_face"], texts) == prompt


def test_what_departs_from_the_published_settings_is_told() -> None:
    published = RECIPES["dfer-clip"].model_dump(mode="json")
    assert departures("dfer-clip", published) == {}
    assert departures("dfer-clip", published | {"epochs": 1}) == {"epochs": 1}
    assert departures("mine", {"epochs": 1}) == {}


def test_a_row_says_how_it_was_averaged_and_which_epoch_counted() -> None:
    (supervised,) = published_results(recipe="dfer-clip", settings={"temporal_layers": 0}, **MAFW)
    assert supervised.averaging == "mean of 3 seeds and 5 folds"
    assert supervised.selection == "best-test"
    assert supervised.told_variant == "temporal_layers=0"
    (one_split,) = published_results(recipe="coop", settings={}, dataset="ferv39k", classes=7)
    assert one_split.averaging == "mean of 3 seeds"
    zero_shot, _ = published_results(recipe="zero-shot", settings={}, **MAFW)
    assert (zero_shot.averaging, zero_shot.selection) == ("zero-shot", None)


def test_every_row_of_dfer_clips_own_method_on_described_classes_is_found_by_some_settings() -> None:
    """No row of the table is lost to a misspelt part."""
    found = {
        (name, *figure[2:])
        for dataset, name in (("dfew", "DFEW"), ("mafw", "MAFW"), ("ferv39k", "FERV39k"))
        for tokens in (4, 8, 16)
        for layers in range(4)
        for position in ("end", "middle")
        for specific in (True, False)
        for prompt in ("[class]", DESCRIPTORS)
        for figure in figures(
            "dfer-clip",
            {"dataset": dataset, "classes": 11 if dataset == "mafw" else 7},
            context_tokens=tokens,
            temporal_layers=layers,
            description_position=position,
            class_specific_context=specific,
            prompt=prompt,
        )
    }
    with TABLE.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["method"] == "DFER-CLIP"]
    fixed_prompts = ("prompt=a photo", "prompt=an expression")
    expected = {
        (row["dataset"], float(row["uar"]), float(row["war"]))
        for row in rows
        if not row["variant"].startswith(fixed_prompts)
    }
    assert found == expected
