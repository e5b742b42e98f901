"""Processes that are killed, processes that write at once, and any history of edits: no version is lost."""

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from description_store.annotations import add_note, add_tag, remove_tag
from description_store.database import open_store
from description_store.prompts import save_prompt
from description_store.records import DescriptionSet
from description_store.runs import save_run
from description_store.sets import list_sets, load_set, move_alias, save_class_set, save_set
from description_store.verifying import check
from tests.store.filled import (
    CLASS_SET_HASH,
    CLASSES,
    NAMES,
    PROMPT,
    PROMPT_HASH,
    a_run,
    a_set,
    ask,
    predictions,
)

Report = Callable[[str], None]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill")

KILLS, STORES = 200, 10
WRITERS, SECONDS = 8, 10.0


def write_for_ever(path: Path, who: str, report: Report, *, until: float = float("inf")) -> None:
    """What all commands together write. Each version is reported once `save_set` has returned."""
    with open_store(path) as db:
        save_class_set(db, class_set_hash=CLASS_SET_HASH, name="three", content=CLASSES)
        save_prompt(db, prompt_hash=PROMPT_HASH, name="plain", text=PROMPT)
        number = 0
        while time.monotonic() < until:
            number += 1
            word = f"{who}-{number}"
            parse_ids = {name: [ask(db, f"{word} {name}")] for name in NAMES}
            first, _ = save_set(db, a_set(word, parse_ids=parse_ids))
            report(f"{first.version} {first.hash}")
            edited, _ = save_set(db, a_set(f"{word} edited", kind="edit", parent_hash=first.hash))
            report(f"{edited.version} {edited.hash}")
            move_alias(db, "best", edited.version)
            add_note(db, first.version, word)
            add_tag(db, edited.version, "tried")
            save_run(db, a_run(first), predictions())


def in_a_child(work: Callable[[Report], None]) -> tuple[int, int]:
    """A process of its own, forked so that its start takes no time, and the end of the pipe it reports by."""
    reading, sending = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            work(lambda line: os.write(sending, f"{line}\n".encode()) and None)
            code = 0
        except BaseException as error:
            os.write(sending, f"failed {type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(code)
    os.close(sending)
    return child, reading


def reported(reading: int) -> list[str]:
    with os.fdopen(reading) as lines:
        return lines.read().splitlines()


def assert_saved(path: Path, lines: list[str]) -> None:
    with open_store(path) as db:
        for line in lines:
            version, digest = line.split()
            assert load_set(db, int(version)).hash == digest


@pytest.mark.slow
@pytest.mark.parametrize("store", range(STORES))
def test_a_killed_process_leaves_a_sound_store_with_all_that_it_had_reported(
    store: int, tmp_path: Path
) -> None:
    path = tmp_path / "words.db"
    chance = random.Random(store)
    lines: list[str] = []
    for life in range(KILLS // STORES):
        child, reading = in_a_child(lambda report, who=f"life {life}": write_for_ever(path, who, report))
        time.sleep(chance.uniform(0.002, 0.15))
        os.kill(child, signal.SIGKILL)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
        lines += reported(reading)
        with open_store(path):
            pass  # whoever comes next merges the log, and finishes a schema that was half made
        assert check(path).problems == ()
    print(f"\n{len(lines)} versions reported in {KILLS // STORES} lives")
    assert lines
    assert_saved(path, lines)
    with open_store(path) as db:
        assert [row["version"] for row in list_sets(db)] == list(range(1, len(list_sets(db)) + 1))


@pytest.mark.slow
def test_eight_processes_write_for_ten_seconds_and_lose_no_version(tmp_path: Path) -> None:
    path = tmp_path / "words.db"
    until = time.monotonic() + SECONDS
    children = [
        in_a_child(lambda report, who=f"writer {n}": write_for_ever(path, who, report, until=until))
        for n in range(WRITERS)
    ]
    # A full pipe would stop its writer.
    lines_of = _read_all([reading for _, reading in children])
    ended = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child, _ in children]
    assert (ended, [line for lines in lines_of for line in lines if line.startswith("failed")]) == (
        [0] * WRITERS,
        [],
    )
    lines = [line for lines in lines_of for line in lines]
    print(f"\n{len(lines)} versions by {WRITERS} writers, of each {[len(one) for one in lines_of]}")
    assert sorted(int(line.split()[0]) for line in lines) == list(range(1, len(lines) + 1))
    assert_saved(path, lines)
    assert check(path).problems == ()


def _read_all(readings: list[int]) -> list[list[str]]:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(readings)) as readers:
        return list(readers.map(reported, readings))


edits = st.lists(
    st.one_of(
        st.tuples(st.just("save"), st.integers(0, 5), st.integers(0, 5)),
        st.tuples(st.just("alias"), st.sampled_from(["best", "old"]), st.integers(0, 5)),
        st.tuples(st.just("note"), st.text(max_size=5), st.integers(0, 5)),
        st.tuples(st.just("tag"), st.sampled_from(["a", "b"]), st.integers(0, 5)),
        st.tuples(st.just("untag"), st.sampled_from(["a", "b"]), st.integers(0, 5)),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(edits)
def test_no_history_of_edits_loses_or_changes_a_version(history: list[tuple]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "words.db"
        with open_store(path) as db:
            save_class_set(db, class_set_hash=CLASS_SET_HASH, name="three", content=CLASSES)
            save_prompt(db, prompt_hash=PROMPT_HASH, name="plain", text=PROMPT)
            known: list[DescriptionSet] = []
            for edit in history:
                apply_edit(db, edit, known)
                for version, before in enumerate(known, start=1):
                    now = load_set(db, version)
                    labels = {"aliases": before.aliases, "tags": before.tags, "notes": before.notes}
                    assert now.model_copy(update=labels) == before
                    assert now.notes[: len(before.notes)] == before.notes
                assert [row["version"] for row in list_sets(db)] == list(range(1, len(known) + 1))
        assert check(path).problems == ()


def apply_edit(db: Database, edit: tuple, known: list[DescriptionSet]) -> None:
    """Do it, and note in `known` what is new by it."""
    what, value, place = edit
    if what == "save":
        parent = known[place].hash if place < len(known) and place % 2 else None
        unsaved = a_set(f"word {value}", kind="edit" if parent else "llm", parent_hash=parent)
        saved, created = save_set(db, unsaved)
        same = [one.version for one in known if one.hash == unsaved.hash]
        assert (created, saved.version) == (not same, same[0] if same else len(known) + 1)
        if created:
            known.append(saved)
    elif place < len(known):
        version = place + 1
        if what == "alias":
            move_alias(db, value, version)
        elif what == "note":
            add_note(db, version, value)
        elif what == "tag":
            add_tag(db, version, value)
        elif value in load_set(db, version).tags:
            remove_tag(db, version, value)
