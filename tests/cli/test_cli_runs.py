"""`dfer runs` and `dfer compare`: what a person reads of runs, on terminals of any width."""

import json
from pathlib import Path

import pytest

from description_store.database import open_store
from description_store.hashing import protocol_hash, run_hash
from description_store.records import Prediction, Run
from description_store.runs import save_run
from description_store.sets import find_set
from dfer.models.settings import RECIPES
from dfer.training.metrics import measure
from dfer.training.specification import RunSpecification, words_of
from tests.cli.conftest import Dfer

CLASSES = 11
HEADINGS = ("run", "set", "recipe", "data", "fold", "seed", "selection", "UAR", "WAR", "status")


@pytest.fixture
def sets(dfer: Dfer) -> Dfer:
    """v1 describes mafw11 by the offline author, v2 says the classes' names."""
    assert dfer("describe --classes mafw11 --model builtin/facs -q").code == 0
    assert dfer("sets control v1 --kind names -q").code == 0
    return dfer


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def save(
    *,
    of: str = "v1",
    recipe: str = "dfer-clip",
    dataset: str = "mafw",
    fold: int = 1,
    labels: tuple[int, ...] = tuple(range(CLASSES)),
    said: tuple[int, ...] | None = None,
    settings: dict | None = None,
    trained_by: str | None = None,
    **changes: object,
) -> Run:
    """A run as `dfer train` would store it, had the model said `said` of clips of the classes `labels`."""
    with open_store(Path("dfer.db")) as db:
        words = words_of(find_set(db, of))
        spec = RunSpecification(
            **words,
            recipe=recipe,
            settings=RECIPES[recipe].model_dump(mode="json") | (settings or {}),
            clip={"architecture": "tiny", "pretrained": "random"},
            dataset=dataset,
            data_fingerprint="data1:x",
            fold=fold,
            seed=1,
            selection="last",
            augmentation="none",
            precision="fp32",
            trained_by=trained_by,
        )
        plain = spec.model_dump(mode="json")
        logits = [[5.0 * (k == p) for k in range(len(spec.classes))] for p in said or labels]
        metrics = measure(labels, logits, classes=len(spec.classes))
        numbers = {
            "status": "finished",
            "uar": metrics.uar,
            "war": metrics.war,
            "metrics": metrics.further,
            "per_class": dict(zip(spec.classes, metrics.recalls, strict=True)),
            "confusion": metrics.confusion,
        }
        predictions = [
            Prediction(
                clip=f"{place:05}",
                label=spec.classes[label],
                predicted=spec.classes[row.index(max(row))],
                scores=tuple(row),
            )
            for place, (label, row) in enumerate(zip(labels, logits, strict=True))
        ]
        run = Run(
            spec_hash=run_hash(plain),
            protocol_hash=protocol_hash(plain),
            set_version=int(of[1:]),
            set_hash=spec.set_hash,
            specification=plain,
            **{name: plain[name] for name in ("recipe", "dataset", "fold", "seed", "selection")},
            **(changes if "status" in changes else numbers),
        )
        return save_run(db, run, () if "status" in changes else predictions)


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


def test_a_run_is_shown_with_all_its_numbers(sets: Dfer) -> None:
    save(said=(1, *range(1, CLASSES)), settings={"epochs": 2})
    shown = sets("runs show r1")
    assert "UAR 90.91   WAR 90.91   macro-F1 87.88   AUC 95.00   calibration error" in shown.out
    assert "settings as published but epochs=2" in shown.out
    run = sets("runs show r1 --json").json
    assert set(run["metrics"]) == {"macro_f1", "auc", "calibration_error"}
    assert run["metrics"]["macro_f1"] == pytest.approx((9 + 2 / 3) / 11)
    assert sets("runs list --json").json["runs"][0]["metrics"] == run["metrics"]


