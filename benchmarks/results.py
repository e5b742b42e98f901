"""What was measured last, as lines of one table: benchmarks/results/latest.json, and docs/performance.md."""

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "results" / "latest.json"

Rows = list[dict[str, Any]]
"""`{name, ratio, low, high, equal_to, unit, note}`, and the `benchmark` that measured it."""


def read_results() -> dict[str, Rows]:
    """The lines of each benchmark."""
    found: dict[str, Rows] = {}
    for row in json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else ():
        found.setdefault(row["benchmark"], []).append(row)
    return found


def write_results(results: dict[str, Rows]) -> None:
    rows = [row | {"benchmark": name} for name, own in results.items() for row in own]
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
