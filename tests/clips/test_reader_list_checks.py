"""What is checked of a listing: its clips on the disk, and its rows against each other."""

from pathlib import Path

import pytest

from dfer.clips.clip import Clip
from dfer.clips.readers.list_problems import (
    ListProblems,
    check_against_each_other,
    check_clips,
    check_on_disk,
)


def rows(folder: Path) -> list[tuple[Clip, str]]:
    """A clip that is there, one twice and on two sides that is not, and a text file."""
    (folder / "there").mkdir()
    (folder / "text.txt").touch()
    listed = [
        ("there", "train"),
        ("gone", "train"),
        ("gone", "train"),
        ("gone", "test"),
        ("text.txt", "test"),
    ]
    return [
        (Clip(id=name, path=folder / name, label="fear", split=split, fold=1), f"list:{line}")
        for line, (name, split) in enumerate(listed, start=1)
    ]


def found(problems: ListProblems) -> list[tuple[str, str]]:
    return [(problem.kind, problem.place) for problem in problems.found]


ON_DISK = [
    ("missing-clip", "list:2"),
    ("missing-clip", "list:3"),
    ("missing-clip", "list:4"),
    ("not-a-clip", "list:5"),
]
IN_LISTS = [("listed-twice", "list:3"), ("in-two-splits", "list:4")]


def test_the_disk_is_checked_without_the_lists(tmp_path: Path) -> None:
    problems = ListProblems()
    check_on_disk(rows(tmp_path), problems, hint_missing="look elsewhere")
    assert found(problems) == ON_DISK
    assert problems.found[0].hint == "look elsewhere"


def test_the_lists_are_checked_without_asking_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: object, **__: object) -> None:
        raise AssertionError("the disk was asked")

    placed = rows(tmp_path)
    problems = ListProblems()
    with monkeypatch.context() as patched:
        for name in ("stat", "lstat", "scandir", "listdir"):
            patched.setattr(f"os.{name}", asked)
        check_against_each_other(placed, problems)
    assert found(problems) == IN_LISTS


def test_both_are_checked_of_rows_that_are_passed_by_once(tmp_path: Path) -> None:
    problems = ListProblems()
    check_clips(iter(rows(tmp_path)), problems, hint_missing="")
    assert found(problems) == ON_DISK + IN_LISTS
