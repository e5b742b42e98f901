"""How often an epoch sees each clip."""

from collections import Counter
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch.utils.data import RandomSampler

from dfer.clips.balancing import EpochOrder, epoch_order
from dfer.clips.clip import Clip
from dfer.clips.dataset import ClipDataset
from dfer.clips.loading import batches, checked
from dfer.clips.settings import Balance

labels = st.lists(st.integers(0, 4), min_size=1, max_size=60)
balances = st.sampled_from(["none", "oversample", "class-balanced"])


@given(labels, st.integers(0, 99), st.integers(0, 99))
def test_without_balance_each_clip_comes_once_in_torch_s_own_random_order(
    of: list[int], seed: int, epoch: int
) -> None:
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    assert epoch_order(of, balance="none", seed=seed, epoch=epoch) == list(
        RandomSampler(of, generator=generator)
    )


@given(labels, st.integers(0, 99))
def test_oversampling_makes_all_classes_as_frequent_as_the_largest_and_loses_no_clip(
    of: list[int], seed: int
) -> None:
    order = [index % len(of) for index in epoch_order(of, balance="oversample", seed=seed, epoch=1)]
    assert set(order) == set(range(len(of)))
    assert set(Counter(of[index] for index in order).values()) == {max(Counter(of).values())}


def test_class_balanced_epochs_are_as_long_as_ever_and_see_classes_alike() -> None:
    of = [0] * 900 + [1] * 80 + [2] * 20
    order = epoch_order(of, balance="class-balanced", seed=1, epoch=1)
    assert len(order) == 1000
    seen = Counter(of[index % 1000] for index in order)
    assert all(280 < seen[label] < 390 for label in (0, 1, 2))
    rare = Counter(index % 1000 for index in order if of[index % 1000] == 2)
    assert len(rare) == 20
    assert max(rare.values()) - min(rare.values()) <= 1  # they take turns


@given(labels, balances, st.integers(0, 99), st.integers(0, 99))
def test_a_repeated_clip_is_numbered_and_no_number_comes_twice(
    of: list[int], balance: Balance, seed: int, epoch: int
) -> None:
    order = epoch_order(of, balance=balance, seed=seed, epoch=epoch)
    assert len(set(order)) == len(order)
    times = Counter(index % len(of) for index in order)
    assert set(order) == {i + k * len(of) for i, count in times.items() for k in range(count)}
    assert order == epoch_order(of, balance=balance, seed=seed, epoch=epoch)


@pytest.mark.parametrize("balance", ["none", "oversample", "class-balanced"])
def test_another_seed_or_epoch_is_another_order(balance: Balance) -> None:
    of = [0] * 30 + [1] * 5
    orders = {
        tuple(epoch_order(of, balance=balance, seed=seed, epoch=epoch)) for seed in (1, 2) for epoch in (1, 2)
    }
    assert len(orders) == 4


def test_a_clip_seen_twice_in_an_epoch_is_augmented_differently(tmp_path: Path) -> None:
    clips = []
    for i in range(4):
        folder = tmp_path / f"{i}"
        folder.mkdir()
        for k in range(40):
            Image.radial_gradient("L").resize((30, 30)).point(lambda g, k=k: (g + k) % 256).save(
                folder / f"{k}.png"
            )
        clips.append(Clip(id=f"{i}", path=folder, label="ab"[i == 3]))
    data = ClipDataset(
        clips=clips, class_names=["a", "b"], size=16, training=True, augmentation="mafw", seed=1
    )
    data.set_epoch(1)
    order = EpochOrder(data.labels, balance="oversample", seed=1, epoch=1)
    seen = list(checked(batches(data, batch_size=1, workers=0, order=order)))
    assert len(seen) == len(order) == 6
    rare = [batch["frames"] for batch in seen if int(batch["label"][0]) == 1]
    assert len(rare) == 3
    assert all(int(batch["index"][0]) < 4 for batch in seen)
    assert not torch.equal(rare[0], rare[1])
    assert not torch.equal(rare[1], rare[2])
