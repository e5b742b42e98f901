"""Zero-shot with ensembles, as a user types it: flags, dfer.toml, a sweep's file."""

import json
import shutil
from pathlib import Path

import pytest

from dfer.class_sets import load_class_set
from dfer.clips.synthetic.world import draw_world
from tests.cli.conftest import Dfer

SENTENCES = ["{}", "a photo of a face with {}", "a person showing {}, at last"]
DATA = "--data world/clips.csv --clip tiny --accelerator cpu"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zero-shot") / "world"
    draw_world(folder, class_set=load_class_set("dfew7"), clips=21, seed=3, size=64, frames=4, folds=3)
    return folder


@pytest.fixture
def ready(dfer: Dfer, world: Path) -> Dfer:
    """A world of 21 clips, v1 (the offline author) and v2 (its random control)."""
    shutil.copytree(world, "world")
    assert dfer("describe --classes dfew7 --model builtin/facs -q").code == 0
    assert dfer("sets control v1 --kind random --seed 1 -q").code == 0
    return dfer


def test_a_list_of_sentences_can_be_said_wherever_settings_are(ready: Dfer, tmp_path: Path) -> None:
    evaluate = f"evaluate -d v1 {DATA} --workers 0 --json -q"
    typed = ready(evaluate, "--set", f"templates={json.dumps(SENTENCES)}").json
    assert typed["config"]["settings"]["templates"] == SENTENCES
    (tmp_path / "dfer.toml").write_text(f"[evaluate.set]\ntemplates = {json.dumps(SENTENCES)}\n")
    from_file = ready(evaluate).json
    assert (from_file["run"], from_file["created"]) == (typed["run"], False)
    (tmp_path / "dfer.toml").unlink()
    one = ready(evaluate, "--set", "templates=a face with {}").json
    assert one["config"]["settings"]["templates"] == ["a face with {}"]
    alone, plain = ready(evaluate, "--set", "templates={}").json, ready(evaluate).json
    assert (alone["created"], plain["created"], plain["run"]) == (True, False, alone["run"])


def test_sentences_are_varied_by_a_sweep(ready: Dfer, tmp_path: Path) -> None:
    sweep = f"-d v1 --recipes zero-shot --set frames=1 {DATA} --workers 0"
    lists = json.dumps([["{}"], SENTENCES])
    for said in (lists, "{},a face with {}"):
        plan = ready(f"sweep {sweep} --dry-run --json", "--vary", f"templates={said}").json
        assert plan["cells"]["total"] == 2
    (tmp_path / "sweep.toml").write_text(f"[vary]\ntemplates = {lists}\n", encoding="utf-8")
    assert ready(f"sweep sweep.toml {sweep} --dry-run --json").json["cells"]["total"] == 2
    (tmp_path / "sweep.toml").write_text('[vary]\ntemplates = [["{}"], ["a face"]]\n', encoding="utf-8")
    refused = ready(f"sweep sweep.toml {sweep} --dry-run")
    assert (refused.code, "exactly once" in refused.err) == (2, True)


def test_a_ranking_takes_the_ensembles_too(ready: Dfer) -> None:
    plain = ready(f"rank v1 v2 {DATA} --workers 0 --json -q").json["rows"]
    sentences = [part for one in SENTENCES for part in ("--template", one)]
    ensembles = ready(f"rank v1 v2 {DATA} --workers 0 --frame-ensemble max_score --json -q", *sentences)
    cosines = [{row["set"]: row["mean_cosine"] for row in rows} for rows in (plain, ensembles.json["rows"])]
    assert cosines[0] != cosines[1]
    refused = ready(f"rank v1 v2 {DATA}", "--template", "a face")
    assert (refused.code, "exactly once" in refused.err) == (2, True)


def test_what_means_nothing_without_training_is_not_shown(ready: Dfer) -> None:
    done = ready(f"evaluate -d v1 {DATA} --workers 0")
    assert "epoch" not in done.err
    assert done.out.startswith("r1 · v1 · zero-shot on csv, fold 1 · finished\n")
    row = ready("runs list").out.splitlines()[-1].split()
    assert row[:7] == ["r1", "v1", "zero-shot", "csv", "1", "–", "–"]
    assert ready(f"evaluate -d v2 {DATA} --workers 0 -q").code == 0
    compared = ready("compare v1 v2 --html report.html --latex table.tex")
    for told in (compared.out, Path("report.html").read_text(), Path("table.tex").read_text()):
        assert "selection" not in told
    assert (ready("runs list --json").json["runs"][0]["seed"]) == 0
