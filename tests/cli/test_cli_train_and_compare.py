"""`dfer data synth`, `train`, `evaluate`, `runs` and `compare`, as a user types them."""

from pathlib import Path

import pytest

from tests.cli.conftest import Dfer

TINY = "--clip tiny --batch-size 8 --epochs 1 --workers 0 --accelerator cpu --quiet"


@pytest.fixture
def ready(dfer: Dfer) -> Dfer:
    """A folder with a world of 42 clips, v1 (the offline author) and v2 (its random control)."""
    assert dfer("data synth world --classes dfew7 --clips 42 --seed 3 --size 64 --folds 3 -q").code == 0
    assert dfer("describe --classes dfew7 --model builtin/facs -q").code == 0
    assert dfer("sets control v1 --kind random --seed 1 -q").code == 0
    return dfer


def test_two_sets_are_trained_on_the_same_folds_and_compared(ready: Dfer) -> None:
    for name in ("v1", "v2"):
        for fold in (1, 2):
            made = ready(
                f"train --descriptions {name} --data world/clips.csv --fold {fold} {TINY} --json"
            ).json
            assert set(made) >= {
                "set", "set_hash", "recipe", "dataset", "fold", "seed", "selection",
                "uar", "war", "per_class", "confusion", "config",
            }  # fmt: skip
            assert (made["set"], made["fold"], made["dataset"], made["created"]) == (name, fold, "csv", True)

    compared = ready("compare v1 v2 --json").json
    assert [
        set(row) >= {"set", "runs", "uar_mean", "uar_std", "war_mean", "war_std"} for row in compared["rows"]
    ]
    assert [(row["set"], row["runs"]) for row in compared["rows"]] == [("v1", 2), ("v2", 2)]
    (pair,) = compared["pairs"]
    assert set(pair) == {
        "a", "b", "uar_diff", "uar_ci", "war_diff", "war_ci", "p", "p_holm", "p_permutation", "n", "folds",
        "clips", "gained", "lost", "power", "shown", "verdict", "classes", "moved_confusions",
    }  # fmt: skip
    assert compared["rows"][0]["control"] == "v2"
    assert compared["rows"][0]["gain"] == pytest.approx(pair["uar_diff"])
    assert (pair["a"], pair["b"], pair["n"]) == ("v1", "v2", 2)
    first, second = (row["uar_mean"] for row in compared["rows"])
    assert pair["uar_diff"] == pytest.approx(first - second)

    table = ready("compare v1 v2").out
    assert "random control" in table
    assert "2 pairs" in table

    shown = ready("runs show r1 --json").json
    assert shown["run"] == "r1"
    assert set(shown["per_class"]) == set(shown["texts"])
    assert len(ready("runs list --json").json["runs"]) == 4
    assert "UAR" in ready("runs show latest").out

    again = ready(f"train --descriptions v1 --data world/clips.csv --fold 1 {TINY} --json").json
    assert (again["run"], again["created"]) == ("r1", False)


def test_video_files_are_trained_on_like_folders_of_frames(ready: Dfer, tmp_path: Path) -> None:
    assert (
        ready("data synth films --classes dfew7 --clips 21 --seed 3 --size 64 --folds 3 --format mp4 -q").code
        == 0
    )
    assert len(list((tmp_path / "films/clips").glob("*.mp4"))) == 21
    made = ready(f"train --descriptions v1 --data films/clips.csv --fold 1 {TINY} --json").json
    assert sum(map(sum, made["confusion"])) == 7


def test_a_set_is_evaluated_without_training_and_with_a_trained_runs_weights(ready: Dfer) -> None:
    zero_shot = ready(
        "evaluate --descriptions v1 --data world/clips.csv --clip tiny --workers 0 -q --json"
    ).json
    assert (zero_shot["recipe"], zero_shot["created"], zero_shot["folder"]) == ("zero-shot", True, None)
    ready(f"train --descriptions v1 --data world/clips.csv {TINY}")
    swapped = ready("evaluate --descriptions v2 --run r2 --data world/clips.csv --workers 0 -q --json").json
    assert (swapped["set"], swapped["recipe"], swapped["fold"]) == ("v2", "dfer-clip", 1)
    assert swapped["config"]["trained_by"]
    assert ready("evaluate --descriptions v1 --run r1 --data world/clips.csv -q").code == 3
    other_fold = ready("evaluate --descriptions v1 --run r2 --fold 2 --data world/clips.csv -q")
    assert (other_fold.code, "it is tested on fold 1" in other_fold.err) == (2, True)


