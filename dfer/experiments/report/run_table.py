"""The runs of a comparison as CSV: what one loads into R or pandas."""

import csv
import io
from collections.abc import Mapping

from description_store.records import DescriptionSet
from dfer.experiments.comparison import Comparison
from dfer.experiments.visible_text import visible


def csv_table(comparison: Comparison, sets: Mapping[str, DescriptionSet]) -> str:
    """A row per run that the comparison's rows are made of, and a column for the recall of each class.

    Figures are fractions, in full; empty where a class has no test clips.
    """
    classes = comparison.example.specification["classes"]
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow([*_HEADINGS, *(visible(f"recall_{name}") for name in classes)])
    for name, runs in comparison.runs.items():
        for run in sorted(runs, key=lambda run: (run.fold, run.seed)):
            words = [name, sets[name].provenance.control or "", run.set_hash, run.name]
            words += [run.recipe, run.dataset, run.selection]
            recalls = [run.per_class.get(c) for c in classes]
            table.writerow([*map(visible, words), run.fold, run.seed, run.uar, run.war, *recalls])
    return written.getvalue()


_HEADINGS = (
    "set",
    "control",
    "set_hash",
    "run",
    "recipe",
    "dataset",
    "selection",
    "fold",
    "seed",
    "uar",
    "war",
)
