"""Frames that cannot be decoded: named, and then the run stops, samples around them, or shows another."""

import logging
import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dfer.clips.broken_frames import BrokenFramesError, read_by_policy
from dfer.clips.clip import Clip
from dfer.clips.dataset import ClipDataset
from dfer.clips.image_file import Pixels
from dfer.clips.loading import batches, checked
from dfer.clips.settings import BrokenFrames, ClipSettings
from dfer.errors import ContentError


def clip_with(folder: Path, levels: Sequence[int], *, broken: Sequence[int] = ()) -> Clip:
    """A frame of each grey level; those of the `broken` places are cut in half."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for place, level in enumerate(levels):
        picture = np.clip(level + rng.integers(-3, 4, (24, 24, 3)), 0, 255).astype(np.uint8)
        file = folder / f"{place:03d}.jpg"
        Image.fromarray(picture).save(file, quality=95)
        if place in broken:
            file.write_bytes(file.read_bytes()[:300])
    return Clip(id=folder.name, path=folder, label="a")


def seen(clip: Clip, policy: BrokenFrames, *, frames: int = 4) -> list[int]:
    data = ClipDataset(
        clips=[clip],
        class_names=["a"],
        frames=frames,
        size=24,
        training=False,
        augmentation="none",
        seed=1,
        settings=ClipSettings(broken_frames=policy),
    )
    return [round(float(frame.float().mean()), -1) for frame in data[0]["frames"]]  # type: ignore[misc]


LEVELS = [20, 40, 60, 80, 100, 120, 140, 160]  # four segments; the frames seen are 40, 80, 120, 160


def test_without_a_policy_the_frame_is_named_and_the_run_stops(tmp_path: Path) -> None:
    clip = clip_with(tmp_path / "c", LEVELS, broken=[3])
    with pytest.raises(BrokenFramesError, match=r"c/003\.jpg cannot be decoded"):
        seen(clip, "error")


def test_skip_samples_the_clip_as_if_the_frame_were_not_there(tmp_path: Path) -> None:
    damaged = clip_with(tmp_path / "c", LEVELS, broken=[3])
    without = clip_with(tmp_path / "d", [level for level in LEVELS if level != 80])
    assert seen(damaged, "skip") == seen(without, "error")


def test_repeat_shows_the_frame_before_and_at_the_beginning_the_first_whole_one(tmp_path: Path) -> None:
    assert seen(clip_with(tmp_path / "c", LEVELS, broken=[3]), "repeat") == [40, 60, 120, 160]
    assert seen(clip_with(tmp_path / "d", LEVELS, broken=[2, 3]), "repeat") == [40, 40, 120, 160]
    assert seen(clip_with(tmp_path / "e", LEVELS, broken=[0, 1]), "repeat") == [60, 80, 120, 160]


def test_a_damaged_frame_that_is_not_sampled_is_never_met(tmp_path: Path) -> None:
    assert seen(clip_with(tmp_path / "c", LEVELS, broken=[0, 2]), "error") == [40, 80, 120, 160]


def test_a_clip_without_any_whole_frame_is_an_error_by_any_policy(tmp_path: Path) -> None:
    clip = clip_with(tmp_path / "c", [50, 60], broken=[0, 1])
    for policy in ("skip", "repeat"):
        with pytest.raises(ContentError, match=r"no frame of .* can be decoded"):
            seen(clip, policy)  # type: ignore[arg-type]


@given(st.sets(st.integers(0, 19)), st.sampled_from(["skip", "repeat"]), st.integers(1, 30))
def test_whatever_is_broken_only_whole_frames_are_read_and_each_damage_met_is_told(
    broken: set[int], policy: BrokenFrames, frames: int
) -> None:
    def read(indices: Sequence[int]) -> Pixels:
        for index in indices:
            if index in broken:
                raise BrokenFramesError(f"frame {index}", indices=(index,))
        return np.array(indices, dtype=np.uint8)

    def choose(n: int) -> list[int]:
        return [i * n // frames for i in range(frames)]

    if len(broken) == 20:
        with pytest.raises(ContentError):
            read_by_policy(20, policy=policy, choose=choose, read=read, name="c")
        return
    found, said = read_by_policy(20, policy=policy, choose=choose, read=read, name="c")
    assert len(found) == frames
    assert not set(found.tolist()) & broken
    assert found.tolist() == sorted(found.tolist())
    assert len(said) == len(set(said)) <= len(broken)


@pytest.mark.parametrize("workers", [0, 2])
def test_each_damage_is_named_once_in_however_many_epochs_and_workers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, workers: int
) -> None:
    clips = [clip_with(tmp_path / name, LEVELS, broken=[3]) for name in "cd"]
    data = ClipDataset(
        clips=clips,
        class_names=["a"],
        frames=8,
        size=24,
        training=True,
        augmentation="none",
        seed=1,
        settings=ClipSettings(broken_frames="repeat"),
    )
    with caplog.at_level(logging.WARNING):
        for epoch in (1, 2):
            data.set_epoch(epoch)
            loader = batches(data, batch_size=1, workers=workers)
            assert sorted(int(batch["index"][0]) for batch in checked(loader)) == [0, 1]  # type: ignore[index]
    assert sorted(record.getMessage().split(" cannot")[0][-9:] for record in caplog.records) == [
        "c/003.jpg",
        "d/003.jpg",
    ]
    assert all("replaced by the frame before" in record.getMessage() for record in caplog.records)


def test_the_error_survives_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(BrokenFramesError("a", indices=(1, 2), hint="b")))
    assert (error.message, error.indices, error.hint, error.exit_code) == ("a", (1, 2), "b", 5)


def test_a_disk_that_fails_is_no_damage_of_a_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise one hiccup of a network would decide what a clip looks like, in this run or for ever."""
    clip = clip_with(tmp_path / "c", LEVELS)

    def failing(self: Path) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", failing)
    for policy in ("skip", "repeat", "error"):
        with pytest.raises(ContentError, match=r"cannot read the frame .*: Input/output error"):
            seen(clip, policy)  # type: ignore[arg-type]
