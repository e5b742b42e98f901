"""A zip archive of somebody else's, opened only if its list of entries is short enough to be read."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOST_ENTRIES = 20_000
"""A ViT-L/14 with its optimiser has 1,500."""
SMALLEST_ENTRY = 46
"""Bytes of the list that an entry takes at least."""


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, open for reading.

    Raises zipfile.BadZipFile when its list of entries may hold more than 20,000. ZipFile makes an object of
    each before anybody can look, so the end of the file is read first. Its count of entries is only a claim:
    what ZipFile goes by is the length of the list.
    """
    with path.open("rb") as file:
        # ZipFile's own reader of the end, so that both see the same list.
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
        if end is not None and end[zipfile._ECD_SIZE] > MOST_ENTRIES * SMALLEST_ENTRY:  # type: ignore[attr-defined]
            raise zipfile.BadZipFile(f"its list of entries is longer than {MOST_ENTRIES:,} need")
        with zipfile.ZipFile(file) as archive:
            yield archive
