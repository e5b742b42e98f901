"""`dfer sweep` and `dfer experiments`, as a user types them."""

import shutil
from pathlib import Path

import pytest
import torch

from description_store.database import open_store
from description_store.sets import move_alias
from tests.cli.conftest import Dfer
from tests.experiments.small_sweep import make_folder

TABLE = """\
descriptions = ["v1", "@random"]
recipes = ["dfer-clip", "zero-shot"]
folds = 1
seeds = [1]
set = ["dfer-clip.temperature=0.05", "frames=4"]

[vary]
"dfer-clip.temporal_learning_rate" = [0.001, 1e30]
"""

SETTINGS = """\
[train]
data = "world/clips.csv"
clip = "tiny"
epochs = 1
batch-size = 8
workers = 0
accelerator = "cpu"
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a world of 42 clips, v1 (the offline author), v2 (its random control) and settings."""
    folder = make_folder(tmp_path_factory.mktemp("swept"))
    with open_store(folder / "dfer.db") as db:
        move_alias(db, "random", 2)
    (folder / "dfer.toml").write_text(SETTINGS)
    (folder / "table1.toml").write_text(TABLE)
    return folder


@pytest.fixture
def ready(dfer: Dfer, made: Path, tmp_path: Path) -> Dfer:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return dfer


@pytest.mark.slow
def test_a_grid_from_a_file_is_computed_once_and_what_failed_only_if_it_is_asked_for(
    ready: Dfer, tmp_path: Path
) -> None:
    plan = ready("sweep table1.toml --dry-run --json").json
    assert plan["cells"] == {"total": 6, "finished": 0, "failed": 0, "running": 0, "open": 6, "to_do": 6}
    assert (plan["seconds"], plan["jobs"]) == (None, 1)
    assert plan["bytes"] > 1_000_000
    assert ready("experiments list --json").json["experiments"] == []

    swept = ready("sweep table1.toml --name table1")
    assert swept.code == 1
    assert "table1: 6 cells, 0 finished, 6 to do" in swept.err
    assert "1/6 v1 dfer-clip temporal_learning_rate=0.001 fold 1 seed 1: UAR " in swept.err
    assert "6/6 v2 zero-shot fold 1 seed 0: UAR " in swept.err
    failed = "v1 dfer-clip temporal_learning_rate=1e+30 fold 1 seed 1 (r3) and 1 more: the loss became"
    assert f"failed: {failed}" in swept.out
    assert "--retry-failed" in swept.err

    again = ready("sweep table1.toml --name table1 --json")
    assert again.code == 1
    assert again.json["cells"] == {"total": 6, "finished": 4, "failed": 2, "skipped": 4}
    assert again.json["runs"] == ["r1", "r2", "r5", "r6"]
    rows = again.json["rows"]
    assert [(row["recipe"], row["set"], row["runs"]) for row in rows] == [
        ("dfer-clip", "v1", 1),
        ("dfer-clip", "v2", 1),
        ("zero-shot", "v1", 1),
        ("zero-shot", "v2", 1),
    ]
    assert rows[0]["varied"] == {"temporal_learning_rate": 0.001}
    assert [failure["cell"] for failure in again.json["failures"]] == [
        f"v{n} dfer-clip temporal_learning_rate=1e+30 fold 1 seed 1" for n in (1, 2)
    ]

    left = ready("sweep table1.toml --dry-run --json").json["cells"]
    retried = ready("sweep table1.toml --retry-failed --dry-run --json").json["cells"]
    assert (left["to_do"], retried["to_do"]) == (0, 2)

    # What a sweep made is what `dfer train` and `dfer evaluate` would make.
    trained = ready(
        "train --descriptions v1 --set temperature=0.05 --set frames=4 --set temporal_learning_rate=0.001"
        " --json -q"
    ).json
    assert (trained["run"], trained["created"]) == ("r1", False)
    evaluated = ready(
        "evaluate --descriptions v2 --data world/clips.csv --clip tiny --set frames=4 --json -q"
    ).json
    assert (evaluated["run"], evaluated["created"]) == ("r6", False)

    shown = ready("experiments show table1").out
    assert "table1 · 6 cells: 4 finished, 2 failed" in shown
    listed = ready("experiments list --json").json["experiments"]
    assert [(e["experiment"], e["cells"]["finished"]) for e in listed] == [("table1", 4)]
    assert ready("experiments show latest --json").json["grid"]["descriptions"] == ["v1", "v2"]
    other = ready("sweep table1.toml --name table1 --folds 2")
    assert (other.code, "experiment table1 is another grid" in other.err) == (2, True)
    assert ready("db check").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("sweep --data world/clips.csv", 2, "--descriptions: expected one or more names"),
        ("sweep table2.toml", 2, "there is no file table2.toml"),
        ("sweep -d v1,v9", 2, "no description set v9"),
        ("sweep -d v1 --folds 5-1", 2, "--folds 5-1: expected numbers"),
        ("sweep -d v1 --recipes x", 2, "unknown recipe 'x'"),
        ("sweep -d v1 --vary gamma", 2, "expected SETTING=VALUE,VALUE"),
        ("sweep -d v1 --set cop.gamma=1", 2, "there is no recipe 'cop'"),
        ("sweep -d v1 --folds 1,9", 5, "1 of 2 cells cannot be computed"),
        ("sweep -d v1 --jobs 0", 2, "--jobs"),
        ("sweep -d v1 --vary gamma=NaN", 2, "expected finite numbers"),
        ("experiments show latest", 2, "no experiment 'latest'"),
    ],
)
def test_bad_input_to_a_sweep_is_one_clear_message(ready: Dfer, arguments: str, code: int, said: str) -> None:
    done = ready(arguments)
    assert (done.code, said in done.err, "Traceback" in done.err) == (code, True, False)
    assert ready("experiments list --json").json["experiments"] == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_one_message_before_anything_is_stored(ready: Dfer) -> None:
    done = ready("sweep table1.toml --accelerator cuda")
    assert (done.code, "--accelerator cuda: torch finds none" in done.err) == (3, True)
    assert ready("experiments list --json").json["experiments"] == []
    assert ready("sweep table1.toml --accelerator cuda --dry-run").code == 0


def test_a_misspelt_key_of_the_file_is_told_with_the_right_one(ready: Dfer, tmp_path: Path) -> None:
    (tmp_path / "table1.toml").write_text('descripitons = ["v1"]\n')
    done = ready("sweep table1.toml")
    assert (done.code, "did you mean 'descriptions'?" in done.err) == (3, True)
    assert "table1.toml: there is no option 'descripitons'" in done.err


def test_flags_win_over_the_file_and_the_file_over_the_settings_of_the_folder(
    ready: Dfer, tmp_path: Path
) -> None:
    def cells(command: str) -> int:
        return int(ready(f"{command} --dry-run --json").json["cells"]["total"])

    assert cells("sweep table1.toml --folds 1-3") == 18
    assert cells("sweep table1.toml --seeds 1,2 --recipes zero-shot --folds all") == 6
    (tmp_path / "dfer.toml").write_text(SETTINGS + '\n[sweep]\ndescriptions = "v1"\nfolds = [1, 2]\n')
    assert cells("sweep table1.toml") == 6
    assert cells("sweep") == 2
