"""What an experiment is called when the same grid has become other cells."""

from pathlib import Path

import pytest

from description_store.database import open_store
from description_store.errors import UnknownName
from description_store.experiments import save_experiment
from description_store.records import Cell
from description_store.sets import load_set, save_class_set, save_set
from tests.store.filled import CLASS_SET_HASH, CLASSES, a_cell, a_set

GRID = {"descriptions": ["v1"], "seeds": [1, 2]}


def test_mended_clips_make_other_cells_of_the_same_grid_and_a_name_beside_it(tmp_path: Path) -> None:
    with open_store(tmp_path / "words.db") as db:
        save_class_set(db, class_set_hash=CLASS_SET_HASH, name="three", content=CLASSES)
        save_set(db, a_set("words", kind="control", control="random"))
        before = [a_cell(load_set(db, 1), seed=seed) for seed in (1, 2)]

        def mended(time: int) -> list[Cell]:
            return [cell.model_copy(update={"spec_hash": f"{cell.spec_hash}{time}"}) for cell in before]

        def saved(cells: list[Cell], grid: dict[str, object] = GRID) -> str:
            return save_experiment(db, name="table1", grid=grid, cells=cells)[0].name

        assert saved(before) == "table1"
        assert saved(mended(1)) == saved(mended(1)) == "table1.2"
        assert saved(mended(2)) == "table1.3"
        assert saved(before) == "table1"
        with pytest.raises(UnknownName, match="table1 is another grid"):
            saved(mended(3), GRID | {"seeds": [1, 2, 3]})
