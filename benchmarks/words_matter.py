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

CONTROLS = ("names", "random", "swapped")


def word_scores(folder: Path, *, weights: str = "shipped", clips: int = 280, seed: int = 1) -> dict[str, Any]:
    """What `dfer compare --json` says of the built-in author's set and its controls, zero-shot on five folds.

    `seed` is of the world and of the controls. In `folder`, which must exist and be empty.
    """
    with chdir(folder):
        _typed(f"dfer data synth world --classes dfew7 --clips {clips} --seed {seed} --size 64 --quiet")
        _typed("dfer describe --classes dfew7 --model builtin/facs --alias described --quiet")
        for kind in CONTROLS:
            seeded = "" if kind == "names" else f"--seed {seed}"
            _typed(f"dfer sets control @described --kind {kind} {seeded} --alias {kind} --quiet")
        sets = ["@described", *(f"@{kind}" for kind in CONTROLS)]
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
    """Print a row of UARs for each file of weights, and how much descriptions gain over each control."""
    named = sys.argv[1:] or ["shipped"]
    several = [file if file == "shipped" else str(Path(file).resolve()) for file in named]
    names = ("described", *CONTROLS)
    print(f"{'weights':<28}" + "".join(f"{name:>11}" for name in names) + "   described − control (95 % CI)")
    rows = []
    for weights in several:
        with tempfile.TemporaryDirectory() as folder:
            compared = word_scores(Path(folder), weights=weights)
        uars = [row["uar_mean"] for row in compared["rows"]]
        rows.append(uars)
        pairs = compared["pairs"][: len(CONTROLS)]  # of the first set with each of the others
        gains = "  ".join(
            "{} {:+.1f} ({:+.1f} … {:+.1f})".format(
                kind, *(100 * n for n in (pair["uar_diff"], *pair["uar_ci"]))
            )
            for kind, pair in zip(CONTROLS, pairs, strict=True)
        )
        print(
            f"{Path(weights).name:<28}" + "".join(f"{100 * uar:11.1f}" for uar in uars) + f"   {gains}",
            flush=True,
        )
    if len(rows) > 1:
        spread = [f"{100 * mean(own):.1f} ± {100 * stdev(own):.1f}" for own in zip(*rows, strict=True)]
        print(f"{'mean ± sd':<28}" + "".join(f"{text:>11}" for text in spread))


if __name__ == "__main__":
    main()