def test_a_run_of_an_earlier_dfer_is_shown_without_the_numbers_it_has_not(sets: Dfer) -> None:
    run = save()
    with open_store(Path("dfer.db")) as db:
        save_run(db, run.model_copy(update={"metrics": {}}))
    assert "macro-F1" in sets("runs show r1").out
    old = sets("runs show r2").out
    assert "UAR 100.00   WAR 100.00   (11 test clips)" in old
    assert "macro-F1" not in old


def test_classes_without_test_clips_are_named(sets: Dfer) -> None:
    save(labels=tuple(range(9)))
    names = sets("runs show r1 --json").json["classes"]
    assert (
        f"no test clips of {names[9]}, {names[10]}: left out of UAR, macro-F1 and AUC"
        in sets("runs show r1").out
    )
    save(fold=2)
    assert "no test clips" not in sets("runs show r2").out


def test_the_papers_figure_stands_beside_ones_own_with_both_selection_rules(sets: Dfer) -> None:
    save()
    shown = sets("runs show r1").out
    assert (
        "the paper: 39.89 UAR, 52.55 WAR (DFER-CLIP, Table 1, mean of 3 seeds and 5 folds, "
        "epoch selected on the test clips: best-test)\n"
        "this run: selection last, CLIP tiny (the paper's: ViT-B-32); "
        "a comparison only if these are MAFW's own clips\n"
    ) in shown
    (row,) = sets("runs show r1 --json").json["published"]
    assert (row["uar"], row["war"], row["table"], row["selection"]) == (0.3989, 0.5255, "1", "best-test")


def test_a_baseline_is_told_with_the_paper_that_reports_it(sets: Dfer) -> None:
    save(recipe="finetune")
    save(recipe="zero-shot")
    assert (
        "37.53 UAR, 50.48 WAR (Full fine-tuning, temporal_layers=0, DFER-CLIP's Table 2"
        in sets("runs show r1").out
    )
    zero_shot = sets("runs show r2").out
    assert "(CLIP, training_text=image captions, EmoCLIP's Table 4, zero-shot, nothing trained)" in zero_shot
    assert zero_shot.count("the paper:") == 2


def test_clips_that_no_paper_has_bring_no_figure(sets: Dfer) -> None:
    save(dataset="csv")
    assert "paper" not in sets("runs show r1").out
    assert sets("runs show r1 --json").json["published"] == []


def test_a_comparison_tells_the_papers_figures_of_its_rows_once(sets: Dfer) -> None:
    for fold in (1, 2):
        save(fold=fold)
        save(of="v2", fold=fold, said=(1, *range(1, CLASSES)))
    compared = sets("compare v1 v2")
    assert compared.out.count("39.89 UAR, 52.55 WAR (DFER-CLIP, Table 1") == 1
    assert compared.out.count("39.64 UAR, 51.21 WAR (DFER-CLIP, prompt=[learnable prompt] [class]") == 1
    assert "these runs: selection last" in compared.out
    assert [row["uar"] for row in sets("compare v1 v2 --json").json["published"]] == [0.3989, 0.3964]


def test_a_comparison_on_other_clips_says_nothing_of_papers(sets: Dfer) -> None:
    save(dataset="csv")
    save(of="v2", dataset="csv")
    assert "paper" not in sets("compare v1 v2").out
    assert sets("compare v1 v2 --json").json["published"] == []


def test_eleven_classes_fit_a_terminal_of_80_columns(sets: Dfer, narrow: None) -> None:
    save(labels=(10,) * 200 + tuple(range(CLASSES)))
    shown = lines(sets("runs show r1").out)
    table = [line for line in shown if line.startswith(("class", *sets("classes show mafw11").out.split()))]
    heading = table[0].split()
    assert len(heading) == 2 + CLASSES
    assert len(set(heading)) == 2 + CLASSES
    last = next(line for line in shown if line.startswith("disappointment")).split()
    assert (len(last), last[-1]) == (2 + CLASSES, "201")
    assert all(len(line) <= 80 for line in table)


