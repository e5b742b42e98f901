"""The index of frames: each folder listed once, and never believed when the folder has changed."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfer.clips import frame_index as room
from dfer.clips.clip import Clip
from dfer.clips.frame_files import frame_files
from dfer.clips.frame_index import NumberedNames, _compact, cache_folder, index_clips
from dfer.clips.source import DiskFrames
from dfer.errors import ContentError

OLD = 1_600_000_000_000_000_000


def folder(path: Path, names: list[str]) -> Path:
    path.mkdir(parents=True)
    for name in names:
        (path / name).write_bytes(b"x")
    os.utime(path, ns=(OLD, OLD))
    return path


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    """The folders that were listed; the cache is this test's own."""
    monkeypatch.setenv("DFER_CACHE_DIR", str(tmp_path / "cache"))
    # Nobody changes anything behind these tests' backs; only change times of the past would be settled.
    monkeypatch.setattr(room, "_SETTLED_NS", -60_000_000_000)
    seen: list[Path] = []

    def watched(path: Path) -> tuple[str, ...]:
        seen.append(path)
        return frame_files(path)

    monkeypatch.setattr(room, "frame_files", watched)
    return seen


def test_a_folder_is_listed_once_and_then_known_to_later_processes(
    tmp_path: Path, listed: list[Path]
) -> None:
    clips = [folder(tmp_path / "d" / f"{i}", [f"{k:03d}.jpg" for k in range(i + 1)]) for i in range(3)]
    first = index_clips(clips)
    assert sorted(listed) == clips
    second = index_clips(clips)
    assert sorted(listed) == clips
    for clip in clips:
        assert list(second[clip].names or ()) == list(first[clip].names or ()) == list(frame_files(clip))
        assert second[clip].count == len(frame_files(clip))


def test_a_folder_that_changed_is_listed_again(tmp_path: Path, listed: list[Path]) -> None:
    clip = folder(tmp_path / "d" / "c", ["1.jpg"])
    other = folder(tmp_path / "d" / "e", ["1.jpg"])
    index_clips([clip, other])
    (clip / "2.jpg").write_bytes(b"x")
    assert index_clips([clip, other])[clip].count == 2
    assert listed.count(clip) == 2
    assert listed.count(other) == 1


def test_a_folder_put_in_another_s_place_is_listed_again_though_its_time_is_the_same(
    tmp_path: Path, listed: list[Path]
) -> None:
    """As `tar`, `rsync -a` and `cp -a` do."""
    clip = folder(tmp_path / "d" / "c", ["1.jpg"])
    index_clips([clip])
    clip.rename(tmp_path / "old")
    folder(clip, ["1.jpg", "2.jpg"])
    assert clip.stat().st_mtime_ns == (tmp_path / "old").stat().st_mtime_ns
    assert index_clips([clip])[clip].count == 2


def test_other_clips_of_the_data_set_stay_in_the_index(tmp_path: Path, listed: list[Path]) -> None:
    clips = [folder(tmp_path / "d" / name, ["1.jpg"]) for name in "ab"]
    others = [folder(tmp_path / "d" / name, ["1.jpg"]) for name in "cd"]
    for paths in (clips, others, clips):
        index_clips(paths)
    assert sorted(listed) == [*clips, *others]


def test_a_full_disk_leaves_nothing_behind(
    tmp_path: Path, listed: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = folder(tmp_path / "d" / "c", ["1.jpg"])

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert index_clips([clip])[clip].count == 1
    assert list((cache_folder() / "frames").iterdir()) == []


def test_a_folder_that_changed_just_now_is_not_kept(
    tmp_path: Path, listed: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_SETTLED_NS", 2_000_000_000)
    clip = folder(tmp_path / "d" / "c", ["1.jpg"])
    index_clips([clip])
    index_clips([clip])
    assert listed == [clip, clip]


@pytest.mark.parametrize(
    "damage", ["", "{", '{"format": "other"}\n', '{"format": "dfer-frame-index-2"}\n[1]\n']
)
def test_a_damaged_index_is_made_again(tmp_path: Path, listed: list[Path], damage: str) -> None:
    clip = folder(tmp_path / "d" / "c", ["1.jpg", "2.jpg"])
    index_clips([clip])
    (file,) = (cache_folder() / "frames").iterdir()
    whole = file.read_text()
    file.write_text(damage)
    assert index_clips([clip])[clip].count == 2
    assert file.read_text() == whole


def test_where_no_index_can_be_written_clips_are_read_all_the_same(
    tmp_path: Path, listed: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DFER_CACHE_DIR", str(tmp_path / "file" / "cache"))
    clip = folder(tmp_path / "d" / "c", ["1.jpg"])
    assert index_clips([clip])[clip].count == 1


def test_what_is_wrong_with_a_clip_is_said_as_ever(tmp_path: Path, listed: list[Path]) -> None:
    with pytest.raises(ContentError, match="no frames"):
        index_clips([folder(tmp_path / "empty", [])])
    with pytest.raises(ContentError, match="no such clip"):
        index_clips([tmp_path / "gone"])


def test_reading_through_the_index_asks_the_disk_for_no_names(tmp_path: Path, listed: list[Path]) -> None:
    path = folder(tmp_path / "d" / "c", ["1.jpg", "2.jpg"])
    source = DiskFrames(index_clips([path]))
    clip = Clip(id="c", path=path, label="a")
    (path / "2.jpg").unlink()  # nobody looks
    assert source.count(clip) == 2


names = st.one_of(
    st.builds(
        lambda prefix, first, count, digits, suffix: [
            f"{prefix}{first + i:0{digits}d}{suffix}" for i in range(count)
        ],
        st.sampled_from(["", "a", "00012_", "x9-"]),
        st.integers(0, 1200),
        st.integers(1, 30),
        st.integers(0, 5),
        st.sampled_from([".jpg", ".PNG", "_face.webp"]),
    ),
    st.lists(st.text(min_size=1, max_size=6), min_size=1, unique=True),
)


@given(names)
def test_any_names_come_back_as_they_were(written: list[str]) -> None:
    compact = _compact(written)
    assert list(compact) == written
    assert [compact[i] for i in range(-len(written), len(written))] == written * 2
    kept = room._read_names(json.loads(json.dumps(room._write_names(compact))))
    assert list(kept or ()) == written


def test_frames_that_count_up_are_kept_in_one_line() -> None:
    compact = _compact([f"00017_{i:05d}.jpg" for i in range(1, 200)])
    assert compact == NumberedNames("00017_", 1, 5, ".jpg", 199)
    with pytest.raises(IndexError):
        compact[199]
