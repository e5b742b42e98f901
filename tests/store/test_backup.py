"""Copies of the store: complete or not there, never over another file, while others write."""

import resource
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from description_store.backup import back_up
from description_store.database import open_store
from description_store.errors import StoreError
from description_store.sets import list_sets
from description_store.verifying import check
from tests.store.filled import fill

RELEASED = sorted((Path(__file__).parent / "released").glob("*.sql"))


def rows_of(path: Path) -> str:
    connection = sqlite3.connect(path)
    dumped = "\n".join(connection.iterdump())
    connection.close()
    return dumped


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_copy_holds_every_row_and_is_sound(path: Path, tmp_path: Path) -> None:
    made = back_up(path, tmp_path / "copy.db")
    assert made.size == made.path.stat().st_size
    assert rows_of(made.path) == rows_of(path)
    assert check(made.path) == check(path)
    assert files(tmp_path) == ["copy.db", "words.db"]


def test_a_copy_is_named_by_date_and_time_beside_the_store_unless_told_otherwise(path: Path) -> None:
    made = back_up(path).path
    assert made.parent == path.parent
    assert made.match("words-????-??-??-??????.db")


def test_a_copy_is_a_store_like_any_other(path: Path, tmp_path: Path) -> None:
    with open_store(back_up(path, tmp_path / "copy.db").path) as db:
        assert db.journal_mode == "wal"
        with pytest.raises(sqlite3.IntegrityError, match="immutable"):
            db.execute("UPDATE descriptions SET text = 'x'")


def test_a_file_that_exists_is_never_overwritten_unless_told_to(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "thesis.txt"
    target.write_text("three years of work")
    with pytest.raises(StoreError, match="exists already") as caught:
        back_up(path, target)
    assert "--force" in caught.value.hint
    assert target.read_text() == "three years of work"
    back_up(path, target, replace=True)
    assert check(target).problems == ()


def test_the_store_is_never_replaced_by_its_own_copy(path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    (tmp_path / "same.db").symlink_to(path)
    for target in (path, tmp_path / "same.db"):
        with pytest.raises(StoreError, match="is the store itself"):
            back_up(path, target, replace=True)
    assert path.read_bytes() == before


def test_a_store_in_use_is_never_replaced(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with open_store(other) as db:
        fill(db)
        with pytest.raises(StoreError, match="in use"):
            back_up(path, other, replace=True)
        assert len(list_sets(db)) == 4


def test_a_copy_into_a_folder_that_does_not_exist_is_a_plain_error(path: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no folder"):
        back_up(path, tmp_path / "no" / "copy.db")
    with pytest.raises(StoreError, match="is a folder"):
        back_up(path, tmp_path)


def test_a_copy_of_nothing_is_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no description store"):
        back_up(tmp_path / "none.db", tmp_path / "copy.db")
    assert files(tmp_path) == []


def test_a_copy_that_finds_no_room_leaves_nothing_behind(path: Path, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size // 2, before[1]))
    try:
        with pytest.raises(StoreError, match=r"copy\.db"):
            back_up(path, tmp_path / "copy.db")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert files(tmp_path) == ["words.db"]


def test_a_damaged_store_makes_no_copy(path: Path, tmp_path: Path) -> None:
    content = path.read_bytes()
    middle = len(content) // 2 // 4096 * 4096
    path.write_bytes(content[:middle] + b"\xa5" * 8192 + content[middle + 8192 :])
    with pytest.raises(StoreError, match=r"words\.db"):
        back_up(path, tmp_path / "copy.db")
    assert files(tmp_path) == ["words.db"]


@pytest.mark.parametrize("script", RELEASED, ids=lambda script: script.stem)
def test_a_store_of_an_earlier_dfer_is_copied_as_it_is(script: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(script.read_text(encoding="utf-8"))
    connection.close()
    assert rows_of(back_up(path, tmp_path / "copy.db").path) == rows_of(path)


WRITER = """
import sys
from pathlib import Path
from description_store.database import open_store
from description_store.sets import save_set
from tests.store.filled import a_set
with open_store(Path(sys.argv[1])) as db:
    for i in range(100_000):
        save_set(db, a_set(f"late {i}"))
        print(i, flush=True)
"""


def test_copies_made_while_another_process_writes_are_sound_and_hold_all_that_was_saved_before(
    path: Path, tmp_path: Path
) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert writer.stdout is not None
    try:
        for number in range(5):
            saved = int(writer.stdout.readline())
            copy = back_up(path, tmp_path / f"copy-{number}.db").path
            verified = check(copy)
            assert verified.problems == ()
            assert verified.checked["description_sets"] >= 4 + saved + 1
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.communicate()
