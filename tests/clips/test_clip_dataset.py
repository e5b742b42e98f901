"""The dataset: what is random depends on seed, epoch and clip, and on nothing else."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from dfer.clips.clip import Clip
from dfer.clips.dataset import ClipDataset
from dfer.clips.frames import read_frames
from dfer.errors import ContentError, UsageError

NAMES = ("happiness", "anger")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    root = tmp_path_factory.mktemp("clips")
    rng = np.random.default_rng(0)
    made = []
    for i in range(6):
        folder = root / f"{i}"
        folder.mkdir()
        for k in range(5 + 8 * i):
            Image.fromarray(rng.integers(0, 255, (20, 24, 3), dtype=np.uint8)).save(folder / f"{k}.png")
        made.append(Clip(id=f"{i}", path=folder, label=NAMES[i % 2]))
    return made


def dataset(clips: list[Clip], **changes: Any) -> ClipDataset:
    options = {"class_names": NAMES, "size": 16, "training": True, "augmentation": "dfew", "seed": 1}
    return ClipDataset(clips=clips, **{**options, **changes})


def all_frames(data: ClipDataset) -> torch.Tensor:
    return torch.stack([data[i]["frames"] for i in range(len(data))])


def test_an_item_is_frames_label_and_index(clips: list[Clip]) -> None:
    item = dataset(clips)[3]
    assert set(item) == {"frames", "label", "index", "damages"}
    assert item["frames"].shape == (16, 3, 16, 16)
    assert item["frames"].dtype == torch.uint8
    assert (item["label"], item["index"]) == (1, 3)
    assert dataset(clips, class_names=NAMES[::-1])[3]["label"] == 0


def test_another_number_of_frames_may_be_asked(clips: list[Clip]) -> None:
    assert dataset(clips, frames=4)[5]["frames"].shape == (4, 3, 16, 16)


def test_the_same_seed_and_epoch_give_the_same_clips(clips: list[Clip]) -> None:
    assert torch.equal(all_frames(dataset(clips)), all_frames(dataset(clips)))


@pytest.mark.parametrize("change", ["epoch", "seed"])
def test_another_epoch_or_seed_gives_others(clips: list[Clip], change: str) -> None:
    first, second = dataset(clips), dataset(clips, seed=2 if change == "seed" else 1)
    second.set_epoch(1 if change == "epoch" else 0)
    for i in range(len(clips)):
        assert not torch.equal(first[i]["frames"], second[i]["frames"])


def test_a_clip_s_draw_does_not_depend_on_its_place_or_on_what_was_read_before(clips: list[Clip]) -> None:
    forward, backward = dataset(clips), dataset(clips[::-1])
    for i in reversed(range(len(clips))):
        assert torch.equal(forward[i]["frames"], backward[len(clips) - 1 - i]["frames"])


def test_clips_of_one_epoch_are_drawn_differently(clips: list[Clip]) -> None:
    twin = Clip(id="twin", path=clips[5].path, label=NAMES[0])
    data = dataset([clips[5], twin])
    assert not torch.equal(data[0]["frames"], data[1]["frames"])


def test_workers_change_nothing_and_hear_of_each_epoch(clips: list[Clip]) -> None:
    data = dataset(clips)
    loader = DataLoader(data, batch_size=2, num_workers=2)
    seen = []
    for epoch in (0, 1):
        data.set_epoch(epoch)
        seen.append(torch.cat([batch["frames"] for batch in loader]))
        assert torch.equal(seen[-1], all_frames(data))
    assert not torch.equal(seen[0], seen[1])


def test_a_test_clip_is_stretched_and_never_augmented(clips: list[Clip]) -> None:
    data = dataset(clips, training=False, size=24)
    first = all_frames(data)
    data.set_epoch(9)
    assert torch.equal(all_frames(data), first)
    assert torch.equal(
        first, all_frames(dataset(clips, training=False, size=24, augmentation="none", seed=8))
    )


def test_test_frames_at_their_own_size_are_the_frames_on_disk(tmp_path: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    for k in range(40):
        Image.fromarray(picture + np.uint8(k)).save(tmp_path / f"{k}.png")
    clip = Clip(id="c", path=tmp_path, label="anger")
    frames = dataset([clip], training=False)[0]["frames"]
    on_disk = read_frames(tmp_path, [1, 3, 6, 8, 11, 13, 16, 18, 21, 23, 26, 28, 31, 33, 36, 38])
    assert np.array_equal(frames.permute(0, 2, 3, 1), on_disk)


def test_labels_outside_the_class_set_and_unknown_augmentations_are_refused_at_once(
    clips: list[Clip],
) -> None:
    with pytest.raises(ContentError, match="'anger'"):
        dataset(clips, class_names=("happiness", "fear"))
    with pytest.raises(UsageError, match="unknown augmentation"):
        dataset(clips, augmentation="dfwe")


def test_a_clip_that_has_gone_is_named(clips: list[Clip]) -> None:
    gone = Clip(id="gone", path=Path("/nowhere/gone"), label="anger")
    with pytest.raises(ContentError, match="/nowhere/gone"):
        dataset([gone])[0]
