"""`make bench`: every benchmark as one table, and benchmarks/results/latest.json.

`python -m benchmarks training_step evaluation` measures these alone; the lines of the others stay.
"""

import sys
from typing import Any

from benchmarks.apart import measured_apart
from benchmarks.results import read_results, write_results

BENCHMARKS = (
    "training_step",
    "evaluation",
    "freed_memory",
    "products",
    "attention",
    "fed_steps",
    "peak",
    "memory",
    "loading",
    "cached_features",
    "ranking",
    "contention",
    "startup",
    "many_sets",
    "asking",
)
"""Modules of this folder, in the order of the table."""


def main() -> None:
    wanted = sys.argv[1:] or list(BENCHMARKS)
    if unknown := set(wanted) - set(BENCHMARKS):
        raise SystemExit(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    for name in wanted:
        found = measured_apart(name)
        for row in found:
            print(_line(row), flush=True)
        # At once: what took minutes is not lost when the next one fails.
        known = read_results() | {name: found}
        write_results({one: known[one] for one in BENCHMARKS if one in known})


def _line(row: dict[str, Any]) -> str:
    value = f"{row['ratio']:>8.4g} {row['unit']:<7} ({row['low']:.4g} … {row['high']:.4g})"
    return "  ".join(part for part in (f"{row['name']:<52}", value, row["equal_to"], row["note"]) if part)


if __name__ == "__main__":
    main()
