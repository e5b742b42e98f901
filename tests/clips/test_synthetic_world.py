"""The synthetic world on disk: a data set like any other, repeatable to the byte."""

import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dfer.action_units import EMOTIONS
from dfer.class_sets.class_set import ClassSet, load_class_set
from dfer.clips.clip import Clip
from dfer.clips.folds import select_fold
from dfer.clips.frames import count_frames, read_frames
from dfer.clips.labels import with_known_labels
from dfer.clips.readers.csv_list import read_csv
from dfer.clips.synthetic.world import draw_world
from dfer.clips.synthetic.world_folder import SCRATCH
from dfer.errors import ContentError, UsageError

pytestmark = pytest.mark.filterwarnings("ignore:The image decoding:DeprecationWarning")

MAFW = load_class_set("mafw11")


def draw(folder: Path, **changes: Any) -> Path:
    options: dict[str, Any] = {
        "class_set": load_class_set("dfew7"),
        "clips": 8,
        "seed": 3,
        "size": 32,
        "frames": 4,
    }
    return draw_world(folder, **{**options, **changes})


def content(folder: Path) -> dict[str, str]:
    """Every file, hidden ones too, with the hash of its bytes."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """A world large enough to count in: eleven classes, twelve rounds."""
    folder = tmp_path_factory.mktemp("worlds") / "large"
    return read_csv(draw(folder, class_set=MAFW, clips=132, frames=24))


def test_it_is_read_like_any_other_data_set(clips: list[Clip]) -> None:
    known = with_known_labels(clips, MAFW.names)
    assert len(known) == 132
    fold = select_fold(known, 5)
    assert len(fold.test) + len(fold.train) == 132
    frames = read_frames(known[0].path, [0, count_frames(known[0].path) - 1])
    assert frames.shape == (2, 32, 32, 3)


def test_classes_are_balanced_in_all_and_in_every_fold(clips: list[Clip]) -> None:
    assert set(Counter(clip.label for clip in clips).values()) == {12}
    for fold in range(1, 6):
        counts = Counter(clip.label for clip in clips if clip.fold == fold)
        assert set(counts) == set(MAFW.names)
        assert set(counts.values()) <= {2, 3}


def test_nobody_is_in_two_folds_and_nobody_is_one_class(clips: list[Clip]) -> None:
    folds: dict[str, set[int | None]] = {}
    labels: dict[str, set[str]] = {}
    for clip in clips:
        assert clip.subject
        folds.setdefault(clip.subject, set()).add(clip.fold)
        labels.setdefault(clip.subject, set()).add(clip.label)
    assert len(folds) == 20
    assert all(len(seen) == 1 for seen in folds.values())
    assert min(len(seen) for seen in labels.values()) >= 4


def test_clips_differ_in_length_and_some_are_shorter_than_16_frames(clips: list[Clip]) -> None:
    lengths = [count_frames(clip.path) for clip in clips]
    assert min(lengths) < 16 < max(lengths)
    assert min(lengths) >= 12
    assert max(lengths) <= 32
    assert sum(length < 16 for length in lengths) < len(lengths) / 3


def test_captions_say_what_moves_in_varied_words_without_naming_an_emotion(clips: list[Clip]) -> None:
    captions = [clip.caption or "" for clip in clips]
    assert all(re.search(r"\ba (woman|man|person) with ", caption) for caption in captions)
    assert len(set(captions)) > 100
    # Any form of the eleven words: sad, sadness, fearful, disgusted, …
    stems = (
        "ang",
        "disgust",
        "fear",
        "happ",
        "neutral",
        "sad",
        "surpris",
        "contempt",
        "anxi",
        "helpless",
        "disapp",
    )
    for caption in captions:
        assert not [word for word in caption.split() if word.startswith(stems)], caption


def test_a_caption_names_the_units_of_its_class(clips: list[Clip]) -> None:
    words = {"surprise": "brow", "happiness": "smil|corner", "disgust": "nose", "anxiety": "lip|teeth"}
    for label, expected in words.items():
        assert all(re.search(expected, clip.caption or "") for clip in clips if clip.label == label)


def test_compound_classes_are_drawn_from_their_parts_and_aliases_are_understood(tmp_path: Path) -> None:
    own = ClassSet.model_validate(
        {"name": "mine", "classes": ["Happy", {"name": "mixed", "components": ["fear", "surprised"]}]}
    )
    rows = read_csv(draw(tmp_path / "own", class_set=own, clips=6))
    mixed = [clip.caption or "" for clip in rows if clip.label == "mixed"]
    assert any(re.search("eye|brow", caption) for caption in mixed)
    draw(tmp_path / "compound", class_set=load_class_set("mafw43"), clips=43)


def test_a_class_nobody_can_draw_is_named_with_those_that_can(tmp_path: Path) -> None:
    own = ClassSet.model_validate({"name": "mine", "classes": ["happiness", "boredom"]})
    with pytest.raises(ContentError, match="'boredom'") as caught:
        draw(tmp_path / "w", class_set=own)
    assert all(emotion in caught.value.hint for emotion in EMOTIONS)
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize("video_format", ["jpeg", "mp4"])
def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(
    tmp_path: Path, video_format: str
) -> None:
    for name, seed in (("first", 3), ("second", 3), ("third", 4)):
        draw(tmp_path / name, seed=seed, video_format=video_format)
    first, second, third = (content(tmp_path / name) for name in ("first", "second", "third"))
    assert first == second
    assert not set(first.values()) & set(third.values())


def test_a_larger_world_begins_with_the_smaller_one(tmp_path: Path) -> None:
    draw(tmp_path / "small")
    draw(tmp_path / "large", clips=10)
    small, large = content(tmp_path / "small"), content(tmp_path / "large")
    frames = {name: digest for name, digest in small.items() if name.startswith("clips/")}
    assert frames.items() <= large.items()


def test_videos_hold_the_same_clips_as_folders(tmp_path: Path) -> None:
    folders = read_csv(draw(tmp_path / "jpeg", frames=9))
    videos = read_csv(draw(tmp_path / "mp4", frames=9, video_format="mp4"))
    for folder, video in zip(folders, videos, strict=True):
        assert (video.label, video.fold, video.caption) == (folder.label, folder.fold, folder.caption)
        n = count_frames(video.path)
        assert n == count_frames(folder.path)
        apart = read_frames(video.path, range(n)).astype(int) - read_frames(folder.path, range(n))
        assert np.abs(apart).mean() < 8


def test_world_json_says_that_it_is_no_evidence(tmp_path: Path) -> None:
    draw(tmp_path / "w", seed=5)
    world = json.loads((tmp_path / "w" / "world.json").read_text())
    assert world["synthetic"] is True
    assert "no evidence about real faces" in world["about"]
    assert (world["seed"], world["clips"], world["size"]) == (5, 8, 32)


def test_progress_is_told_after_each_clip(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    draw(tmp_path / "w", on_clip=lambda done, total: told.append((done, total)))
    assert told == [(i, 8) for i in range(1, 9)]


def test_an_older_world_is_replaced_whole(tmp_path: Path) -> None:
    draw(tmp_path / "w", clips=12, seed=1)
    (tmp_path / "w" / "notes.txt").write_text("mine")
    before = content(tmp_path / "w")
    with pytest.raises(UsageError, match="another synthetic world"):
        draw(tmp_path / "w")
    assert content(tmp_path / "w") == before
    draw(tmp_path / "w", overwrite=True)
    draw(tmp_path / "fresh")
    replaced = content(tmp_path / "w")
    del replaced["notes.txt"]
    assert replaced == content(tmp_path / "fresh")


def test_a_folder_with_other_things_is_left_alone_unless_asked(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(UsageError, match="not empty"):
        draw(tmp_path)
    assert set(content(tmp_path)) == {"thesis.tex"}
    draw(tmp_path, overwrite=True)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
    assert len(read_csv(tmp_path / "clips.csv")) == 8


def test_somebody_s_own_clips_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "real.mp4").write_bytes(b"the only copy")
    with pytest.raises(UsageError, match="did not draw"):
        draw(tmp_path, overwrite=True)
    assert set(content(tmp_path)) == {"clips/real.mp4"}


def test_a_drawing_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw(tmp_path / "old")
    before = content(tmp_path / "old")

    def stop(done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    for name in ("old", "new"):
        with pytest.raises(KeyboardInterrupt):
            draw(tmp_path / name, seed=99, on_clip=stop, overwrite=True)
    assert content(tmp_path / "old") == before
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_what_a_killed_drawing_left_behind_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / f"{SCRATCH}abc").mkdir()
    draw(tmp_path)
    assert len(read_csv(tmp_path / "clips.csv")) == 8


@pytest.mark.parametrize(
    "wrong",
    [
        {"clips": 6},
        {"size": 16},
        {"frames": 1},
        {"folds": 1},
        {"subjects": 4},
        {"video_format": "gif"},
        {"video_format": "mp4", "size": 33},
    ],
)
def test_impossible_numbers_are_refused_before_anything_is_written(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match="expected"):
        draw(tmp_path / "w", **wrong)
    assert not (tmp_path / "w").exists()


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w").write_text("x")
    with pytest.raises(UsageError, match="found a file"):
        draw(tmp_path / "w")