def test_a_dry_run_prints_the_compiled_specification_and_trains_nothing(ready: Dfer) -> None:
    command = f"train --descriptions v1 --data world/clips.csv {TINY} --set context_tokens=4 --dry-run"
    plan = ready(f"{command} --json").json
    assert plan["settings"]["context_tokens"] == 4
    assert plan["layout"]["happiness"] == "[start] [4 context] [19 text] [end] = 25 tokens"
    assert "lip corners pulled up" in ready(command).out
    assert ready("runs list --json").json["runs"] == []
    middle = ready(command, "--set", "description_position=middle", "--json").json
    assert middle["layout"]["happiness"] == "[start] [2 context] [19 text] [2 context] [end] = 25 tokens"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("train --descriptions v9 --data world/clips.csv --clip tiny", 2, "no description set v9"),
        ("train --descriptions v1 --data nowhere.csv --clip tiny", 2, "nowhere.csv"),
        ("train --descriptions v1 --data world/clips.csv --clip tiny --dataset avi", 2, "unknown data set"),
        (
            "train --descriptions v1 --data world/clips.csv --clip tiny --fold 9",
            5,
            "fold 9 has no test clips",
        ),
        ("train --descriptions v1 --data world/clips.csv --clip tiny --recipe x", 2, "unknown recipe 'x'"),
        ("train --descriptions v1 --data world/clips.csv --clip tiny --set lr=1", 2, "setting lr"),
        (
            "train --descriptions v1 --data world/clips.csv --clip tiny --set context_tokens=60",
            5,
            "class 'happiness': the description takes 19 tokens, the budget is 15",
        ),
        ("train --descriptions v1 --data world/clips.csv --clip tiny --set lr", 2, "expected KEY=VALUE"),
        ("train --descriptions v1 --data world/clips.csv --clip tiny --augmentation x", 2, "augmentation"),
        ("train --descriptions v1 --data world/clips.csv --clip ViT-X-99", 2, "no architecture 'ViT-X-99'"),
        ("train --descriptions v1 --data world/clips.csv --clip ViT-B-32 --pretrained no.pt", 3, "no.pt"),
        ("train --descriptions v1 --data world/clips.csv --clip tiny", 5, "less than one batch of 48"),
        ("compare v1 v2", 2, "no finished runs"),
        ("compare v1 v1", 2, "two different sets"),
        ("runs show r7", 2, "no run r7"),
    ],
)
def test_bad_input_to_training_is_one_clear_message(
    ready: Dfer, arguments: str, code: int, said: str
) -> None:
    done = ready(arguments)
    assert done.code == code
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_csv_row_whose_folder_is_missing_is_named_with_its_line(ready: Dfer, tmp_path: Path) -> None:
    table = tmp_path / "world/clips.csv"
    table.write_text(table.read_text() + "clips/gone,anger,1,,s000\n")
    done = ready(f"train --descriptions v1 --data world/clips.csv {TINY}")
    assert done.code == 5
    assert "clips.csv:44" in done.err
    assert "clips/gone" in done.err


def test_a_set_for_the_wrong_classes_is_refused_with_their_names(ready: Dfer) -> None:
    ready("describe --classes mafw11 --model builtin/facs -q")
    done = ready(f"train --descriptions v3 --data world/clips.csv {TINY}")
    assert done.code == 5
    assert "contempt" in done.err
    ready("data synth mafw --classes mafw11 --clips 33 --seed 1 --size 64 --folds 3 -q")
    done = ready(f"train --descriptions v1 --data mafw/clips.csv {TINY}")
    assert done.code == 5
    assert "contempt" in done.err


def test_a_world_is_not_drawn_over_other_files(dfer: Dfer, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter1.tex").write_text("precious")
    done = dfer("data synth thesis --classes dfew7 --clips 7")
    assert done.code == 2
    assert (tmp_path / "thesis/chapter1.tex").read_text() == "precious"
