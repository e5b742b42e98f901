"""What a user names on the command line, as clips."""

import os
from pathlib import Path

import pytest
from films import grey, greys
from PIL import Image

from dfer.clips.synthetic.clip_writer import write_jpegs
from dfer.errors import ContentError, UsageError
from dfer.faces.media import find_media


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Names are all that counts for videos here, so that these are empty."""
    for name in (
        "a10.mp4",
        "a2.MP4",
        "notes.txt",
        "deep/b.mkv",
        "deep/er/c.mov",
        "[1] take.mp4",
        ".hidden.mp4",
    ):
        file = tmp_path / "clips" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    write_jpegs(tmp_path / "clips" / "frames", greys(3))
    (tmp_path / "clips" / "empty").mkdir()
    (tmp_path / "photos").mkdir()
    for number in (9, 10):
        Image.fromarray(grey(9)).save(tmp_path / "photos" / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*patterns: str) -> list[str]:
    return [path.as_posix() for path in find_media(patterns)]


def test_files_and_folders_come_in_the_order_they_are_named(tree: Path) -> None:
    assert names("photos/9.png", "clips/frames", "clips/a10.mp4") == [
        "photos/9.png",
        "clips/frames",
        "clips/a10.mp4",
    ]


def test_a_glob_finds_videos_in_natural_order(tree: Path) -> None:
    assert names("clips/a*.[mM][pP]4") == ["clips/a2.MP4", "clips/a10.mp4"]
    assert names(str(tree / "clips" / "a*")) == [str(tree / "clips/a2.MP4"), str(tree / "clips/a10.mp4")]


def test_two_asterisks_go_into_folders_and_a_folder_of_frames_is_one_clip(tree: Path) -> None:
    assert names("clips/**") == [
        "clips/[1] take.mp4",
        "clips/a2.MP4",
        "clips/a10.mp4",
        "clips/deep/b.mkv",
        "clips/deep/er/c.mov",
        "clips/frames",
    ]


def test_images_that_a_glob_names_are_clips_of_their_own(tree: Path) -> None:
    assert names("photos/*.png") == ["photos/9.png", "photos/10.png"]
    assert names("p*") == ["photos"]


def test_nothing_comes_twice_however_it_is_named(tree: Path) -> None:
    whole = str(tree / "clips" / "a10.mp4")
    assert names("clips/a10.mp4", "clips/../clips/a10.mp4", whole, "clips/a*") == [
        "clips/a10.mp4",
        "clips/a2.MP4",
    ]


def test_a_name_with_brackets_is_a_file_before_it_is_a_pattern(tree: Path) -> None:
    assert names("clips/[1] take.mp4") == ["clips/[1] take.mp4"]


def test_a_pattern_that_finds_nothing_is_an_error_and_says_what_it_found_instead(tree: Path) -> None:
    with pytest.raises(UsageError, match=r"'\*\.avi': expected videos, images or .*, found nothing"):
        find_media(["clips/a2.MP4", "*.avi"])
    with pytest.raises(UsageError, match="only 1 other files or folders"):
        find_media(["clips/*.txt"])


def test_a_name_that_is_no_clip_is_an_error(tree: Path) -> None:
    for name, said in {
        "gone.mp4": "no such video",
        "clips/notes.txt": "expected a video",
        "clips/empty": "no frames in the clip",
    }.items():
        with pytest.raises(ContentError, match=said):
            find_media([name])
    with pytest.raises(ContentError) as caught:
        find_media(["clips"])
    assert repr(os.path.join("clips", "**")) in caught.value.hint  # noqa: PTH118
