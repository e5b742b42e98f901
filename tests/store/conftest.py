"""A store for the tests of this folder; some have one of their own."""

from pathlib import Path

import pytest

from description_store.database import open_store
from tests.store.filled import fill


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "words.db"
    with open_store(path) as db:
        fill(db)
    return path
