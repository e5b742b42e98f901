"""Do words matter to `dfer-tiny`? Descriptions against names, random and swapped words, without training.

`python -m benchmarks.words_matter [WEIGHTS …]`: the shipped weights, or files that `make tiny` wrote. Clips
are of people that no training saw, described in words that no training said. Every number comes from the
commands that a user types.
"""

import json
import shlex
import sys
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from dfer_cli.main import app

CONTROLS = {
    "names": "--kind names",
    "random-1": "--kind random --seed 1",
    "random-2": "--kind random --seed 2",
    "random-3": "--kind random --seed 3",
    "swapped": "--kind swapped --seed 1",
}
"""Three draws of random words: any one may happen to lean towards some of the classes."""


def word_scores(folder: Path, *, weights: str = "shipped", clips: int = 280, seed: int = 1) -> dict[str, Any]:
    """What `dfer compare --json` says of the built-in author's set and the controls, zero-shot on five folds.

    In `folder`, which must exist and be empty. `seed` is of the world: other people, other clips.
    """
    with chdir(folder):
        _typed(f"dfer data synth world --classes dfew7 --clips {clips} --seed {seed} --size 64 --quiet")
        _typed("dfer describe --classes dfew7 --model builtin/facs --alias described --quiet")
        for name, how in CONTROLS.items():
            _typed(f"dfer sets control @described {how} --alias {name} --quiet")
        sets = ["@described", *(f"@{name}" for name in CONTROLS)]
        _typed(
            f"dfer sweep --descriptions {','.join(sets)} --recipe zero-shot --folds 1-5 "
            f"--data world/clips.csv --clip dfer-tiny --pretrained {shlex.quote(weights)} --quiet"
        )
        compared: dict[str, Any] = json.loads(_typed(f"dfer compare {' '.join(sets)} --json"))
    return compared


def _typed(command: str) -> str:
    """What a command prints."""
    printed, progress = StringIO(), StringIO()
    with redirect_stdout(printed), redirect_stderr(progress):
        code = app(shlex.split(command)[1:], standalone_mode=False, prog_name="dfer")
    if code:
        raise SystemExit(f"{command}\n{progress.getvalue()}")
    return printed.getvalue()


def main() -> None:
    """UARs of each file of weights; below, what descriptions gain over each control, with 95 % intervals."""
    named = sys.argv[1:] or ["shipped"]
    several = [file if file == "shipped" else str(Path(file).resolve()) for file in named]
    print(f"{'weights':<24}" + "".join(f"{name:>11}" for name in ("described", *CONTROLS)))
    rows = []
    for weights in several:
        with tempfile.TemporaryDirectory() as folder:
            compared = word_scores(Path(folder), weights=weights)
        rows.append([100 * row["uar_mean"] for row in compared["rows"]])
        print(f"{Path(weights).name:<24}" + "".join(f"{uar:11.1f}" for uar in rows[-1]))
        # The first pairs are the first set with each of the others.
        for name, pair in zip(CONTROLS, compared["pairs"], strict=False):
            low, high = (100 * end for end in pair["uar_ci"])
            print(
                f"    described − {name:<9} {100 * pair['uar_diff']:+6.1f}  ({low:+.1f} … {high:+.1f})",
                flush=True,
            )
    if len(rows) > 1:
        columns = list(zip(*rows, strict=True))
        print(f"{'mean':<24}" + "".join(f"{mean(own):11.1f}" for own in columns))
        print(f"{'standard deviation':<24}" + "".join(f"{stdev(own):11.1f}" for own in columns))


if __name__ == "__main__":
    main()
