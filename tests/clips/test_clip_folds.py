"""Folds: who trains, who tests, and a validation set that shares nobody with training."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfer.clips.clip import Clip
from dfer.clips.folds import carve_validation, select_fold
from dfer.errors import ContentError


def clip(
    name: str,
    label: str = "x",
    *,
    fold: int | None = None,
    split: str | None = None,
    subject: str | None = None,
) -> Clip:
    return Clip(id=name, path=Path(name), label=label, fold=fold, split=split, subject=subject)


def ids(clips: tuple[Clip, ...]) -> list[str]:
    return [c.id for c in clips]


def test_with_fold_and_split_each_fold_has_its_own_lists() -> None:
    clips = [
        clip("a", fold=1, split="train"),
        clip("b", fold=1, split="val"),
        clip("c", fold=1, split="test"),
        clip("a", fold=2, split="test"),
        clip("c", fold=2, split="train"),
    ]
    first, second = select_fold(clips, 1), select_fold(clips, 2)
    assert (ids(first.train), ids(first.val), ids(first.test)) == (["a"], ["b"], ["c"])
    assert (ids(second.train), ids(second.val), ids(second.test)) == (["c"], [], ["a"])


def test_with_folds_alone_one_is_tested_and_the_others_train() -> None:
    chosen = select_fold([clip(f"{i}", fold=i % 3 + 1) for i in range(6)], 2)
    assert (ids(chosen.train), ids(chosen.test)) == (["0", "2", "3", "5"], ["1", "4"])


def test_with_splits_alone_there_is_only_fold_1() -> None:
    clips = [clip("a", split="train"), clip("b", split="test"), clip("c", split="val")]
    chosen = select_fold(clips, 1)
    assert (ids(chosen.train), ids(chosen.val), ids(chosen.test)) == (["a"], ["c"], ["b"])
    with pytest.raises(ContentError) as caught:
        select_fold(clips, 2)
    assert "fold 1" in caught.value.hint


def test_with_neither_both_ways_are_explained() -> None:
    with pytest.raises(ContentError) as caught:
        select_fold([clip("a")], 1)
    assert "`split`" in caught.value.hint
    assert "`fold`" in caught.value.hint


def test_a_mixture_is_refused() -> None:
    with pytest.raises(ContentError, match="some clips have"):
        select_fold([clip("a", fold=1), clip("b")], 1)


@pytest.mark.parametrize(
    ("clips", "fold"),
    [
        ([clip("a", fold=1), clip("b", fold=4)], 3),
        ([clip("a", fold=1, split="test"), clip("b", fold=4, split="train")], 1),
        ([clip("a", fold=1, split="train"), clip("b", fold=4, split="test")], 1),
    ],
)
def test_without_clips_to_train_or_test_the_folds_there_are_named(clips: list[Clip], fold: int) -> None:
    with pytest.raises(ContentError) as caught:
        select_fold(clips, fold)
    assert "1, 4" in caught.value.hint


def test_one_clip_on_both_sides_is_refused_whoever_made_the_list() -> None:
    with pytest.raises(ContentError, match="both train and test"):
        select_fold([clip("a", fold=1), clip("a", fold=2)], 1)


@given(
    st.lists(
        st.tuples(st.sampled_from("xyz"), st.one_of(st.none(), st.sampled_from("ABCDEFGH"))), max_size=60
    ),
    st.floats(0.05, 0.5),
    st.integers(0, 99),
    st.randoms(use_true_random=False),
)
def test_validation_shares_no_clip_and_no_subject_and_no_class_dies_out(
    rows, fraction, seed, shuffler
) -> None:  # type: ignore[no-untyped-def]
    clips = [clip(f"{i}", label, subject=subject) for i, (label, subject) in enumerate(rows)]
    try:
        train, val = carve_validation(clips, fraction=fraction, seed=seed)
    except ContentError:
        groups: dict[str, Counter[str]] = {}
        for c in clips:
            groups.setdefault(c.subject or f"clip {c.id}", Counter())[c.label] += 1
        have = Counter(c.label for c in clips)
        assert all(any(have[k] == n for k, n in group.items()) for group in groups.values())
        return
    assert val
    assert sorted(ids(train + val), key=int) == ids(tuple(clips))
    assert not {c.subject for c in train if c.subject} & {c.subject for c in val if c.subject}
    assert {c.label for c in train} == {c.label for c in clips}
    shuffler.shuffle(clips)
    again = carve_validation(clips, fraction=fraction, seed=seed)[1]
    assert set(ids(again)) == set(ids(val))


def test_validation_takes_its_fraction_of_every_class() -> None:
    clips = [clip(f"{i}", "common" if i % 4 else "rare") for i in range(200)]
    _, val = carve_validation(clips, fraction=0.1, seed=3)
    assert Counter(c.label for c in val) == {"common": 15, "rare": 5}


def test_a_class_of_few_clips_is_in_validation_too() -> None:
    clips = [clip(f"{i}", "common") for i in range(100)] + [clip("r1", "rare"), clip("r2", "rare")]
    assert Counter(c.label for c in carve_validation(clips, seed=0)[1]) == {"common": 10, "rare": 1}


def test_subjects_are_set_aside_whole_and_near_the_fraction() -> None:
    clips = [clip(f"{i}", "xyz"[i % 3], subject=f"s{i % 20}") for i in range(300)]
    train, val = carve_validation(clips, fraction=0.2, seed=5)
    assert not {c.subject for c in train} & {c.subject for c in val}
    assert 45 <= len(val) <= 75


def test_another_seed_sets_others_aside() -> None:
    clips = [clip(f"{i}") for i in range(100)]
    assert ids(carve_validation(clips, seed=1)[1]) != ids(carve_validation(clips, seed=2)[1])


def test_where_nothing_can_be_set_aside_it_is_said() -> None:
    with pytest.raises(ContentError, match="without training clips"):
        carve_validation([clip("a", subject="s"), clip("b", subject="s")], seed=0)


def test_clips_of_one_source_are_set_aside_together_where_no_subject_is_known() -> None:
    clips = [replace(clip(f"{i}", "xyz"[i % 3]), source=f"film {i // 15}") for i in range(300)]
    train, val = carve_validation(clips, fraction=0.1, seed=1)
    assert not {c.source for c in train} & {c.source for c in val}
    assert 15 <= len(val) <= 45
    assert {c.label for c in val} == set("xyz")


def test_people_and_sources_that_are_linked_stay_together() -> None:
    clips = [
        replace(clip(f"{i}", "xyz"[i % 3], subject=f"s{i % 25}"), source=f"film {i % 50}") for i in range(300)
    ]
    train, val = carve_validation(clips, fraction=0.1, seed=1)
    assert not {c.source for c in train} & {c.source for c in val}
    assert not {c.subject for c in train} & {c.subject for c in val}
    assert len(val) >= 15
    chain = [
        replace(clip("a", "x", subject="1"), source="p"),
        replace(clip("b", "x", subject="2"), source="p"),
    ]
    chain += [replace(clip("c", "x", subject="2"), source="q"), clip("d", "x", subject="3")]
    for seed in range(9):
        kept, aside = carve_validation(chain, fraction=0.25, seed=seed)
        assert {c.id for c in aside} in ({"d"}, {"a", "b", "c"})
        assert len(kept) + len(aside) == 4
