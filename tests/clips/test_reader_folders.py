"""A plain tree as data set: `<split>/<label>/<clip>` or `<label>/<clip>`."""

from pathlib import Path

import pytest

from dfer.clips.folds import select_fold
from dfer.clips.readers.folder_tree import list_folders
from dfer.clips.readers.reading import read_clips
from dfer.errors import ContentError, UsageError


def clip(tree: Path, *identities: str) -> None:
    for identity in identities:
        (tree / identity).mkdir(parents=True)
        (tree / identity / "1.JPG").touch()


def test_splits_and_labels_are_folder_names(tmp_path: Path) -> None:
    clip(tmp_path, "train/joy/a", "train/fear/b", "Validation/joy/c", "test/joy/d")
    (tmp_path / "test/joy/e.mp4").touch()
    clips = read_clips("folders", tmp_path)
    assert [(c.id, c.label, c.split, c.fold) for c in clips] == [
        ("Validation/joy/c", "joy", "val", None),
        ("test/joy/d", "joy", "test", None),
        ("test/joy/e.mp4", "joy", "test", None),
        ("train/fear/b", "fear", "train", None),
        ("train/joy/a", "joy", "train", None),
    ]
    assert [len(part) for part in (select_fold(clips, 1).train, select_fold(clips, 1).test)] == [2, 2]


def test_without_split_folders_there_are_labels_only(tmp_path: Path) -> None:
    clip(tmp_path, "joy/a", "fear/b")
    (tmp_path / "readme.txt").touch()
    listing = list_folders(tmp_path)
    assert [(c.id, c.label, c.split) for c in listing.clips] == [
        ("fear/b", "fear", None),
        ("joy/a", "joy", None),
    ]
    assert listing.places[0] == str(tmp_path / "fear/b")
    with pytest.raises(ContentError, match="neither folds nor splits"):
        select_fold(listing.checked(), 1)


def test_root_is_the_tree(tmp_path: Path) -> None:
    clip(tmp_path / "tree", "joy/a")
    assert list_folders(tmp_path, root=tmp_path / "tree") == list_folders(tmp_path / "tree")


def test_folders_beside_splits_are_left_out_with_a_note(tmp_path: Path) -> None:
    clip(tmp_path, "train/joy/a", "test/joy/b", "models/x/y")
    listing = list_folders(tmp_path)
    assert len(listing.clips) == 2
    assert listing.notes == ("left out, since test, train are splits: models",)


def test_what_is_no_clip_is_a_problem_and_stray_files_are_nothing(tmp_path: Path) -> None:
    clip(tmp_path, "joy/a", "joy/deeper/c")
    (tmp_path / "joy/empty").mkdir()
    (tmp_path / "joy/notes.txt").touch()
    (tmp_path / "joy/.hidden").mkdir()
    listing = list_folders(tmp_path)
    assert [c.id for c in listing.clips] == ["joy/a"]
    assert [(p.kind, p.place) for p in listing.problems] == [
        ("not-a-clip", str(tmp_path / "joy/deeper")),
        ("not-a-clip", str(tmp_path / "joy/empty")),
    ]


def test_images_that_lie_in_a_labels_folder_are_told_with_where_they_belong(tmp_path: Path) -> None:
    clip(tmp_path, "joy", "fear/b")
    listing = list_folders(tmp_path)
    (problem,) = listing.problems
    assert problem.place == str(tmp_path / "joy")
    assert "<label>/<clip>/0001.jpg" in problem.hint


def test_an_empty_tree_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="<split>/<label>/<clip>"):
        list_folders(tmp_path)
    (tmp_path / "joy/a").mkdir(parents=True)
    with pytest.raises(ContentError, match="no images in this folder"):
        list_folders(tmp_path)
    with pytest.raises(UsageError, match="nothing is there"):
        list_folders(tmp_path / "none")


@pytest.mark.parametrize("around", ["x", "x/x"])
@pytest.mark.parametrize("identity", ["train/joy/a", "joy/a"])
def test_a_tree_unzipped_into_a_folder_of_its_own_is_found(
    tmp_path: Path, around: str, identity: str
) -> None:
    clip(tmp_path / around, identity)
    (tmp_path / "__MACOSX/x").mkdir(parents=True)
    listing = list_folders(tmp_path)
    assert listing == list_folders(tmp_path / around)
    assert [c.id for c in listing.checked()] == [identity]


def test_of_two_trees_in_a_folder_none_is_chosen(tmp_path: Path) -> None:
    clip(tmp_path, "one/train/joy/a", "two/train/joy/b")
    with pytest.raises(ContentError, match="no images in this folder"):
        list_folders(tmp_path)
