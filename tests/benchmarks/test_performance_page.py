"""docs/performance.md says what was measured, and everything that was."""

import re

from benchmarks.__main__ import BENCHMARKS
from benchmarks.page import PAGE, with_tables
from benchmarks.pairs import rows_of
from benchmarks.results import read_results

KEYS = {"name", "ratio", "low", "high", "equal_to", "unit", "note", "benchmark"}
MEASURE = re.compile(r"\d[\d.,]*\s?(×(?! \d)|ms\b|s\b|[KMG]B\b|G?FLOP|%|clips/s)")


def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_last_measurement() -> None:
    assert with_tables(page(), read_results()) == page()


def test_a_table_that_is_not_there_yet_takes_nothing_away() -> None:
    without = "".join(line for line in page().splitlines(keepends=True) if not line.startswith("|"))
    assert set(without.splitlines()) <= set(with_tables(without, read_results()).splitlines())


def test_a_figure_typed_by_hand_would_be_found() -> None:
    [line] = [
        line
        for line in page().splitlines()
        if line.startswith("| training step of four clips, fp32, eager |")
    ]
    typed = page().replace(line, line.replace("×", "9 ×"))
    assert with_tables(typed, read_results()) != typed


def test_every_line_that_was_measured_is_on_the_page() -> None:
    rows = [row for rows in read_results().values() for row in rows]
    assert rows
    for row in rows:
        assert row.keys() == KEYS
        assert f"\n| {row['name']} | " in page(), row["name"]


def test_every_table_has_lines_and_every_benchmark_a_table() -> None:
    named = [name for names in re.findall(r"<!-- benchmarks?: (.+) -->", page()) for name in names.split()]
    assert set(named) - {"feeding"} == set(read_results())
    assert set(named) - {"feeding"} <= set(BENCHMARKS)
    assert not re.search(r"\|---\|\n(?!\|)", page())


def test_figures_stand_in_tables_alone() -> None:
    prose = [line for line in page().splitlines() if not line.startswith("|")]
    assert [line for line in prose if MEASURE.search(line)] == []


def test_a_ratio_is_the_median_of_the_rounds() -> None:
    [row] = rows_of([2.0, 4.0, 9.0], {"twice as fast": [1.0, 2.0, 3.0]}, ["equal"])
    assert (row["ratio"], row["low"], row["high"]) == (2.0, 2.0, 3.0)
    assert row["note"] == "2 s against 4 s"
    assert row["equal_to"] == "equal"
