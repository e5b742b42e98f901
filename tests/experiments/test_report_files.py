"""What goes into a paper: figures, a LaTeX table, and the runs as CSV."""

import csv
import io
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfer.errors import ConfigurationError
from dfer.experiments.report.latex import best_set, escaped, latex_table
from dfer.experiments.report.paper_figures import write_figures
from dfer.experiments.report.report import Report
from dfer.experiments.report.run_table import csv_table
from tests.experiments.report_world import a_comparison, a_report, some_sets

FIGURES = ("confusions", "forest", "learning_curves", "recalls", "similarity_v1", "similarity_v2")
SETS = some_sets(3, "dfew7")


@pytest.fixture(scope="module")
def report() -> Report:
    return a_report(2, folds=2)


@pytest.fixture(scope="module")
def figures(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("paper") / "new" / "figures"
    written = write_figures(report, folder)
    assert sorted(written) == sorted(folder.iterdir())
    return folder


def test_every_figure_is_written_as_svg_and_as_pdf(figures: Path) -> None:
    assert sorted(path.name for path in figures.iterdir()) == sorted(
        f"{name}{suffix}" for name in FIGURES for suffix in (".pdf", ".svg")
    )


def test_fonts_of_a_pdf_are_truetype(figures: Path) -> None:
    for path in figures.glob("*.pdf"):
        content = path.read_bytes()
        assert b"/Type3" not in content, path.name
        assert b"/CIDFontType2" in content or b"/TrueType" in content, path.name


def test_an_svg_keeps_its_text_and_is_as_wide_as_one_column_or_two(figures: Path) -> None:
    for path in figures.glob("*.svg"):
        root = ElementTree.parse(path).getroot()
        if not path.stem.startswith("similarity"):
            assert "happiness" in path.read_text() or path.stem in ("forest", "learning_curves")
            assert float(root.attrib["width"].removesuffix("pt")) / 72 <= 7.1, path.name


def test_the_same_report_gives_the_same_files(report: Report, figures: Path, tmp_path: Path) -> None:
    for path in write_figures(report, tmp_path):
        assert path.read_bytes() == (figures / path.name).read_bytes(), path.name


def test_what_cannot_be_drawn_is_left_out_and_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    spec = {"recipe": "zero-shot", "selection": "last", "folds": 1, "seeds": 1}
    bare = replace(a_report(2, **spec), similarities=())
    written = {path.stem for path in write_figures(bare, tmp_path / "figures")}
    assert written == {"confusions", "forest", "recalls"}
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot make the folder"):
        write_figures(bare, tmp_path / "file")


# LaTeX


def rows_of(table: str) -> list[list[str]]:
    body = table.partition(r"\midrule")[2].partition(r"\bottomrule")[0]
    rows = [line.strip().removesuffix(r"\\") for line in body.strip().splitlines()]
    return [[cell.strip() for cell in re.split(r"(?<!\\)&", row)] for row in rows]


def test_the_table_has_a_row_per_set_with_means_deviations_and_gains(report: Report) -> None:
    table = latex_table(report.comparison, report.sets)
    first, second = rows_of(table)
    row = report.comparison.rows[1]
    assert first[:3] == ["v1", "builtin/facs", "4"]
    assert second[3] == f"${100 * row.uar_mean:.2f} \\pm {100 * row.uar_std:.2f}$"
    assert re.fullmatch(r"\$[+-][\d.]+\$ \[\$[+-][\d.]+\$, \$[+-][\d.]+\$\]", first[5])
    assert second[5] == "--"
    assert report.comparison.protocol in table
    assert all(one.hash in table for one in report.sets.values())


def test_best_is_bold_only_if_it_is_shown_to_be_better_than_every_other() -> None:
    two = {name: SETS[name] for name in ("v1", "v2")}
    shown = a_comparison(two, folds=4, seeds=2)
    assert best_set(shown) == "v1"
    assert r"\mathbf" in rows_of(latex_table(shown, two))[0][3]
    three = a_comparison(SETS, folds=4, seeds=3)  # v3's words are v1's with a few more: one of them leads
    assert best_set(three) is None
    assert r"\mathbf" not in latex_table(three, SETS)


def test_a_set_beyond_the_baseline_is_not_best_of_all_without_being_compared_with_all() -> None:
    comparison = a_comparison(SETS, folds=4, seeds=3, baseline="v2")
    assert best_set(comparison) is None


@given(st.text(max_size=40))
def test_any_name_is_one_line_of_latex_with_nothing_special_left(text: str) -> None:
    found = escaped(text)
    assert "\n" not in found
    plain = re.sub(r"\\text[a-z]+\{\}|\\[&%$#_{}]|\$-\$", "", found)
    assert not re.search(r"[\\&%$#_{}~^\"]", plain)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no TeX at hand")
def test_the_table_compiles(report: Report, tmp_path: Path) -> None:
    table = latex_table(report.comparison, report.sets)
    document = "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n%s\\end{document}\n"
    (tmp_path / "table.tex").write_text(document % table)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "table.tex"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0


# CSV


def test_the_csv_has_a_row_per_run_with_its_full_figures(report: Report) -> None:
    text = csv_table(report.comparison, report.sets)
    rows = list(csv.DictReader(io.StringIO(text)))
    runs = [run for _, run in report.runs]
    assert [row["run"] for row in rows] == [run.name for run in runs]
    assert [(int(row["fold"]), int(row["seed"])) for row in rows[:4]] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert [float(row["uar"]) for row in rows] == [run.uar for run in runs]
    assert float(rows[0]["recall_anger"]) == runs[0].per_class["anger"]
    assert {row["set"]: row["control"] for row in rows} == {"v1": "", "v2": "random"}


def test_a_class_without_test_clips_is_an_empty_field() -> None:
    comparison = a_comparison(SETS, folds=1)
    run = comparison.runs["v1"][0]
    comparison.runs["v1"] = (run.model_copy(update={"per_class": run.per_class | {"anger": None}}),)
    (row,) = [r for r in csv.DictReader(io.StringIO(csv_table(comparison, SETS))) if r["set"] == "v1"]
    assert row["recall_anger"] == ""
