"""Features of frames: computed once, sampled as the frames themselves would be, never believed damaged."""

import multiprocessing
import os
import pickle
import resource
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from dfer.clips.balancing import EpochOrder
from dfer.clips.broken_frames import BrokenFramesError
from dfer.clips.clip import Clip
from dfer.clips.dataset import ClipDataset
from dfer.clips.fingerprint import fingerprint
from dfer.clips.image_file import Pixels
from dfer.clips.loading import batches, checked
from dfer.clips.packing.pack import open_verified
from dfer.clips.packing.plan import Packing
from dfer.clips.packing.writing import pack_clips
from dfer.clips.readers.folder_tree import list_folders
from dfer.clips.settings import ClipSettings
from dfer.clips.source import DiskFrames
from dfer.errors import ContentError, DferError
from dfer.models.clip_backbone import load_clip
from dfer.training.features.feature_dataset import FeatureDataset
from dfer.training.features.feature_key import FeatureKey, feature_folder, state_of_frames
from dfer.training.features.filling import fill
from dfer.training.features.frame_features import FrameFeatures

SIZE, WIDTH = 16, 8
NAMES = ("happiness", "anger")
KEY = FeatureKey(
    clip={"architecture": "tiny", "sha256": "00", "quick_gelu": False},
    pixel_normalisation="clip",
    fit="stretch",
    size=SIZE,
    precision="fp32",
    device="cpu",
    frames="fs1:00",
)


class Tower:
    """A small tower, the same in every process. `seen` are the frames that have passed it, no black ones."""

    def __init__(self, delay: float = 0.0) -> None:
        weights = torch.randn(3 * SIZE * SIZE, WIDTH, generator=torch.Generator().manual_seed(0))
        self._weights = weights / 3 / SIZE
        self._delay = delay
        self.seen: list[bytes] = []

    def __call__(self, frames: Tensor) -> Tensor:
        self.seen += [frame.numpy().tobytes() for frame in frames if frame.any()]
        time.sleep(self._delay)
        return (frames.float() / 255).flatten(1) @ self._weights


class Counting(DiskFrames):
    """`read_of` are the frames that were asked of the disk, by clip."""

    def __init__(self) -> None:
        super().__init__()
        self.read_of: list[tuple[str, int]] = []

    def read(self, clip: Clip, indices: Sequence[int]) -> Pixels:
        self.read_of += [(clip.id, index) for index in indices]
        return super().read(clip, indices)


