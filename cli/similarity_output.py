"""How alike a set's classes are, for people and for scripts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import output

if TYPE_CHECKING:
    from rich.console import Console

    from dfer.experiments.class_similarity import ClassSimilarity, Drift

CELL = 5
MOST_IN_A_MATRIX = 13
"""Classes whose row, with its name, still fits 80 columns; of more only the nearest pairs are shown."""
NAME = 80 - MOST_IN_A_MATRIX * CELL

# Viridis in eight steps, as in the figure: perceptually even, and readable for the colour-blind.
COLOURS = ("#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725")
DARK = 4
"""How many of them want white letters."""


def similarity_as_json(similarity: "ClassSimilarity") -> dict[str, Any]:
    drift = similarity.drift
    return {
        "set": similarity.set,
        "clip": dict(similarity.clip),
        "random_weights": similarity.random_weights,
        "combine": similarity.combine,
        "classes": list(similarity.class_names),
        "cosines": [[round(cosine, 6) for cosine in row] for row in similarity.cosines],
        "mean_cosine": round(similarity.mean_cosine, 6),
        "nearest_pairs": [{"a": p.a, "b": p.b, "cosine": round(p.cosine, 6)} for p in similarity.nearest],
        "effective_rank": round(similarity.effective_rank, 4),
        "drift": None
        if drift is None
        else {
            "parent": drift.parent,
            "mean": round(drift.mean, 6),
            "classes": {name: round(cosine, 6) for name, cosine in drift.cosines.items()},
        },
    }


def print_similarity(similarity: "ClassSimilarity", *, quiet: bool = False) -> None:
    classes = len(similarity.class_names)
    rule = "" if similarity.combine == "joined" else f" · {similarity.combine}"
    output.say(f"{similarity.set} · {classes} classes as CLIP {similarity.clip_name} reads them{rule}")
    if similarity.random_weights:
        output.warn(
            "this CLIP's weights are random: the numbers say nothing about the words "
            "(choose one that has learned, with --clip and --pretrained)",
            quiet=quiet,
        )
    if classes <= MOST_IN_A_MATRIX:
        _print_matrix(similarity)
    output.say(f"nearest pairs ({similarity.measure})")
    for pair in similarity.nearest:
        output.say(f"  {pair.cosine:.3f}  {pair.a} · {pair.b}")
    output.say(
        f"mean cosine {similarity.mean_cosine:.3f} · effective rank {similarity.effective_rank:.1f} "
        f"of at most {classes - 1}"
    )
    if similarity.drift is not None:
        output.say(_drift_line(similarity.drift))


def _drift_line(drift: "Drift") -> str:
    moved = sorted(drift.cosines.items(), key=lambda item: item[1])
    line = f"drift from {drift.parent}: mean cosine {drift.mean:.3f}"
    if moved[0][1] > 0.9995:
        return f"{line}, no class moved"
    return f"{line}, moved most: " + ", ".join(
        f"{name} {cosine:.3f}" for name, cosine in moved[:3] if cosine <= 0.9995
    )


def _print_matrix(similarity: "ClassSimilarity") -> None:
    """Cosines in hundredths: coloured where the terminal has colours, else numbers alone."""
    from rich.cells import cell_len
    from rich.console import Console

    console = Console(highlight=False)
    names = [output.safe(name) for name in similarity.class_names]
    width = min(NAME, max(map(cell_len, names)) + 1)
    _print_row(console, "", width, [(head, "") for head in short_labels(names)])
    between = [c for i, row in enumerate(similarity.cosines) for c in row[:i]]
    low, high = min(between), max(between)
    for i, (name, row) in enumerate(zip(names, similarity.cosines, strict=True)):
        cells = [
            ("·", "") if i == j else (str(round(cosine * 100)), _style(cosine, low, high, console))
            for j, cosine in enumerate(row)
        ]
        _print_row(console, name, width, cells)
    output.say(f"{similarity.measure} in hundredths, from {low:.3f} to {high:.3f}")


def _print_row(console: "Console", name: str, width: int, cells: Sequence[tuple[str, str]]) -> None:
    from rich.text import Text

    line = Text(name)
    line.truncate(width - 1, overflow="ellipsis", pad=True)
    for content, style in cells:
        cell = Text(content)
        cell.align("right", CELL - 1)
        line.append(f"{cell} ", style=style)
    console.print(line, soft_wrap=True)


def _style(cosine: float, low: float, high: float, console: "Console") -> str:
    if console.no_color or console.color_system not in ("256", "truecolor"):
        return ""  # sixteen colours have no even steps
    share = (cosine - low) / (high - low) if high > low else 0.5
    step = min(int(share * len(COLOURS)), len(COLOURS) - 1)
    return f"{'white' if step < DARK else 'black'} on {COLOURS[step]}"


def short_labels(names: Sequence[str]) -> list[str]:
    """Heads for columns: four letters of each name, or its number where letters would not tell it apart."""
    short = [name[: CELL - 1] for name in names]
    if len(set(short)) == len(short):
        return short
    return [str(number) for number in range(1, len(names) + 1)]
