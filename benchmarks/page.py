"""The tables of docs/performance.md, from what was measured last: `python -m benchmarks.page`.

A table stands below a comment that names its benchmarks; the page's tests compare it with the results.
"""

import re
from pathlib import Path

from benchmarks.results import Rows, read_results

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"

_TABLE = re.compile(r"(<!-- benchmarks?: ([\w ]+) -->\n)(?:\|.*\n?)*")
_COMPUTERS = {"an effective 10 TFLOP/s": 10e12, "100 TFLOP/s": 100e12, "400 TFLOP/s": 400e12}
"""What a GPU gets done, not what its data sheet promises: a third to a half of that is usual."""


def with_tables(page: str, results: dict[str, Rows]) -> str:
    """The page with every table written anew."""

    def table(found: re.Match[str]) -> str:
        names = found[2].split()
        return found[1] + (_feeding(results) if names == ["feeding"] else _table(results, names)) + "\n"

    return _TABLE.sub(table, page)


def _table(results: dict[str, Rows], names: list[str]) -> str:
    lines = ["| what | measured | quartiles | equal to the reference | |", "|---|---|---|---|---|"]
    for row in (row for name in names for row in results.get(name, ())):
        value, low, high = (_said(row[key], row["unit"]) for key in ("ratio", "low", "high"))
        spread = "" if low == high else f"{low} … {high}"
        lines.append(f"| {row['name']} | {value} | {spread} | {row['equal_to']} | {row['note']} |")
    return "\n".join(lines)


def _said(value: float, unit: str) -> str:
    if unit == "×":
        return f"{value:.2f} ×"
    return f"{value:,.0f} {unit}" if abs(value) >= 1000 else f"{value:.4g} {unit}"


def _feeding(results: dict[str, Rows]) -> str:
    """Clips that a computer of a given speed gets through in a second, beside what loader cores give."""
    work = {row["name"]: row["ratio"] * 1e9 for row in results["peak"]}
    training, evaluation = work["work of a clip: training"], work["work of a clip: evaluation"]
    rates = {row["name"]: row["ratio"] for row in results["loading"]}
    lines = [
        "| a computer of | trains, clips/s | cores that read folders for it | a pack | scores, clips/s |",
        "|---|---|---|---|---|",
    ]
    for name, speed in _COMPUTERS.items():
        trains = speed / training
        cores = [trains / rates[f"to train from {where}, one core"] for where in ("JPEG folders", "the pack")]
        lines.append(
            f"| {name} | {trains:,.0f} | {cores[0]:.1f} | {cores[1]:.1f} | {speed / evaluation:,.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), read_results()), encoding="utf-8")


if __name__ == "__main__":
    main()