def draw_clip(folder: Path, frames: int, *, broken: Sequence[int] = (), label: str = "anger") -> Clip:
    """Frames of noise, no two alike; the `broken` are cut off."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(frames)
    for k in range(frames):
        file = folder / f"{k:03d}.png"
        Image.fromarray(rng.integers(1, 255, (20, 24, 3), dtype=np.uint8)).save(file)
        if k in broken:
            file.write_bytes(file.read_bytes()[:60])
    return Clip(id=folder.name, path=folder, label=label)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """Six clips of 5, 13, 21, … frames."""
    root = tmp_path_factory.mktemp("clips")
    return [draw_clip(root / f"{i}", 5 + 8 * i, label=NAMES[i % 2]) for i in range(6)]


def pixels(clips: Sequence[Clip], **changes: Any) -> ClipDataset:
    options = {"class_names": NAMES, "size": SIZE, "training": True, "augmentation": "none", "seed": 1}
    return ClipDataset(clips=clips, **{**options, **changes})


def opened(folder: Path, clips: Sequence[Clip]) -> FrameFeatures:
    return FrameFeatures.open(folder, key=KEY, clips=clips, source=DiskFrames(), width=WIDTH)


def dataset(folder: Path, clips: Sequence[Clip], **changes: Any) -> FeatureDataset:
    return FeatureDataset(pixels(clips, **changes), opened(folder, clips))


def all_rows(features: FrameFeatures, clips: Sequence[Clip]) -> np.ndarray:
    rows = [features.row(clip, i) for clip in clips for i in range(features.count(clip))]
    return features.read(rows)


def every_frame(folder: Path, clips: Sequence[Clip]) -> FeatureDataset:
    """All frames of every clip, one after another."""
    return dataset(folder, clips, training=False, frames=45)


def computed_directly(frames: Tensor) -> Tensor:
    return Tower()(frames)


# What a feature is


def test_a_feature_is_what_the_tower_says_of_the_frame_alone(clips: list[Clip], tmp_path: Path) -> None:
    clip = load_clip(architecture="tiny", pretrained=None)
    visual = clip.model.visual

    def encode(frames: Tensor) -> Tensor:
        found: Tensor = visual(frames.float() / 255)  # type: ignore[operator]
        return found

    size = clip.image_size
    features = FrameFeatures.open(tmp_path, key=KEY, clips=clips, source=DiskFrames(), width=clip.embed_width)
    data = FeatureDataset(pixels(clips, size=size, training=False), features)
    fill(data, encode)
    frames = pixels(clips, size=size, training=False)
    for index in range(len(clips)):
        item, seen = data[index], frames[index]
        with torch.inference_mode():
            alone = torch.cat([encode(frame[None]) for frame in seen["frames"]])
        assert item["frames"].dtype == torch.float32
        assert (item["frames"] - alone).abs().max() < 1e-6 * alone.norm(dim=-1).min()
        assert (item["label"], item["index"]) == (seen["label"], seen["index"])


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 5),
    epoch=st.integers(0, 50),
    training=st.booleans(),
    frames=st.sampled_from([1, 4, 16]),
    chosen=st.sampled_from(
        [
            ClipSettings(),
            ClipSettings(short_clips="loop"),
            ClipSettings(sampling="windows", downsample=2),
            ClipSettings(sampling="windows", random_test_windows=True),
        ]
    ),
)
def test_features_are_drawn_as_frames_are(
    clips: list[Clip], seed: int, epoch: int, training: bool, frames: int, chosen: ClipSettings
) -> None:
    options: dict[str, Any] = {"seed": seed, "training": training, "frames": frames, "settings": chosen}
    seen = pixels(clips, **options)
    with tempfile.TemporaryDirectory() as folder:
        data = dataset(Path(folder), clips, **options)
        seen.set_epoch(epoch)
        data.set_epoch(epoch)
        again = [i + len(clips) for i in range(len(clips))]  # drawn a second time in one epoch
        indices = [*range(len(clips)), *again]
        fill(data, Tower(), indices=indices)
        for index in indices:
            expected = computed_directly(seen[index]["frames"])
            assert torch.allclose(data[index]["frames"], expected, atol=1e-5)
            assert data[index]["label"] == seen[index]["label"]
            assert data[index]["index"] == seen[index]["index"]


def test_batches_of_features_come_as_batches_of_frames_do(clips: list[Clip], tmp_path: Path) -> None:
    data, seen = dataset(tmp_path, clips), pixels(clips)
    fill(data, Tower())
    order = EpochOrder(data.labels, balance="none", seed=1, epoch=0)
    for workers in (0, 1):
        found: list[Any] = list(checked(batches(data, batch_size=4, workers=workers, order=order)))
        expected: list[Any] = list(checked(batches(seen, batch_size=4, workers=0, order=order)))
        assert [batch["frames"].shape for batch in found] == [(4, 16, WIDTH), (2, 16, WIDTH)]
        for batch, other in zip(found, expected, strict=True):
            assert torch.equal(batch["label"], other["label"])
            assert torch.equal(batch["index"], other["index"])
            encoded = computed_directly(other["frames"].flatten(0, 1))
            assert torch.allclose(batch["frames"].flatten(0, 1), encoded, atol=1e-5)


def test_augmented_clips_and_clips_of_other_data_are_refused(clips: list[Clip], tmp_path: Path) -> None:
    features = opened(tmp_path, clips[:3])
    with pytest.raises(ValueError, match="without augmentation"):
        FeatureDataset(pixels(clips[:3], augmentation="dfew"), features)
    FeatureDataset(pixels(clips[:3], augmentation="dfew", training=False), features)  # never augments
    with pytest.raises(ValueError, match="none of 3"):
        FeatureDataset(pixels(clips), features)


def test_reading_what_was_not_computed_is_an_error(clips: list[Clip], tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="call `fill`"):
        dataset(tmp_path, clips)[0]


# Each frame once


def test_each_frame_passes_the_tower_at_most_once_in_all_epochs_and_sets(
    clips: list[Clip], tmp_path: Path
) -> None:
    tower, source = Tower(), Counting()
    features = opened(tmp_path, clips)
    training = FeatureDataset(pixels(clips, source=source), features)
    test = FeatureDataset(pixels(clips[3:], training=False, source=source), features)
    computed = 0
    for epoch in range(1, 6):
        for data in (training, test):
            data.set_epoch(epoch)
            computed += fill(data, tower)
            assert fill(data, tower) == 0
    assert computed == len(tower.seen) == len(set(tower.seen))
    assert len(source.read_of) == len(set(source.read_of)) == computed


def test_only_frames_that_are_drawn_are_computed(clips: list[Clip], tmp_path: Path) -> None:
    tower = Tower()
    data = dataset(tmp_path, clips, training=False, frames=4)
    assert fill(data, tower, indices=[5]) == 4
    assert set(tower.seen) == {
        frame.numpy().tobytes() for frame in pixels(clips, training=False, frames=4)[5]["frames"]
    }
    assert not data.lacks(5)
    assert data.lacks(4)


def test_a_later_process_finds_what_an_earlier_one_computed(clips: list[Clip], tmp_path: Path) -> None:
    first = dataset(tmp_path, clips)
    fill(first, Tower())
    # the lists of two folds, in another order
    folds = [replace(clip, fold=fold) for fold in (2, 1) for clip in reversed(clips)]
    later = dataset(tmp_path, folds)
    assert fill(later, Tower()) == 0
    assert torch.equal(later[len(clips) - 1]["frames"], first[0]["frames"])


def test_progress_counts_the_clips_that_lacked_something(clips: list[Clip], tmp_path: Path) -> None:
    data = dataset(tmp_path, clips)
    fill(data, Tower(), indices=[0, 1])
    heard: list[tuple[int, int]] = []
    fill(data, Tower(), on_clips=lambda done, total: heard.append((done, total)))
    assert heard[0] == (0, 4)
    assert heard[-1] == (4, 4)
    assert heard == sorted(heard)


def test_loader_workers_change_nothing(clips: list[Clip], tmp_path: Path) -> None:
    alone, shared = (every_frame(tmp_path / name, clips) for name in "ab")
    assert fill(alone, Tower()) == fill(shared, Tower(), workers=2)
    assert np.array_equal(all_rows(alone.features, clips), all_rows(shared.features, clips))


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_a_feature_s_bits_do_not_depend_on_when_it_was_computed(
    clips: list[Clip], tmp_path: Path, precision: torch.dtype
) -> None:
    clip = load_clip(architecture="tiny", pretrained=None)

    def encode(frames: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=precision, enabled=precision != torch.float32):
            found: Tensor = clip.model.visual(frames.float() / 255)  # type: ignore[operator]
        return found

    def filled(name: str, orders: Sequence[Sequence[int]], frames: Sequence[int]) -> np.ndarray:
        features = FrameFeatures.open(
            tmp_path / name, key=KEY, clips=clips, source=DiskFrames(), width=clip.embed_width
        )
        for count in frames:
            seen = pixels(clips, size=clip.image_size, training=False, frames=count)
            for order in orders:
                fill(FeatureDataset(seen, features), encode, indices=order)
        return all_rows(features, clips)

    at_once = filled("a", [range(6)], [45])
    piecemeal = filled("b", [[5, 2], [4], [0, 1, 3]], [1, 7, 20, 45])
    assert np.array_equal(at_once, piecemeal)


# Keys and places


@pytest.mark.parametrize(
    "change",
    [
        {"clip": {**KEY.clip, "sha256": "01"}},
        {"clip": {**KEY.clip, "quick_gelu": True}},
        {"tower_weights": "02"},
        {"tower": 1},
        {"fit": "centre-square"},
        {"size": 24},
        {"pixel_normalisation": "none"},
        {"precision": "bf16"},
        {"device": "cuda"},
        {"frames": "fs1:01"},
        {"compiled": True},
        {"pack": {"size": 24, "fit": "stretch"}},
        {"reader": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_decides_a_feature_is_in_the_key(change: dict[str, Any]) -> None:
    assert KEY.model_copy(update=change).hash != KEY.hash
    assert KEY.model_copy(update={name: getattr(KEY, name) for name in change}).hash == KEY.hash


def test_features_lie_beside_their_pack_or_else_in_the_cache_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DFER_CACHE_DIR", str(tmp_path / "cache"))
    pack = tmp_path / "faces.pack"
    assert feature_folder(KEY, pack=pack) == tmp_path / "faces.pack.features" / KEY.hash
    assert feature_folder(KEY) == tmp_path / "cache/features" / KEY.hash
    nowhere = tmp_path / "no such folder" / "faces.pack"
    assert feature_folder(KEY, pack=nowhere) == tmp_path / "cache/features" / KEY.hash


def test_a_pack_and_a_folder_tree_are_read_as_if_no_features_lay_beside(tmp_path: Path) -> None:
    for label in NAMES:
        draw_clip(tmp_path / label / f"{label} clip", 5 + len(label))
    before = list_folders(tmp_path)
    pack = tmp_path / "faces.pack"
    pack_clips(before.clips, pack, dataset="folders", packing=Packing(size=SIZE), workers=0)
    source = open_verified(pack)
    folder = feature_folder(KEY, pack=pack)
    features = FrameFeatures.open(folder, key=KEY, clips=source.clips, source=source, width=WIDTH)
    data = FeatureDataset(pixels(source.clips, source=source), features)
    fill(data, Tower())
    assert torch.allclose(data[1]["frames"], computed_directly(pixels(before.clips)[1]["frames"]), atol=1e-5)
    assert list_folders(tmp_path) == before
    assert fingerprint(open_verified(pack).clips, open_verified(pack)) == fingerprint(source.clips, source)


# Broken frames


def error_of(work: Callable[[], Any]) -> tuple[type, str, str] | None:
    try:
        work()
    except ContentError as error:
        return type(error), error.message, error.hint
    return None


@settings(max_examples=40, deadline=None)
@given(
    broken=st.sets(st.integers(0, 11), max_size=8),
    policy=st.sampled_from(["skip", "repeat", "error"]),
    training=st.booleans(),
    sampling=st.sampled_from(["segments", "windows"]),
    seed=st.integers(0, 3),
)
def test_broken_frames_are_treated_as_when_pixels_are_read(
    broken: set[int], policy: Any, training: bool, sampling: Any, seed: int
) -> None:
    """Over several epochs, so that some are known to be broken and others are not yet."""
    with tempfile.TemporaryDirectory() as name:
        clip = draw_clip(Path(name) / "clip", 12, broken=sorted(broken))
        options: dict[str, Any] = {
            "frames": 4,
            "seed": seed,
            "training": training,
            "settings": ClipSettings(broken_frames=policy, sampling=sampling),
        }
        seen = pixels([clip], **options)
        data = dataset(Path(name) / "features", [clip], **options)
        for epoch in range(5):
            seen.set_epoch(epoch)
            data.set_epoch(epoch)
            error = error_of(lambda: seen[0])
            assert error_of(lambda: fill(data, Tower())) == error
            if error:
                continue
            expected = seen[0]
            assert torch.allclose(data[0]["frames"], computed_directly(expected["frames"]), atol=1e-5)
            assert data[0]["damages"] == expected["damages"]


def test_a_broken_frame_is_tried_once_and_remembered_by_later_processes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clip = draw_clip(tmp_path / "clip", 12, broken=[4])
    source = Counting()
    options: dict[str, Any] = {
        "frames": 12,
        "settings": ClipSettings(broken_frames="repeat"),
        "source": source,
    }
    for _ in range(2):
        data = dataset(tmp_path / "features", [clip], **options)
        for epoch in (1, 2, 3):
            data.set_epoch(epoch)
            fill(data, Tower())
            list(checked(batches(data, batch_size=1, workers=0)))
    assert source.read_of.count(("clip", 4)) == 1
    assert [record.getMessage() for record in caplog.records if "004.png cannot be decoded" in record.message]
    with pytest.raises(BrokenFramesError, match=r"004\.png cannot be decoded"):
        dataset(tmp_path / "features", [clip], frames=12)[0]


def test_a_disk_that_fails_leaves_no_frame_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = draw_clip(tmp_path / "clip", 12)
    data = dataset(tmp_path / "features", [clip], settings=ClipSettings(broken_frames="skip"))

    def failing(self: Path) -> bytes:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", failing)
        with pytest.raises(ContentError, match="Input/output error"):
            fill(data, Tower())
    assert fill(data, Tower()) == 12
    assert data[0]["damages"] == ()


# Kills, other processes, and damage


def in_another_process(work: Callable[[], None]) -> Any:
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    return process


def test_killed_while_filling_it_goes_on_and_gives_what_one_go_gives(
    clips: list[Clip], tmp_path: Path
) -> None:
    process = in_another_process(
        lambda: fill(every_frame(tmp_path / "k", clips), Tower(delay=0.02), batch_frames=8) and None
    )
    data = every_frame(tmp_path / "k", clips)
    while data.lacks(2):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    tower = Tower()
    fill(data, tower, batch_frames=8)
    whole = every_frame(tmp_path / "w", clips)
    frames = fill(whole, Tower(), batch_frames=8)
    assert 0 < len(tower.seen) < frames
    assert np.array_equal(all_rows(data.features, clips), all_rows(whole.features, clips))


def test_two_processes_fill_at_once_and_compute_no_frame_twice(clips: list[Clip], tmp_path: Path) -> None:
    def work(name: str) -> None:
        data = every_frame(tmp_path / "f", clips)
        computed = fill(data, Tower(delay=0.02), batch_frames=8)
        lacks = sum(map(data.lacks, range(len(clips))))
        (tmp_path / name).write_text(f"{computed} {lacks}")

    processes = [in_another_process(lambda name=name: work(name)) for name in "ab"]  # type: ignore[misc]
    for process in processes:
        process.join()
    (first, lacks_first), (second, lacks_second) = (
        map(int, (tmp_path / name).read_text().split()) for name in "ab"
    )
    assert first + second == sum(DiskFrames().count(clip) for clip in clips)
    assert (lacks_first, lacks_second) == (0, 0)


def test_what_is_there_is_read_without_waiting_for_who_is_filling(clips: list[Clip], tmp_path: Path) -> None:
    data = dataset(tmp_path, clips, training=False)
    fill(data, Tower(), indices=[0, 1])
    with opened(tmp_path, clips).filling() as alone:
        assert alone
        other = dataset(tmp_path, clips, training=False)
        started = time.monotonic()
        assert fill(other, Tower(), indices=[1, 0]) == 0
        assert time.monotonic() - started < 0.5
        with other.features.filling() as alone:
            assert not alone


@pytest.mark.parametrize("damage", ["index", "cut", "other clips", "gone"])
def test_a_damaged_file_is_thrown_away_with_a_warning(
    clips: list[Clip], tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    before = every_frame(tmp_path, clips)
    frames = fill(before, Tower())
    expected = all_rows(before.features, clips)
    if damage == "index":
        (tmp_path / "index.json").write_text("{")
    elif damage == "cut":
        rows = (tmp_path / "rows.f32").read_bytes()
        (tmp_path / "rows.f32").unlink()
        (tmp_path / "rows.f32").write_bytes(rows[:-4])
    elif damage == "other clips":
        opened(tmp_path, clips[:2])
    else:
        (tmp_path / "checksums.u32").unlink()
    caplog.clear()
    after = every_frame(tmp_path, clips)
    assert ["is damaged" in record.getMessage() for record in caplog.records] == [True]
    assert fill(after, Tower()) == frames
    assert np.array_equal(all_rows(after.features, clips), expected)


def test_a_row_whose_bytes_changed_is_computed_again_and_no_other(
    clips: list[Clip], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = every_frame(tmp_path, clips)
    fill(before, Tower())
    expected = all_rows(before.features, clips)
    with (tmp_path / "rows.f32").open("r+b") as file:
        file.seek(7 * WIDTH * 4 + 3)
        file.write(b"\x17")
    after = every_frame(tmp_path, clips)
    assert fill(after, Tower()) == 1
    assert "what is damaged is computed again" in caplog.text
    assert np.array_equal(all_rows(after.features, clips), expected)


def test_where_nothing_can_be_written_features_stay_in_memory_with_a_warning(
    clips: list[Clip], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    data = every_frame(tmp_path / "file" / "features", clips)
    tower = Tower()
    for _ in range(2):
        fill(data, tower)
    assert len(tower.seen) == len(set(tower.seen)) > 0
    whole = every_frame(tmp_path / "w", clips)
    fill(whole, Tower())
    assert np.array_equal(all_rows(data.features, clips), all_rows(whole.features, clips))
    assert ["stay in memory" in record.getMessage() for record in caplog.records] == [True]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As a disk that is full: writing beyond fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_fills_up_keeps_what_it_has_and_the_run_goes_on(
    clips: list[Clip], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = every_frame(tmp_path / "f", clips)
    with files_of_at_most(60 * WIDTH * 4):
        frames = fill(data, Tower(), batch_frames=8)
    whole = every_frame(tmp_path / "w", clips)
    fill(whole, Tower(), batch_frames=8)
    assert np.array_equal(all_rows(data.features, clips), all_rows(whole.features, clips))
    assert ["stay in memory" in record.getMessage() for record in caplog.records] == [True]
    assert 40 < frames - fill(every_frame(tmp_path / "f", clips), Tower(), batch_frames=8) <= 60


def test_a_folder_that_is_removed_in_the_middle_stops_nothing(clips: list[Clip], tmp_path: Path) -> None:
    data = every_frame(tmp_path / "f", clips)
    fill(data, Tower(), indices=[0, 1])
    shutil.rmtree(tmp_path / "f")
    fill(data, Tower())
    assert not any(map(data.lacks, range(len(clips))))


def test_a_copy_in_another_process_reads_the_same_and_carries_no_rows(
    clips: list[Clip], tmp_path: Path
) -> None:
    data = every_frame(tmp_path, clips)
    fill(data, Tower())
    carried = pickle.dumps(data.features)
    assert len(carried) < 3000
    assert np.array_equal(all_rows(pickle.loads(carried), clips), all_rows(data.features, clips))


def test_features_that_are_no_numbers_are_an_error_and_not_kept(clips: list[Clip], tmp_path: Path) -> None:
    data = dataset(tmp_path, clips)
    with pytest.raises(DferError, match="no numbers"):
        fill(data, lambda frames: torch.full((len(frames), WIDTH), float("nan")))
    assert all(map(data.lacks, range(len(clips))))


def test_frames_in_another_order_are_other_frames_to_features_if_not_to_the_run(tmp_path: Path) -> None:
    """Renumbered: as many frames, as many bytes, so the run's fingerprint is the same."""
    folder = tmp_path / "a"
    folder.mkdir()
    for number, red in enumerate((10, 200, 90), 1):
        Image.new("RGB", (8, 8), (red, 0, 0)).save(folder / f"{number}.png")
    clip = Clip(id="a", path=folder, label="fear")
    before, run = state_of_frames([clip], DiskFrames()), fingerprint([clip])
    (folder / "1.png").rename(folder / "x.png")
    (folder / "3.png").rename(folder / "1.png")
    (folder / "x.png").rename(folder / "3.png")
    assert fingerprint([clip]) == run
    assert state_of_frames([clip], DiskFrames()) != before
    other = replace(clip, label="anger", caption="other words", fold=2)
    assert state_of_frames([other], DiskFrames()) == state_of_frames([clip], DiskFrames())
