"""What identifies a run, and how it is measured."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfer.training.metrics import measure
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


def test_uar_is_the_mean_recall_and_war_the_accuracy() -> None:
    metrics = measure([0, 0, 0, 1], [0, 0, 1, 0], classes=2)
    assert metrics.recalls == (pytest.approx(2 / 3), 0.0)
    assert metrics.uar == pytest.approx(1 / 3)
    assert metrics.war == pytest.approx(1 / 2)
    assert metrics.confusion == ((2, 1), (1, 0))


def test_a_class_without_test_clips_is_left_out_of_the_uar_and_shown() -> None:
    metrics = measure([0, 0], [0, 2], classes=3)
    assert metrics.recalls == (0.5, None, None)
    assert metrics.uar == 0.5


pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60)


@given(pairs)
def test_the_confusion_counts_every_clip_once(pairs: list[tuple[int, int]]) -> None:
    labels, predictions = (list(column) for column in zip(*pairs, strict=True))
    metrics = measure(labels, predictions, classes=5)
    assert sum(map(sum, metrics.confusion)) == len(pairs)
    assert all(metrics.confusion[a][b] == pairs.count((a, b)) for a in range(5) for b in range(5))
    assert 0 <= metrics.uar <= 1
    assert metrics.war == pytest.approx(sum(a == b for a, b in pairs) / len(pairs))


@pytest.mark.parametrize(("labels", "predictions"), [([], []), ([0], [0, 1])])
def test_nothing_to_measure_is_an_error(labels: list[int], predictions: list[int]) -> None:
    with pytest.raises(ValueError, match="expected as many"):
        measure(labels, predictions, classes=2)
