"""What identifies a run."""

import pytest

from dfer.training.specification import RunSpecification

SPEC = RunSpecification(
    set="v1",
    set_hash="ds1:a",
    classes=("anger", "fear"),
    texts=("a.", "b."),
    recipe="dfer-clip",
    settings={"epochs": 2},
    clip={"architecture": "tiny"},
    dataset="csv",
    data_fingerprint="data1:a",
    fold=1,
    seed=1,
    selection="last",
    augmentation="none",
    precision="fp32",
)


@pytest.mark.parametrize(
    "change",
    [
        {"recipe": "zero-shot"},
        {"settings": {"epochs": 3}},
        {"clip": {"architecture": "ViT-B-32"}},
        {"data_fingerprint": "data1:b"},
        {"selection": "best-test"},
        {"augmentation": "mafw"},
        {"precision": "bf16"},
        {"classes": ("fear", "anger")},
        {"trained_by": "rs1:x"},
    ],
    ids=str,
)
def test_whatever_else_decides_the_numbers_makes_another_protocol(change: dict) -> None:
    changed = SPEC.model_copy(update=change)
    assert changed.hash != SPEC.hash
    assert changed.protocol_hash != SPEC.protocol_hash


@pytest.mark.parametrize(
    "change",
    [{"set_hash": "ds1:b"}, {"texts": ("b.", "a.")}, {"fold": 2}, {"seed": 2}, {"weights": "w"}],
    ids=str,
)
def test_words_fold_and_seed_make_another_run_of_the_same_protocol(change: dict) -> None:
    changed = SPEC.model_copy(update=change)
    assert changed.hash != SPEC.hash
    assert changed.protocol_hash == SPEC.protocol_hash


def test_a_sets_number_in_one_store_is_no_part_of_a_runs_identity() -> None:
    assert SPEC.model_copy(update={"set": "v9"}).hash == SPEC.hash
