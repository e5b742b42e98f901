"""Full disks, read-only folders, locks, cut files: a plain message each, and nothing saved is lost."""

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from description_store import database
from description_store.claims import check_writable
from description_store.database import open_store
from description_store.errors import StoreError
from description_store.sets import list_sets, load_set, save_set
from description_store.verifying import check
from tests.store.filled import a_set, fill

RELEASED = sorted((Path(__file__).parent / "released").glob("*.sql"))


@pytest.fixture
def shared() -> Iterator[Path]:
    """A filled store in a folder that other users may enter; pytest's own are closed to them."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    with open_store(folder / "words.db") as db:
        fill(db)
    (folder / "words.db").chmod(0o644)
    yield folder / "words.db"
    shutil.rmtree(folder)


# Root may write anywhere, so the command is run by nobody, who can enter neither our Python nor our checkout:
# whatever the command imports is imported before, by the same command on a store that may be written.
AS_NOBODY = """
import json, os, sys
from dfer_cli.main import app
from typer.testing import CliRunner
store, *command = sys.argv[1:]
CliRunner().invoke(app, [*command, "--db", os.devnull + "/none.db"])
CliRunner().invoke(app, ["sets", "list", "--db", store])
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
result = CliRunner().invoke(app, [*command, "--db", store])
print(json.dumps([result.exit_code, result.stdout, result.stderr]))
"""


def dfer_as_nobody(store: Path, *command: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(store), *command],
        capture_output=True,
        text=True,
        cwd=store.parent,
    )
    assert done.returncode == 0, done.stderr
    code, out, err = json.loads(done.stdout)
    return code, out, err


ASKING = ("describe", "--classes", "dfew7", "--model", "m", "--base-url", "http://127.0.0.1:9/v1")


@pytest.mark.parametrize("mode", [0o555, 0o777], ids=["folder", "file"])
def test_a_store_that_cannot_be_written_can_be_read(shared: Path, mode: int) -> None:
    shared.parent.chmod(mode)
    for command in (["sets", "list"], ["sets", "show", "v2"], ["db", "check"]):
        code, out, err = dfer_as_nobody(shared, *command)
        assert (code, err.replace("v4: its parent ds1:" + "0" * 64 + " is not in this store\n", "")) == (
            0,
            "",
        )
        assert "v2" in out or "sound" in out


def test_asking_into_a_store_that_cannot_be_written_is_refused_before_anything_is_asked(shared: Path) -> None:
    code, _, err = dfer_as_nobody(shared, *ASKING)
    assert (code, err.count("\n")) == (3, 2)
    assert f"{shared} cannot be written" in err


@pytest.mark.parametrize(
    "command", ["alias v1 best", "note v1 words", "tag v1 good", "control v1 --kind names", "reparse v1"]
)
def test_whatever_would_write_to_a_store_that_cannot_be_written_is_refused(
    shared: Path, command: str
) -> None:
    shared.parent.chmod(0o555)
    code, _, err = dfer_as_nobody(shared, "sets", *command.split())
    assert (code, err.count("\n")) == (3, 2), err
    assert f"{shared} cannot be written" in err


def test_a_new_store_in_a_folder_that_cannot_be_written_is_refused_before_anything_is_asked(
    shared: Path,
) -> None:
    code, _, err = dfer_as_nobody(shared.with_name("new.db"), *ASKING)
    assert (code, err.count("\n")) == (3, 2)
    assert "cannot open the description store" in err


def crash(path: Path, texts: int) -> None:
    """A process that saves sets and dies, leaving them in the log."""
    code = (
        "import os, sys; from pathlib import Path; from description_store.database import open_store;"
        "from description_store.sets import save_set; from tests.store.filled import a_set\n"
        "with open_store(Path(sys.argv[1])) as db:\n"
        "    for i in range(int(sys.argv[2])): save_set(db, a_set(f'late {i}'))\n"
        "    os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(path), str(texts)], check=True)


def test_rows_in_the_log_of_a_store_that_cannot_be_written_are_read_too(shared: Path) -> None:
    crash(shared, texts=1)
    code, out, _ = dfer_as_nobody(shared, "sets", "show", "v5")
    assert (code, "late 0 of anger" in out) == (0, True)


def test_a_log_that_cannot_be_read_is_told_rather_than_rows_left_out(shared: Path) -> None:
    with open_store(shared) as db:  # the reader's rehearsal as root must not merge the log
        copy = shared.with_name("copy.db")
        crash(shared, texts=1)
        shutil.copy(shared, copy)
        shutil.copy(f"{shared}-wal", f"{copy}-wal")
        assert len(list_sets(db)) == 5
    code, _, err = dfer_as_nobody_unrehearsed(copy, "sets", "list")
    assert code == 3
    assert "its last rows are in copy.db-wal" in err
    assert "copy both files" in err


def dfer_as_nobody_unrehearsed(store: Path, *command: str) -> tuple[int, str, str]:
    """Rehearsed on the store beside it, so that nothing touches this one before."""
    rehearsed = AS_NOBODY.replace('"--db", store])\nif', '"--db", store.replace("copy", "words")])\nif')
    done = subprocess.run(
        [sys.executable, "-c", rehearsed, str(store), *command], capture_output=True, text=True, check=True
    )
    code, out, err = json.loads(done.stdout)
    return code, out, err


def test_a_store_of_an_earlier_dfer_that_cannot_be_written_says_that_it_must_be_upgraded(
    shared: Path,
) -> None:
    copy = shared.with_name("copy.db")
    with sqlite3.connect(copy) as connection:
        connection.executescript(RELEASED[0].read_text(encoding="utf-8"))
    connection.close()
    code, _, err = dfer_as_nobody_unrehearsed(copy, "sets", "list")
    assert code == 3
    assert "earlier dfer and must be upgraded, but it cannot be written" in err


def mounted(kind: list[str], folder: Path) -> bool:
    return (
        sys.platform == "linux"
        and os.getuid() == 0
        and subprocess.run(["mount", *kind, str(folder)], capture_output=True).returncode == 0
    )


def test_a_store_on_a_read_only_disk_can_be_read_and_says_that_it_cannot_be_written(path: Path) -> None:
    if not mounted(["--bind", str(path.parent)], path.parent):
        pytest.skip("may not mount here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(path.parent)], check=True)
        with open_store(path, must_exist=True) as db:
            assert len(list_sets(db)) == 4
        with pytest.raises(StoreError, match="cannot be written"), open_store(path) as db:
            check_writable(db)
        assert check(path).problems == ()
    finally:
        subprocess.run(["umount", str(path.parent)], check=True)


def save_until_it_fails(path: Path) -> tuple[dict[int, str], StoreError]:
    """What was reported as saved, by version, and the failure."""
    saved: dict[int, str] = {}
    try:
        with open_store(path) as db:
            for i in range(5000):
                one, _ = save_set(db, a_set(f"word {i} " + "long " * 200))
                saved[one.version] = one.hash
    except StoreError as error:
        return saved, error
    raise AssertionError("it never failed")


def assert_all_there(path: Path, saved: dict[int, str]) -> None:
    assert check(path).problems == ()
    with open_store(path) as db:
        assert {version: load_set(db, version).hash for version in saved} == saved


def test_a_full_disk_is_told_and_what_was_saved_stays(path: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if not mounted(["-t", "tmpfs", "-o", "size=1m", "tmpfs"], disk):
        pytest.skip("may not mount here")
    try:
        small = Path(shutil.copy(path, disk / "words.db"))
        saved, error = save_until_it_fails(small)
        assert "there is no room left" in error.message
        assert "make room" in error.hint
        assert saved
        assert_all_there(small, saved)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_file_that_may_not_grow_is_told_and_what_was_saved_stays(path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 300_000, before[1]))
    try:
        saved, error = save_until_it_fails(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "the disk failed" in error.message
    assert "is the disk full" in error.hint
    assert saved
    assert_all_there(path, saved)


LOCKER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_lock_that_is_held_for_longer_than_we_wait_is_told_and_reading_goes_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    other = subprocess.Popen(
        [sys.executable, "-c", LOCKER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "locked\n"
    try:
        with open_store(path) as db:
            assert len(list_sets(db)) == 4
        with pytest.raises(StoreError, match=r"locked for over 0\.2 s") as caught, open_store(path) as db:
            save_set(db, a_set("too early"))
        assert "repeat the command" in caught.value.hint
        assert check(path).problems == ()
    finally:
        other.communicate("")
    with open_store(path) as db:
        assert save_set(db, a_set("too early"))[0].version == 5


def test_a_file_that_was_cut_off_anywhere_is_refused_and_left_as_it_is(path: Path, tmp_path: Path) -> None:
    content = path.read_bytes()
    cut = tmp_path / "cut.db"
    last_page = len(content) - 4096
    ends = {0, 1, 15, 99, 100, 511, 512, 513, 4095, 4096, last_page, *range(0, last_page, 7777)}
    for end in sorted(ends):
        cut.write_bytes(content[:end])
        with pytest.raises(StoreError, match=r"cut\.db") as caught, open_store(cut, must_exist=True) as db:
            list_sets(db)
        assert caught.value.hint, end
        assert cut.read_bytes() == content[:end]


def test_a_cut_within_the_last_page_is_found_by_checking(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])
    assert "it is cut off: 4095 bytes" in check(path).problems[0].message


def test_a_log_that_was_cut_off_anywhere_loses_only_what_was_cut(path: Path, tmp_path: Path) -> None:
    crash(path, texts=6)
    log = Path(f"{path}-wal").read_bytes()
    here = tmp_path / "cut"
    versions = set()
    for end in (*range(0, len(log), len(log) // 40), len(log)):
        here.mkdir()
        shutil.copy(path, here / "words.db")
        (here / "words.db-wal").write_bytes(log[:end])
        with open_store(here / "words.db", must_exist=True) as db:
            versions.add(len(list_sets(db)))
        assert check(here / "words.db").problems == ()
        shutil.rmtree(here)
    assert versions == set(range(4, 11))


def test_an_empty_file_beside_a_log_is_refused_because_sqlite_would_remove_the_log(path: Path) -> None:
    crash(path, texts=1)
    log = Path(f"{path}-wal").read_bytes()
    path.write_bytes(b"")
    for must_exist in (True, False):
        with pytest.raises(StoreError, match="is empty"), open_store(path, must_exist=must_exist):
            pass
    assert Path(f"{path}-wal").read_bytes() == log


def test_an_empty_file_is_a_new_store_to_who_writes_and_an_error_to_who_reads(tmp_path: Path) -> None:
    path = tmp_path / "words.db"
    path.touch()
    with pytest.raises(StoreError, match="is empty"), open_store(path, must_exist=True):
        pass
    with open_store(path) as db:
        assert list_sets(db) == []


def test_a_folder_in_place_of_the_file_is_a_plain_error(tmp_path: Path) -> None:
    for must_exist in (True, False):
        with (
            pytest.raises(StoreError, match="is a folder") as caught,
            open_store(tmp_path, must_exist=must_exist),
        ):
            pass
        assert str(tmp_path / "dfer.db") in caught.value.hint


@pytest.mark.parametrize("name", ["a b%20c?mode=memory#.db", "wörter.db"])
def test_a_read_only_store_is_found_whatever_its_name_holds(shared: Path, name: str) -> None:
    shared.with_name(name).write_bytes(shared.read_bytes())
    shared.parent.chmod(0o555)
    code, out, _ = dfer_as_nobody(shared.with_name(name), "sets", "show", "v2")
    assert (code, "lips of anger" in out) == (0, True)
