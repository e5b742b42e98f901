"""Runs of sets with several texts per class: zero-shot reads them by their rule; training says it cannot."""

import json
from pathlib import Path

import pytest
from sqlite_utils import Database

from description_store.hashing import tagged_hash
from description_store.records import Combine, DescriptionSet, Rendering
from description_store.runs import list_runs, load_outcomes, load_predictions
from description_store.sets import save_set
from dfer.errors import ContentError, UsageError
from dfer.experiments.comparison import compare
from dfer.training.checkpoint import load_checkpoint
from dfer.training.running import Machine, run_evaluation, run_training
from dfer.training.specification import RunSpecification, words_of
from tests.training.conftest import prepared_run

CPU = Machine(accelerator="cpu", workers=0)
RULES: list[Combine] = ["mean_embedding", "mean_score", "max_score", "mean_raw"]


def ensemble(described: DescriptionSet, combine: Combine) -> DescriptionSet:
    """The same descriptors, each a text of its own."""
    texts = [
        "\n".join(f"{d.class_name}, which has {own}" for own in d.descriptors) for d in described.descriptions
    ]
    return described.model_copy(
        update={
            "descriptions": tuple(
                d.model_copy(update={"text": text})
                for d, text in zip(described.descriptions, texts, strict=True)
            ),
            "rendering": Rendering(form="each", prefix="{class}, which has ", suffix="", combine=combine),
        }
    )


def test_each_rule_gives_a_run_of_its_own_in_the_same_table(
    db: Database, described: DescriptionSet, world: Path
) -> None:
    runs = {}
    for rule in RULES:
        saved, _ = save_set(db, ensemble(described, rule))
        prepared = prepared_run(saved, world, recipe="zero-shot")
        runs[rule], _ = run_evaluation(db, prepared, set_version=saved.version, machine=CPU)
        assert runs[rule].specification["combine"] == rule
        assert "\n" in runs[rule].specification["texts"][0]
    joined, _ = run_evaluation(
        db, prepared_run(described, world, recipe="zero-shot"), set_version=1, machine=CPU
    )
    assert joined.specification["combine"] == "joined"
    scores = {load_predictions(db, run.id)[0].scores for run in [joined, *runs.values()]}
    assert len(scores) == len({run.spec_hash for run in [joined, *runs.values()]}) == 5
    compared = compare({"v1": [joined], "v2": [runs["mean_score"]]}, lambda run: load_outcomes(db, run.id))
    assert compared.pairs[0].difference.pairs == 1


@pytest.mark.parametrize("rule", RULES)
def test_each_descriptor_may_be_a_text_of_its_own_in_training_too(
    db: Database, described: DescriptionSet, world: Path, tmp_path: Path, rule: Combine
) -> None:
    """A class's texts share its context, and its scores are those of one class."""
    saved, _ = save_set(db, ensemble(described, rule))
    prepared = prepared_run(saved, world, context_tokens=2, epochs=1)
    run, _ = run_training(db, prepared, set_version=saved.version, out=tmp_path, machine=CPU)
    weights, _ = load_checkpoint(Path(run.folder or ""))
    assert weights["text_side.context"].shape[:2] == (7, 2)
    assert len(load_predictions(db, run.id)[0].scores) == 7


def test_a_contrast_with_descriptions_needs_one_text_per_class(
    db: Database, described: DescriptionSet, world: Path
) -> None:
    with pytest.raises(UsageError, match="a clip is trained with one") as caught:
        prepared_run(ensemble(described, "mean_score"), world, recipe="emoclip-supervised")
    assert "dfer sets render" in caught.value.hint
    assert list_runs(db) == []


def test_a_line_over_the_budget_is_found_before_anything_is_computed(
    described: DescriptionSet, world: Path
) -> None:
    several = ensemble(described, "max_score")
    first = several.descriptions[0]
    long = first.model_copy(update={"text": first.text + "\n" + "smile " * 80})
    several = several.model_copy(update={"descriptions": (long, *several.descriptions[1:])})
    with pytest.raises(ContentError, match="class 'happiness': the description takes 80 tokens"):
        prepared_run(several, world, recipe="zero-shot")


def test_the_rule_is_no_part_of_the_identity_of_a_run_with_one_text_per_class(
    described: DescriptionSet,
) -> None:
    spec = specification(described)
    before = json.loads(
        spec.model_dump_json(exclude={"set", "combine", "clip_settings", "clip_reader", "pack", "trained_on"})
    )
    assert spec.hash == tagged_hash("rs1", before)
    assert RunSpecification.model_validate(before | {"set": "v1"}) == spec.model_copy(update={"set": "v1"})


def test_the_rule_belongs_to_the_words(described: DescriptionSet) -> None:
    one, other = (specification(ensemble(described, rule)) for rule in ("mean_score", "max_score"))
    assert one.combine == "mean_score"
    assert one.protocol_hash == other.protocol_hash == specification(described).protocol_hash
    changed = one.model_copy(update={"combine": "max_score"})
    assert changed.hash != one.hash


def specification(described: DescriptionSet) -> RunSpecification:
    return RunSpecification(
        **words_of(described),
        recipe="zero-shot",
        settings={},
        clip={"architecture": "tiny"},
        dataset="csv",
        data_fingerprint="data1:a",
        fold=1,
        seed=0,
        selection="last",
        augmentation="none",
        precision="fp32",
    )
