"""Packs: decoded once, the same bytes however often interrupted, and never believed when damaged."""

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from dfer.class_sets.class_set import load_class_set
from dfer.clips.clip import Clip
from dfer.clips.dataset import ClipDataset
from dfer.clips.fingerprint import fingerprint
from dfer.clips.frames import read_frames
from dfer.clips.loading import batches, checked
from dfer.clips.packing import pack_file, resuming, writing
from dfer.clips.packing.pack import Pack, open_verified, verify
from dfer.clips.packing.pack_file import DATA, frame_bytes
from dfer.clips.packing.plan import Packing
from dfer.clips.packing.writing import Packed, pack_clips
from dfer.clips.readers.csv_list import read_csv
from dfer.clips.resizing import centre_square, stretch
from dfer.clips.synthetic.world import draw_world
from dfer.errors import ConfigurationError, ContentError, UsageError

NAMES = load_class_set("dfew7").names
SIZE = 24


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fourteen clips of 4 to 11 frames, 32 pixels wide."""
    folder = tmp_path_factory.mktemp("world")
    return draw_world(folder / "w", class_set=load_class_set("dfew7"), clips=14, seed=2, size=32, frames=8)


@pytest.fixture(scope="module")
def clips(table: Path) -> list[Clip]:
    votes = (("anger", 6.0), ("fear", 4.0))
    return [replace(clip, votes=votes, source="film", scene="home") for clip in read_csv(table)]


def pack(clips: list[Clip], path: Path, *, workers: int = 0, **changes: Any) -> Packed:
    return pack_clips(
        clips, path, dataset="csv", packing=Packing(**{"size": SIZE, **changes}), workers=workers
    )


@pytest.fixture(scope="module")
def whole(clips: list[Clip], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("packs") / "whole.pack"
    pack(clips, path)
    return path


def test_a_pack_holds_every_frame_as_the_model_sees_it(clips: list[Clip], whole: Path) -> None:
    found = Pack(whole)
    assert found.index.dataset == "csv"
    for clip in clips:
        n = found.count(clip)
        assert np.array_equal(
            found.read(clip, range(n)), stretch(read_frames(clip.path, range(n)), size=SIZE)
        )
    assert found.read(clips[0], [2, 0, 2]).shape == (3, SIZE, SIZE, 3)


def test_everything_a_reader_knew_of_a_clip_is_in_the_pack(clips: list[Clip], whole: Path) -> None:
    packed = Pack(whole).clips
    assert [replace(clip, path=Path()) for clip in packed] == [replace(clip, path=Path()) for clip in clips]
    assert len({clip.path for clip in packed}) == len(clips)


def test_a_clip_of_five_folds_is_packed_once(clips: list[Clip], tmp_path: Path) -> None:
    folds = [replace(clip, fold=fold) for fold in range(1, 6) for clip in clips[:2]]
    packed = pack(folds, tmp_path / "p.pack")
    assert packed.clips == 2
    assert len(Pack(tmp_path / "p.pack").clips) == 10
    frames = sum(Pack(tmp_path / "p.pack").count(clip) for clip in clips[:2])
    assert packed.frames == frames
    assert packed.bytes < DATA + (frames + 2) * frame_bytes(SIZE)


@pytest.mark.parametrize("training", [True, False])
def test_a_pack_of_the_model_s_size_gives_the_batches_that_folders_give(
    table: Path, tmp_path: Path, training: bool
) -> None:
    clips = read_csv(table)
    pack(clips, tmp_path / "p.pack", size=32)  # the size on disk: training crops from the same pixels
    source = Pack(tmp_path / "p.pack")
    options: dict[str, Any] = {"class_names": NAMES, "size": 32, "training": training, "seed": 3}
    options["augmentation"] = "dfew"
    folders = ClipDataset(clips=clips, **options)
    packed = ClipDataset(clips=source.clips, source=source, **options)
    for i in range(len(clips)):
        assert torch.equal(folders[i]["frames"], packed[i]["frames"])
        assert folders[i]["label"] == packed[i]["label"]


@pytest.mark.filterwarnings("ignore:This DataLoader will create 4 worker")
@pytest.mark.parametrize("from_pack", [True, False])
def test_worker_count_0_1_and_4_give_the_same_batches(
    clips: list[Clip], whole: Path, from_pack: bool
) -> None:
    source = Pack(whole) if from_pack else None
    data = ClipDataset(
        clips=source.clips if source else clips,
        class_names=NAMES,
        size=SIZE,
        training=True,
        augmentation="ferv39k",
        seed=1,
        source=source,
    )
    data.set_epoch(3)
    alone: list[Any]
    alone, one, four = (list(checked(batches(data, batch_size=3, workers=workers))) for workers in (0, 1, 4))
    assert len(alone) == 5
    for batch, *others in zip(alone, one, four, strict=True):
        for other in others:
            assert torch.equal(batch["frames"], other["frames"])
            assert torch.equal(batch["label"], other["label"])
            assert torch.equal(batch["index"], other["index"])


def test_workers_pack_the_same_bytes_as_one_process(clips: list[Clip], whole: Path, tmp_path: Path) -> None:
    pack(clips, tmp_path / "p.pack", workers=2)
    assert (tmp_path / "p.pack").read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.pack"]


PACK_SLOWLY = """
import sys, time
from pathlib import Path
from dfer.clips.packing import writing
from dfer.clips.packing.plan import Packing
from dfer.clips.packing.writing import pack_clips
from dfer.clips.readers.csv_list import read_csv
stream = writing.stream_frames
def slowly(*args, **options):
    time.sleep(0.05)
    yield from stream(*args, **options)
