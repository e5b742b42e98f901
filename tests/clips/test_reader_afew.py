"""AFEW, whose folders are its list: `AFEW_Face/{train,validation}/<emotion>/<clip>`."""

from pathlib import Path

import pytest

from dfer.clips.folds import select_fold
from dfer.clips.readers.afew import list_afew
from dfer.clips.readers.reading import list_clips, read_clips
from dfer.errors import ContentError, UsageError


@pytest.fixture
def afew(tmp_path: Path) -> Path:
    tree = tmp_path / "AFEW_Face"
    clip(tree, "train/Sadness/000046280", "train/Anger/000046281", "validation/Happiness/1_1_002916200")
    return tree


def clip(tree: Path, *identities: str) -> None:
    for identity in identities:
        (tree / identity).mkdir(parents=True)
        (tree / identity / "001.png").touch()


def test_the_validation_folder_is_the_test_split_of_fold_1(afew: Path) -> None:
    split = select_fold(read_clips("afew", afew), 1)
    assert [(c.id, c.label) for c in split.train] == [
        ("train/Anger/000046281", "anger"),
        ("train/Sadness/000046280", "sadness"),
    ]
    assert [(c.id, c.label) for c in split.test] == [("validation/Happiness/1_1_002916200", "happiness")]
    assert split.test[0].path == afew / "validation/Happiness/1_1_002916200"
    assert list_afew(afew).notes == ()


def test_data_may_be_the_folder_around_and_root_is_read_in_its_place(afew: Path) -> None:
    assert list_afew(afew.parent) == list_afew(afew)
    assert list_afew(afew / "train", root=afew) == list_afew(afew)


@pytest.mark.parametrize("name", ["Val", "val", "Validation"])
def test_folders_may_be_written_otherwise(afew: Path, name: str) -> None:
    (afew / "validation").rename(afew / name)
    (afew / name / "Happiness").rename(afew / name / "Happy")
    (found,) = select_fold(read_clips("afew", afew), 1).test
    assert (found.id, found.label) == (f"{name}/Happy/1_1_002916200", "happiness")


def test_videos_are_clips_unless_their_frames_are_there_and_other_files_are_not(afew: Path) -> None:
    for name in ("000046280.avi", "000046290.avi", "Thumbs.db", ".DS_Store"):
        (afew / "train/Sadness" / name).touch()
    sad = [c for c in read_clips("afew", afew) if c.label == "sadness"]
    assert [(c.id, c.path.name) for c in sad] == [
        ("train/Sadness/000046280", "000046280"),
        ("train/Sadness/000046290", "000046290.avi"),
    ]


def test_the_unlabelled_test_folder_and_a_missing_one_are_noted(afew: Path) -> None:
    (afew / "test").mkdir()
    (afew / "train").rename(afew / "other")
    listing = list_afew(afew)
    assert listing.notes == (
        f"{afew} has no folder train",
        f"the test folder of {afew} is left out: the field tests on validation",
    )
    assert [c.split for c in listing.clips] == ["test"]


def test_a_folder_that_is_no_emotion_is_a_problem(afew: Path) -> None:
    clip(afew, "train/Boredom/1")
    (problem,) = list_afew(afew).problems
    assert (problem.kind, problem.place) == ("bad-line", str(afew / "train/Boredom"))
    assert "no emotion of AFEW" in problem.message
    with pytest.raises(ContentError, match="'Boredom'"):
        read_clips("afew", afew)


def test_a_stray_folder_without_clips_is_noted_and_stops_nothing(afew: Path) -> None:
    (afew / "train/landmarks/000046280").mkdir(parents=True)
    (afew / "train/landmarks/000046280/points.txt").touch()
    (afew / "train/landmarks/readme.txt").touch()
    listing = list_afew(afew)
    assert len(listing.checked()) == 3
    assert listing.notes == ("left out, since they are no emotions and hold no clips: train/landmarks",)


def test_videos_in_a_folder_that_is_no_emotion_are_a_problem_too(afew: Path) -> None:
    (afew / "train/Boredom").mkdir()
    (afew / "train/Boredom/1.avi").touch()
    (problem,) = list_afew(afew).problems
    assert problem.place == str(afew / "train/Boredom")


def test_a_tree_unzipped_into_itself_is_found_from_the_folder_above(afew: Path) -> None:
    afew.rename(afew.parent / "inner")
    afew.mkdir()
    (afew.parent / "inner").rename(afew / "AFEW_Face")
    assert list_afew(afew.parent).root == afew / "AFEW_Face"
    assert len(read_clips("afew", afew.parent)) == 3


def test_what_macos_puts_beside_a_tree_is_no_data(afew: Path) -> None:
    for folder in ("__MACOSX/train/Anger/1", "AFEW_Face/train/Anger/__MACOSX", "AFEW_Face/train/__MACOSX"):
        (afew.parent / folder).mkdir(parents=True)
    (afew.parent / "__MACOSX/train/Anger/1/001.png").touch()
    listing = list_afew(afew.parent)
    assert (listing.root, len(listing.clips), listing.notes) == (afew, 3, ())


def test_another_tree_is_refused(tmp_path: Path) -> None:
    clip(tmp_path, "train/cats/1", "val/cats/2")
    with pytest.raises(UsageError, match="no AFEW in") as caught:
        list_clips("afew", tmp_path)
    assert "AFEW_Face" in caught.value.hint
    with pytest.raises(UsageError, match="nothing is there"):
        list_afew(tmp_path / "none")
