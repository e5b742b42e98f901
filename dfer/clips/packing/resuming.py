"""What an interrupted packing left that can still be used."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from dfer.clips.packing.journal import WHOLE, Done, Journal
from dfer.clips.packing.pack import crc_of
from dfer.clips.packing.pack_file import DATA, frame_bytes
from dfer.clips.settings import BrokenFrames
from dfer.errors import UsageError

_AT_ONCE = 1 << 24


def resume(
    partial: Path,
    journal: Journal,
    *,
    keys: Sequence[str],
    starts: Sequence[int],
    size: int,
    policy: BrokenFrames,
    make_room: Callable[[], None],
) -> dict[int, Done]:
    """The clips that are done, by their place among `keys`, each checked against its checksum.

    Where clips were dropped or added since, the others lie elsewhere now and are moved, through a copy.
    `make_room` makes `partial` as long as it will be.

    Raises:
        UsageError: nothing of what is there can be used.
        ConfigurationError: as `make_room`.
    """
    old_partial, old_journal = (
        partial.with_suffix(".before"),
        Journal(journal.file.with_suffix(".journal-before")),
    )
    if not partial.exists() and not old_journal.file.exists():
        journal.file.unlink(missing_ok=True)  # of frames that somebody deleted
    written = journal.read()
    usable = _usable(written, keys, policy)
    if written and not usable and not old_journal.file.exists():
        raise UsageError(
            f"{partial} is an interrupted packing of which nothing can be used: of other clips, in another "
            "size, or with another policy for broken frames",
            hint=f"delete it and {journal.file.name}, or choose another name",
        )
    if any(done.start != starts[place] for place, done in usable.items()):
        journal.file.replace(old_journal.file)
        partial.replace(old_partial)
        usable = {}
    make_room()
    found = {place: done for place, done in usable.items() if _is_whole(partial, done, size)}
    if old_journal.file.exists():
        found |= _moved(old_partial, old_journal, partial, journal, keys, starts, size, policy, found)
        old_partial.unlink(missing_ok=True)
        old_journal.file.unlink()
    return found


def _usable(written: dict[str, Done], keys: Sequence[str], policy: BrokenFrames) -> dict[int, Done]:
    return {
        place: written[key]
        for place, key in enumerate(keys)
        if key in written and written[key].policy in (WHOLE, policy)
    }


def _moved(
    old: Path,
    old_journal: Journal,
    new: Path,
    journal: Journal,
    keys: Sequence[str],
    starts: Sequence[int],
    size: int,
    policy: BrokenFrames,
    have: dict[int, Done],
) -> dict[int, Done]:
    """Copies what is done from the old places to the new ones; interrupted, it can be done again."""
    moved: dict[int, Done] = {}
    if not old.exists():
        return moved
    with journal.appending() as append, old.open("rb") as source, new.open("r+b") as target:
        for place, done in _usable(old_journal.read(), keys, policy).items():
            if place in have or not _is_whole(old, done, size):
                continue
            here = replace(done, start=starts[place])
            _copy(source, target, done, here, frame_bytes(size))
            append(keys[place], here)
            moved[place] = here
    return moved


def _copy(source: BinaryIO, target: BinaryIO, old: Done, new: Done, bytes_of_frame: int) -> None:
    source.seek(DATA + old.start * bytes_of_frame)
    target.seek(DATA + new.start * bytes_of_frame)
    left = old.count * bytes_of_frame
    while left:
        left -= target.write(source.read(min(_AT_ONCE, left)))
    target.flush()  # what the journal says is there must not wait in this process


def _is_whole(partial: Path, done: Done, size: int) -> bool:
    begin, length = DATA + done.start * frame_bytes(size), done.count * frame_bytes(size)
    return crc_of(partial, begin, length) == done.crc
