"""`make bench`: every benchmark as one table, and benchmarks/results/latest.json."""

import json
from pathlib import Path

from benchmarks import (
    asking,
    cached_features,
    contention,
    loading,
    many_sets,
    ranking,
    startup,
    training_step,
)

RESULTS = Path(__file__).parent / "results" / "latest.json"


def main() -> None:
    rooms = (training_step, loading, contention, startup, asking, many_sets, cached_features, ranking)
    rows = [row for room in rooms for row in room.run()]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    for row in rows:
        print(
            f"{row['name']:<52} {row['ratio']:>6.2f} {row['unit']:<3} ({row['low']:.2f} … {row['high']:.2f})"
            f"  {row['note']}"
        )


if __name__ == "__main__":
    main()
