"""The table of a comparison for a paper: LaTeX with booktabs."""

import re
from collections.abc import Mapping

from description_store.records import DescriptionSet
from dfer import __version__
from dfer.describe.descriptor_origins import author_of
from dfer.experiments.comparison import Comparison, Row
from dfer.experiments.visible_text import visible
from dfer.percentage_points import points

_ESCAPED = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "−": r"$-$",
    "–": "--",
} | {sign: f"\\{sign}" for sign in "&%$#_{}"}
_PAPERS = {
    "dfer-clip": "DFER-CLIP (Zhao & Patras, BMVC 2023)",
    "emoclip": "EmoCLIP (Foteinopoulou & Patras, FG 2024)",
    "emoclip-supervised": "EmoCLIP (Foteinopoulou & Patras, FG 2024)",
}


def latex_table(comparison: Comparison, sets: Mapping[str, DescriptionSet]) -> str:
    r"""A `table` with mean ± standard deviation over runs, and gains over matched controls with intervals.

    Needs `\usepackage{booktabs}`. A UAR is bold only if it is shown to be better than that of every other
    set: a higher mean alone is none.
    """
    best = best_set(comparison)
    gains = any(row.gain is not None for row in comparison.rows)
    columns = ["Set", "Words by", "Runs", r"UAR (\%)", r"WAR (\%)"]
    columns += [r"Gain in UAR over control [95\,\% CI]"] if gains else []
    lines = [
        *_comments(comparison, sets),
        r"\begin{table}[t]",
        r"  \centering",
        f"  \\caption{{{_caption(comparison, best=best, gains=gains)}}}",
        f"  \\label{{tab:dfer-{_protocol(comparison)}}}",
        f"  \\begin{{tabular}}{{llr{'r' * (len(columns) - 3)}}}",
        r"    \toprule",
        f"    {' & '.join(columns)} \\\\",
        r"    \midrule",
        *(f"    {' & '.join(_cells(row, sets, best=best, gains=gains))} \\\\" for row in comparison.rows),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def best_set(comparison: Comparison) -> str | None:
    """The set whose UAR is shown to be higher than that of each other set, if there is one."""
    above = {row.set: set[str]() for row in comparison.rows}
    for pair in comparison.pairs:
        if pair.is_shown and pair.difference.uar is not None:
            better, worse = (pair.a, pair.b) if pair.difference.uar.mean > 0 else (pair.b, pair.a)
            above[better].add(worse)
    return next((name for name, beaten in above.items() if len(beaten) == len(above) - 1), None)


def escaped(text: str) -> str:
    """Any text as LaTeX that prints it, on one line."""
    plain = " ".join(str(visible(text)).split())
    return "".join(_ESCAPED.get(sign, sign) for sign in plain)


def _cells(row: Row, sets: Mapping[str, DescriptionSet], *, best: str | None, gains: bool) -> list[str]:
    uar = _mean(row.uar_mean, row.uar_std, bold=row.set == best)
    cells = [escaped(row.set), escaped(author_of(sets[row.set])), str(row.runs), uar]
    cells.append(_mean(row.war_mean, row.war_std))
    return [*cells, _gain(row)] if gains else cells


def _mean(mean: float, deviation: float | None, *, bold: bool = False) -> str:
    number = f"{100 * mean:.2f}"
    shown_as = f"\\mathbf{{{number}}}" if bold else number
    return f"${shown_as}$" if deviation is None else f"${shown_as} \\pm {100 * deviation:.2f}$"


def _gain(row: Row) -> str:
    if row.gain is None or row.gain.uar is None:
        return "--"
    told = f"${_number(row.gain.uar.mean)}$"
    if row.gain.uar.interval is None:
        return told
    low, high = row.gain.uar.interval
    return f"{told} [${_number(low)}$, ${_number(high)}$]"


def _number(fraction: float) -> str:
    return points(fraction, signed=True).replace("−", "-")


def _caption(comparison: Comparison, *, best: str | None, gains: bool) -> str:
    run, clip = comparison.example, comparison.example.specification["clip"]
    selection = f", epoch selection {escaped(run.selection)}" if comparison.trained else ""
    told = [
        f"{escaped(run.recipe)} on {escaped(run.dataset)} with CLIP {escaped(str(clip['architecture']))} "
        f"({escaped(str(clip['pretrained']))}){selection}: "
        r"mean $\pm$ standard deviation over runs."
    ]
    if gains:
        told.append("Gains are paired by fold and seed, in percentage points, over the matched control set.")
    if best is not None:
        told.append("Bold: shown to be better than every other set (interval and Holm-adjusted $p$).")
    if comparison.random_weights:
        told.append("CLIP's weights are random: these figures say nothing about words.")
    return " ".join(told)


def _comments(comparison: Comparison, sets: Mapping[str, DescriptionSet]) -> list[str]:
    run = comparison.example
    told = [
        f"dfer {__version__}, protocol {comparison.protocol}; needs \\usepackage{{booktabs}}",
        f"To cite: dfer {__version__}, and the sets by their hashes:",
        *(f"  {name} = {one.hash}" for name, one in sets.items()),
    ]
    if run.recipe in _PAPERS:
        told.append(f"The method {run.recipe}: {_PAPERS[run.recipe]}")
    return [f"% {' '.join(str(visible(line)).split())}" for line in told]


def _protocol(comparison: Comparison) -> str:
    return re.sub(r"[^0-9a-z]", "", comparison.protocol.partition(":")[2])[:8]
