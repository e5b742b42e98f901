"""`dfer rank`, as a user types it."""

import pytest

from tests.cli.conftest import Dfer

RANK = "--data world/clips.csv --clip tiny --workers 0 --accelerator cpu"


@pytest.fixture
def ready(dfer: Dfer) -> Dfer:
    """A world of 42 clips, v1 (the offline author), v2 (its random control) and v3 (its texts one by one)."""
    assert dfer("data synth world --classes dfew7 --clips 42 --seed 3 --size 64 --folds 3 -q").code == 0
    assert dfer("describe --classes dfew7 --model builtin/facs --alias facs -q").code == 0
    assert dfer("sets control v1 --kind random --seed 1 -q").code == 0
    assert dfer("sets render v1 --form each --combine max_score -q").code == 0
    return dfer


def test_sets_are_ranked_with_a_row_each_and_nothing_is_stored(ready: Dfer) -> None:
    found = ready(f"rank v1 v2 v3 {RANK} --json").json
    assert {"recipe", "dataset", "fold", "clip", "validation", "chance", "rows"} <= found.keys()
    assert (found["recipe"], found["dataset"], found["fold"]) == ("zero-shot", "csv", 1)
    assert (found["random_weights"], found["stored"]) == (True, False)
    assert found["chance"] == pytest.approx(1 / 7)
    assert found["validation"]["carved_from_training"]
    assert {row["set"] for row in found["rows"]} == {"v1", "v2", "v3"}
    assert set(found["rows"][0]) == {
        "set", "hash", "made_by", "uar", "uar_ci", "war", "behind", "behind_ci",
        "mean_cosine", "effective_rank", "longest_tokens", "budget",
    }  # fmt: skip
    uars = [row["uar"] for row in found["rows"]]
    assert uars == sorted(uars, reverse=True)
    assert [row["behind"] for row in found["rows"]] == pytest.approx([uars[0] - uar for uar in uars])
    assert found["rows"][0]["behind_ci"] is None
    of_set = {row["set"]: row for row in found["rows"]}
    shown = ready("sets check v1 --clip tiny --json").json
    assert of_set["v1"]["mean_cosine"] == pytest.approx(shown["similarity"]["mean_cosine"], abs=2e-6)
    assert (of_set["v1"]["longest_tokens"], of_set["v1"]["budget"]) == (31, shown["budget"])
    assert ready("runs list --json").json["runs"] == []


def test_the_table_says_what_the_numbers_are_worth(ready: Dfer) -> None:
    done = ready(f"rank v1 @facs v2 --all {RANK}")
    assert done.code == 0
    assert all(f"\nv{version} " in done.out for version in (1, 2, 3))
    assert done.out.count("\nv1 ") == 1
    assert "chance: UAR 14.3" in done.out
    assert "random control" in done.out
    for said in (
        "these numbers mean nothing",
        "few validation clips of",
        "test clips of other folds",
        "these clips do not tell",
        "nothing was stored",
    ):
        assert said in done.err
    assert ready(f"rank v1 v2 {RANK} -q").err == ""


def test_a_set_in_a_file_is_ranked_and_not_imported(ready: Dfer) -> None:
    for command in (
        "describe --classes dfew7 --model builtin/facs",
        "sets control v1 --kind random --seed 7",
    ):
        assert ready(f"{command} --db other.db -q").code == 0
    assert ready("sets export v2 --db other.db --output words.json -q").code == 0
    rows = ready(f"rank v1 words.json {RANK} --json").json["rows"]
    assert {row["set"]: row["made_by"] for row in rows} == {
        "v1": "builtin/facs",
        "words.json": "random control, seed 7",
    }
    assert len(ready("sets list --json").json["sets"]) == 3


def test_what_cannot_be_ranked_is_one_clear_message(ready: Dfer) -> None:
    assert ready("describe --classes mafw11 --model builtin/facs -q").code == 0
    for arguments, code, said in (
        ("rank v1 v9", 2, "no description set v9"),
        ("rank v1 @facs", 2, "two different sets"),
        ("rank v1 v4", 5, "v4 also describes contempt"),
        ("rank v1 v2 --fold 9", 5, "fold 9 has no test clips"),
        ("rank v1 v2 --augmentation x", 2, "augmentation"),
        ("rank v1 v2 --downsample 3", 2, "windows"),
    ):
        done = ready(f"{arguments} {RANK}")
        assert done.code == code, arguments
        assert said in done.err
        assert "Traceback" not in done.err