def test_what_does_not_fit_as_a_matrix_is_told_in_words(sets: Dfer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    save(labels=(0, 0, 0, 1), said=(1, 1, 0, 1))
    names = sets("runs show r1 --json").json["classes"]
    shown = lines(sets("runs show r1").out)
    assert any(line.split()[:2] == ["class", "recall"] and "taken for" in line for line in shown)
    first = next(line for line in shown if line.startswith(f"{names[0]} "))
    assert first.split()[1:] == ["33.33", "3", names[1], "2,", names[0], "1"]


def test_compound_classes_are_told_in_words_wherever_they_go(dfer: Dfer) -> None:
    dfer("describe --classes mafw43 --model builtin/facs -q")
    save(dataset="mafw-compound", recipe="zero-shot", labels=(11, 12), said=(12, 12))
    names = dfer("runs show r1 --json").json["classes"]
    shown = dfer("runs show r1").out
    assert f"{names[12]} 1" in shown
    assert all(name in shown for name in names)


def test_a_failed_run_is_a_row_like_others_and_why_it_failed_a_line_below(sets: Dfer, narrow: None) -> None:
    save()
    error = "/data/sets/mafw/a/very/long/way/to/00025/0001.png is no image that can be read"
    save(status="failed", error=f"{error}\nTraceback …", fold=2)
    rows = lines(sets("runs list").out)
    assert len(rows) == 5  # heading, rule, two runs, the reason
    assert rows[3].split()[-1] == "failed"
    assert rows[4] == "r2: …/0001.png is no image that can be read"
    assert error in sets("runs show r2").out


def test_a_row_of_long_names_fits_80_columns_with_all_its_numbers(sets: Dfer, narrow: None) -> None:
    save(recipe="emoclip-supervised", dataset="mafw-compound", trained_by="rp1:x ds1:y")
    save(recipe="emoclip-supervised", dataset="mafw-compound", status="failed", error="x " * 80, fold=2)
    rows = lines(sets("runs list").out)
    assert len(rows) == 5
    assert all(len(row) <= 80 for row in rows)
    assert rows[0].split() == list(HEADINGS)
    assert rows[2].split()[-3:] == ["100.00", "100.00", "finishe…"]
    assert rows[3].split()[2].startswith("emoclip-")
    assert rows[4].endswith("…")


def test_why_a_run_failed_is_whole_where_there_is_room(sets: Dfer) -> None:
    error = "the score of clip 00025 in epoch 3 is not a finite number, which should never be"
    save(status="failed", error=error)
    rows = lines(sets("runs list").out)
    assert (len(rows), rows[3]) == (4, f"r1: {error}")


def test_imported_weights_are_listed_and_shown_as_such(sets: Dfer) -> None:
    save(status="imported", folder="/runs/imported-fold1")
    assert sets("runs list").out.splitlines()[2].split()[-3:] == ["–", "–", "imported"]
    shown = sets("runs show r1").out
    assert "imported" in shown
    assert "checkpoint: /runs/imported-fold1" in shown
    assert "UAR" not in shown
    assert sets("runs show r1 --json").json["status"] == "imported"


def test_an_exported_run_holds_all_that_is_known_of_it(sets: Dfer, tmp_path: Path) -> None:
    run = save()
    assert sets("runs export r1 r1.json -q").code == 0
    found = json.loads(Path("r1.json").read_text(encoding="utf-8"))
    shown = sets("runs show r1 --json").json
    assert {name: found[name] for name in shown} == shown
    assert [p["clip"] for p in found["predictions"]] == [f"{i:05}" for i in range(CLASSES)]
    assert len(found["predictions"][0]["scores"]) == CLASSES
    again = sets("runs export r1 r1.json")
    assert (again.code, "--force" in again.err) == (2, True)
    assert sets("runs export r1 r1.json --force").code == 0
    assert run.name == "r1"