writing.stream_frames = slowly
pack_clips(
    read_csv(Path(sys.argv[1])), Path(sys.argv[2]), dataset="csv", packing=Packing(size=24),
    workers=2, on_clip=lambda done, total: print(done, flush=True),
)
"""


@pytest.mark.slow
def test_a_packing_killed_again_and_again_goes_on_and_ends_with_the_same_bytes(
    table: Path, tmp_path: Path
) -> None:
    clips = read_csv(table)
    pack(clips, tmp_path / "whole.pack")
    path = tmp_path / "killed.pack"
    reached = []
    for kill_at in (3, 9):
        process = subprocess.Popen(
            [sys.executable, "-c", PACK_SLOWLY, str(table), str(path)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        first = int(process.stdout.readline())
        assert first >= (reached[-1] if reached else 0)  # nothing that was reported done is done again
        done = first
        while done < kill_at:
            done = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        reached.append(done)
        assert not path.exists()
    packed = pack(clips, path)
    assert packed.resumed >= reached[-1] == 9
    assert path.read_bytes() == (tmp_path / "whole.pack").read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["killed.pack", "whole.pack"]


def interrupted(clips: list[Clip], path: Path, *, after: int, **changes: Any) -> None:
    """Packs until `after` clips are done, as Ctrl-C would end it."""

    def on_clip(done: int, total: int) -> None:
        if done >= after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack_clips(
            clips,
            path,
            dataset="csv",
            packing=Packing(**{"size": SIZE, **changes}),
            workers=0,
            on_clip=on_clip,
        )


def test_what_was_damaged_while_packing_lay_still_is_packed_again(
    clips: list[Clip], whole: Path, tmp_path: Path
) -> None:
    path = tmp_path / "p.pack"
    interrupted(clips, path, after=6)
    with (tmp_path / "p.pack.partial").open("r+b") as file:
        file.seek(DATA + 5)
        file.write(b"\xff\x00\xff")  # in the first clip
    packed = pack(clips, path)
    assert packed.resumed == 5
    assert path.read_bytes() == whole.read_bytes()


def test_half_a_line_in_the_journal_is_a_clip_not_done(
    clips: list[Clip], whole: Path, tmp_path: Path
) -> None:
    path = tmp_path / "p.pack"
    interrupted(clips, path, after=6)
    journal = tmp_path / "p.pack.journal"
    journal.write_text(journal.read_text()[:-4])
    assert pack(clips, path).resumed == 5
    assert path.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("change", [{"size": 32}, {"fit": "centre-square"}, {"max_frames": 3}])
def test_an_interrupted_packing_of_something_else_is_not_gone_on_with(
    clips: list[Clip], tmp_path: Path, change: dict[str, Any]
) -> None:
    path = tmp_path / "p.pack"
    interrupted(clips, path, after=3)
    with pytest.raises(UsageError, match="interrupted packing of which nothing can be used") as caught:
        pack(clips, path, **change)
    assert "p.pack.journal" in caught.value.hint


def test_a_clip_whose_frames_changed_meanwhile_is_packed_again(clips: list[Clip], tmp_path: Path) -> None:
    folder = tmp_path / "c"
    folder.mkdir()
    Image.new("RGB", (32, 32)).save(folder / "1.png")
    own = [Clip(id="c", path=folder, label="anger"), *clips[:3]]
    interrupted(own, tmp_path / "p.pack", after=3)
    Image.effect_noise((32, 32), 50).convert("RGB").save(folder / "1.png")
    assert pack(own, tmp_path / "p.pack").resumed == 2
    pack(own, tmp_path / "whole.pack")
    assert (tmp_path / "p.pack").read_bytes() == (tmp_path / "whole.pack").read_bytes()


@pytest.mark.parametrize("change", ["dropped", "added", "reversed"])
def test_clips_that_were_dropped_or_added_since_cost_only_themselves(
    clips: list[Clip], tmp_path: Path, change: str
) -> None:
    path = tmp_path / "p.pack"
    interrupted(clips[1:], path, after=8)
    own = {"dropped": [*clips[1:3], *clips[4:]], "added": clips, "reversed": clips[::-1]}[change]
    assert pack(own, path).resumed == {"dropped": 7, "added": 8, "reversed": 8}[change]
    pack(own, tmp_path / "whole.pack")
    assert path.read_bytes() == (tmp_path / "whole.pack").read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["p.pack", "whole.pack"]


def test_moving_clips_can_be_interrupted_too(
    clips: list[Clip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "p.pack"
    interrupted(clips[1:], path, after=8)
    copy, copied = resuming._copy, []

    def dying(*args: Any) -> None:
        if len(copied) == 3:
            raise KeyboardInterrupt
        copied.append(args)
        copy(*args)

    monkeypatch.setattr(resuming, "_copy", dying)
    with pytest.raises(KeyboardInterrupt):
        pack(clips, path)
    monkeypatch.undo()
    assert pack(clips, path).resumed == 8
    pack(clips, tmp_path / "whole.pack")
    assert path.read_bytes() == (tmp_path / "whole.pack").read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["p.pack", "whole.pack"]


def flip(path: Path, place: int) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)
        file.seek(place)
        file.write(bytes([byte[0] ^ 1]))


def test_one_flipped_bit_anywhere_is_found_when_the_pack_is_opened(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.pack"
    length = whole.stat().st_size
    frames_end = DATA + Pack(whole).index.frames * frame_bytes(SIZE)
    rng = np.random.default_rng(0)
    places = [0, DATA, frames_end - 1, frames_end, length - 1, length - 30]
    for place in [*places, *(int(p) for p in rng.integers(DATA, length, 20))]:
        path.write_bytes(whole.read_bytes())
        flip(path, place)
        with pytest.raises(ContentError, match=r"p\.pack"):
            open_verified(path)


def test_the_clips_that_are_damaged_are_named(whole: Path, clips: list[Clip], tmp_path: Path) -> None:
    path = tmp_path / "p.pack"
    path.write_bytes(whole.read_bytes())
    pack_ = Pack(path)
    flip(path, DATA + pack_.index.entries[clips[3].id].start * frame_bytes(SIZE) + 17)
    with pytest.raises(ContentError, match=rf"the frames of {clips[3].id} are not"):
        verify(pack_)


@pytest.mark.parametrize("cut", [1, 100, 5000])
def test_a_pack_that_is_cut_off_is_refused(whole: Path, tmp_path: Path, cut: int) -> None:
    path = tmp_path / "p.pack"
    path.write_bytes(whole.read_bytes()[:-cut])
    with pytest.raises(ContentError, match="cut off or damaged"):
        Pack(path)


def test_what_is_no_pack_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pack").write_bytes(b"PK\x03\x04")
    (tmp_path / "b.pack").write_bytes(b"dfer-pack-1\n")
    with pytest.raises(ContentError, match="no pack of dfer"):
        Pack(tmp_path / "a.pack")
    with pytest.raises(ContentError, match="cut off"):
        Pack(tmp_path / "b.pack")
    with pytest.raises(UsageError, match="cannot read the pack"):
        Pack(tmp_path / "c.pack")


def test_a_pack_of_another_version_is_told_as_such(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_a_field(content: bytes) -> Any:
        found = json.loads(content)
        del found["max_frames"]
        return found

    monkeypatch.setattr(pack_file, "json", SimpleNamespace(loads=without_a_field))
    with pytest.raises(ContentError, match="another version of dfer"):
        Pack(whole)


def test_a_pack_is_verified_once_and_again_when_it_was_written_to(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dfer.clips.packing import pack as room

    path = tmp_path / "p.pack"
    path.write_bytes(whole.read_bytes())
    verified = []
    monkeypatch.setattr(room, "verify", lambda pack, **options: verified.append(pack))
    open_verified(path)
    open_verified(path)
    assert len(verified) == 1
    os.utime(path, ns=(1, 1))
    open_verified(path)
    assert len(verified) == 2


def test_a_copy_is_verified_for_itself_even_if_it_keeps_the_time(whole: Path, tmp_path: Path) -> None:
    path, copy = tmp_path / "p.pack", tmp_path / "copy.pack"
    path.write_bytes(whole.read_bytes())
    open_verified(path)
    shutil.copy2(path, copy)
    shutil.copy2(tmp_path / "p.pack.verified", tmp_path / "copy.pack.verified")
    flip(copy, DATA + 9)
    os.utime(copy, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    with pytest.raises(ContentError, match=r"copy\.pack is damaged"):
        open_verified(copy)


def test_a_pack_that_was_replaced_is_not_read_by_a_worker_that_starts_later(
    whole: Path, clips: list[Clip], tmp_path: Path
) -> None:
    path = tmp_path / "p.pack"
    path.write_bytes(whole.read_bytes())
    content = pickle.dumps(Pack(path))
    path.rename(tmp_path / "old.pack")
    pack(clips[::-1], path)
    with pytest.raises(ContentError, match="replaced while it was in use"):
        pickle.loads(content)


def test_a_pack_travels_to_workers_as_its_path(whole: Path, clips: list[Clip]) -> None:
    found = Pack(whole)
    content = pickle.dumps(found)
    assert len(content) < 20_000 < whole.stat().st_size
    again = pickle.loads(content)
    assert np.array_equal(again.read(clips[4], [0, 1]), found.read(clips[4], [0, 1]))


def test_of_longer_clips_evenly_spaced_frames_are_kept(clips: list[Clip], tmp_path: Path) -> None:
    pack(clips, tmp_path / "p.pack", max_frames=4, size=32)
    found = Pack(tmp_path / "p.pack")
    assert {found.count(clip) for clip in clips} == {4}
    longest = max(clips, key=lambda clip: len(list(clip.path.iterdir())))
    n = len(list(longest.path.iterdir()))
    assert n > 8
    expected = [int(n / 8 + n / 4 * i) for i in range(4)]
    assert np.array_equal(found.read(longest, range(4)), read_frames(longest.path, expected))


def test_emoclip_s_square_can_be_packed(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    folder.mkdir()
    Image.effect_noise((60, 40), 80).convert("RGB").save(folder / "1.png")
    clip = Clip(id="c", path=folder, label="anger")
    pack([clip], tmp_path / "p.pack", fit="centre-square")
    assert np.array_equal(
        Pack(tmp_path / "p.pack").read(clip, [0]), centre_square(read_frames(folder, [0]), size=SIZE)
    )


def test_videos_are_packed_in_one_pass(tmp_path: Path) -> None:
    dfew = load_class_set("dfew7")
    table = draw_world(tmp_path / "w", class_set=dfew, clips=7, seed=1, size=32, frames=6, video_format="mp4")
    clips = read_csv(table)
    pack(clips, tmp_path / "p.pack", size=32)
    found = Pack(tmp_path / "p.pack")
    for clip in clips:
        n = found.count(clip)
        assert np.array_equal(found.read(clip, range(n)), read_frames(clip.path, range(n)))


def with_broken(folder: Path, broken: set[int]) -> Clip:
    folder.mkdir()
    for i in range(5):
        file = folder / f"{i}.jpg"
        Image.effect_noise((SIZE, SIZE), 10).point(lambda g, i=i: g + 10 * i).convert("RGB").save(file)
        if i in broken:
            file.write_bytes(file.read_bytes()[:200])
    return Clip(id=folder.name, path=folder, label="anger")


@pytest.mark.parametrize(
    ("policy", "broken", "expected"),
    [
        ("skip", {1, 3}, [0, 2, 4]),
        ("repeat", {1, 2}, [0, 0, 0, 3, 4]),
        ("repeat", {0, 1, 4}, [2, 2, 2, 3, 3]),
    ],
)
def test_broken_frames_are_left_out_or_replaced_and_named(
    tmp_path: Path, policy: Any, broken: set[int], expected: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    damaged = with_broken(tmp_path / "c", broken)
    pack([damaged], tmp_path / "p.pack", broken_frames=policy)
    assert len(caplog.records) == len(broken)
    assert all(f"c/{i}.jpg cannot be decoded" in caplog.text for i in broken)
    found = Pack(tmp_path / "p.pack")
    assert found.count(damaged) == len(expected)
    verify(found)
    frames = found.read(damaged, range(len(expected)))
    assert np.array_equal(frames, read_frames(damaged.path, expected))


@pytest.mark.parametrize("answer", ["mended", "skip", "dropped"])
def test_a_broken_frame_stops_the_packing_but_loses_nothing(
    clips: list[Clip], tmp_path: Path, answer: str
) -> None:
    damaged = with_broken(tmp_path / "c", {2})
    own = [*clips[:4], damaged, *clips[4:6]]
    with pytest.raises(ContentError, match=r"2\.jpg cannot be decoded"):
        pack(own, tmp_path / "p.pack")
    if answer == "mended":
        with_broken(tmp_path / "d", set()).path.joinpath("2.jpg").replace(damaged.path / "2.jpg")
    if answer == "dropped":
        own.remove(damaged)
    packed = pack(own, tmp_path / "p.pack", broken_frames="skip" if answer == "skip" else "error")
    assert packed.resumed == 4
    verify(Pack(tmp_path / "p.pack"))


def test_frames_left_out_leave_no_trace_of_an_earlier_attempt(clips: list[Clip], tmp_path: Path) -> None:
    own = [with_broken(tmp_path / "c", {1, 3}), clips[0]]
    interrupted(own, tmp_path / "p.pack", after=1, broken_frames="repeat")
    # Of the done clip nothing can be used under the other policy, of the pack everything else.
    (tmp_path / "p.pack.journal").unlink()
    pack(own, tmp_path / "p.pack", broken_frames="skip")
    pack(own, tmp_path / "whole.pack", broken_frames="skip")
    assert (tmp_path / "p.pack").read_bytes() == (tmp_path / "whole.pack").read_bytes()


def test_frames_of_two_sizes_in_a_clip_are_refused_as_in_training(tmp_path: Path) -> None:
    clip = with_broken(tmp_path / "c", set())
    Image.new("RGB", (10, 12)).save(clip.path / "9.jpg")
    with pytest.raises(ContentError, match="differ in size"):
        pack([clip], tmp_path / "p.pack")


def test_two_frames_that_changed_places_are_other_content(clips: list[Clip], tmp_path: Path) -> None:
    clip = with_broken(tmp_path / "c", set())
    own = [clip, *clips[:2]]
    interrupted(own, tmp_path / "p.pack", after=2)
    (clip.path / "0.jpg").rename(tmp_path / "0.jpg")
    (clip.path / "4.jpg").rename(clip.path / "0.jpg")
    (tmp_path / "0.jpg").rename(clip.path / "4.jpg")
    assert pack(own, tmp_path / "p.pack").resumed == 1
    pack(own, tmp_path / "whole.pack")
    assert (tmp_path / "p.pack").read_bytes() == (tmp_path / "whole.pack").read_bytes()


def test_a_journal_whose_frames_were_deleted_is_worth_nothing(
    clips: list[Clip], whole: Path, tmp_path: Path
) -> None:
    interrupted(clips, tmp_path / "p.pack", after=4)
    (tmp_path / "p.pack.partial").unlink()
    assert pack(clips, tmp_path / "p.pack").resumed == 0
    assert (tmp_path / "p.pack").read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("name", ["plain", "p.pck", "pack"])
def test_a_pack_that_nothing_could_read_by_its_name_is_not_made(
    clips: list[Clip], tmp_path: Path, name: str
) -> None:
    with pytest.raises(UsageError, match=r"ends in \.pack"):
        pack(clips, tmp_path / name)


def test_nothing_is_packed_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no clips"):
        pack([], tmp_path / "p.pack")


def test_room_that_the_unfinished_pack_takes_already_is_not_asked_for_again(
    clips: list[Clip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(clips, tmp_path / "p.pack", after=13)
    length = (tmp_path / "p.pack.partial").stat().st_size
    usage = writing.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda path: usage._replace(free=length // 2))
    assert pack(clips, tmp_path / "p.pack").resumed >= 12


def test_a_disk_that_fills_up_while_clips_are_moved_is_told_in_words(
    clips: list[Clip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(clips[1:], tmp_path / "p.pack", after=8)

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(resuming, "_copy", full)
    with pytest.raises(ConfigurationError, match="No space left"):
        pack(clips, tmp_path / "p.pack")
    monkeypatch.undo()
    assert pack(clips, tmp_path / "p.pack").resumed == 8


def test_a_finished_pack_of_the_same_clips_is_unchanged_and_of_others_never_overwritten(
    clips: list[Clip], whole: Path
) -> None:
    before = whole.read_bytes()
    again = pack(clips, whole)
    assert not again.created
    assert (again.clips, again.resumed, again.bytes) == (14, 14, len(before))
    for others, change in ((clips[1:], {}), (clips, {"size": 32}), (clips, {"broken_frames": "skip"})):
        with pytest.raises(UsageError, match="is there already, and of something else"):
            pack(others, whole, **change)
    with pytest.raises(UsageError, match="of something else"):
        pack([replace(clips[0], label="fear"), *clips[1:]], whole)
    assert whole.read_bytes() == before
    assert not whole.with_name("whole.pack.lock").exists()


def test_where_nothing_can_be_written_is_told_in_words(clips: list[Clip], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot write"):
        pack(clips, tmp_path / "file" / "p.pack")


def test_a_disk_without_room_is_told_before_anything_is_decoded(
    clips: list[Clip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = writing.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda path: usage._replace(free=1000))
    with pytest.raises(ConfigurationError, match="the pack takes") as caught:
        pack(clips, tmp_path / "p.pack")
    assert "--max-frames" in caught.value.hint


def test_a_disk_that_fills_up_is_told_and_what_is_packed_is_kept(
    clips: list[Clip], whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = writing.stream_frames

    def full(clip: Clip, *args: Any, **options: Any) -> Any:
        if clip.id == clips[5].id:
            raise OSError(28, "No space left on device")
        return stream(clip, *args, **options)

    monkeypatch.setattr(writing, "stream_frames", full)
    with pytest.raises(ConfigurationError, match="No space left"):
        pack(clips, tmp_path / "p.pack")
    monkeypatch.undo()
    assert pack(clips, tmp_path / "p.pack").resumed == 5
    assert (tmp_path / "p.pack").read_bytes() == whole.read_bytes()


def test_two_at_once_are_refused(clips: list[Clip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    monkeypatch.setattr(writing, "_PATIENCE", 0.1)
    with (
        FileLock(tmp_path / "p.pack.lock"),
        pytest.raises(UsageError, match="another process is packing"),
    ):
        pack(clips, tmp_path / "p.pack")


def test_the_fingerprint_of_a_pack_tells_its_content_from_the_folders(
    clips: list[Clip], whole: Path, tmp_path: Path
) -> None:
    from_folders = fingerprint(clips)
    packed = Pack(whole)
    from_pack = fingerprint(packed.clips, packed)
    assert from_pack == fingerprint(Pack(whole).clips, Pack(whole)) != from_folders
    pack(clips, tmp_path / "p.pack", size=32)
    other = Pack(tmp_path / "p.pack")
    assert fingerprint(other.clips, other) != from_pack
    entries = packed.index.entries
    # As many frames of the same size, with another pixel in one of them.
    changed = dict(entries) | {clips[0].id: replace(entries[clips[0].id], crc=1)}
    packed.index = replace(packed.index, entries=changed)
    assert fingerprint(packed.clips, packed) != from_pack


def test_the_progress_counts_what_was_there_before(clips: list[Clip], tmp_path: Path) -> None:
    path = tmp_path / "p.pack"
    interrupted(clips, path, after=6)
    seen: list[tuple[int, int]] = []
    pack_clips(
        clips,
        path,
        dataset="csv",
        packing=Packing(size=SIZE),
        workers=0,
        on_clip=lambda *progress: seen.append(progress),
    )
    assert seen == [(done, 14) for done in range(6, 15)]
