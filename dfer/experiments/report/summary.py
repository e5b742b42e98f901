"""A comparison in one paragraph, and what a reader must know before believing it."""

from dfer.describe.descriptor_origins import author_of
from dfer.experiments.comparison import Pair
from dfer.experiments.in_words import statement
from dfer.experiments.matched_controls import is_control
from dfer.experiments.report.report import Report
from dfer.models.settings import RECIPES, LinearSettings

_ALL_NAMED = 4
_ALL_TOLD = 3
"""Of more pairs than these, only those that show a difference are told in the summary."""


def title(report: Report) -> str:
    """ "v1 and v2 on mafw"; of many sets only their number."""
    names = list(report.sets)
    told = in_a_row(names) if len(names) <= _ALL_NAMED else f"{len(names)} description sets"
    return f"{told} on {report.comparison.example.dataset}"


def summary(report: Report) -> tuple[str, ...]:
    """Sentences: what was compared, and what the runs say of each pair."""
    return (_setting(report), *_statements(report))


def warnings(report: Report) -> tuple[str, ...]:
    """What makes the figures say less than they seem to. The gravest first."""
    comparison, example = report.comparison, report.comparison.example
    told = []
    if comparison.random_weights:
        told.append(
            "CLIP's weights are random: it has never read a word, so no figure here says anything of words."
        )
    if isinstance(RECIPES.get(example.recipe), LinearSettings):
        told.append(f"{example.recipe} reads no words: the sets only say which classes there are.")
    told += _of_controls(report)
    if example.selection == "best-test":
        told.append(
            "The epoch was selected on the test clips (best-test), as in both papers: the figures are better "
            "than those of new clips would be."
        )
    if comparison.trained and all(len({r.seed for r in runs}) == 1 for runs in comparison.runs.values()):
        told.append("One seed per fold: how much of a difference is the luck of a training cannot be told.")
    for name, runs in comparison.unmatched.items():
        told.append(f"{name}: {_count(runs, 'run')} of folds or seeds that other sets lack.")
    if comparison.other_protocols:
        runs = sum(comparison.other_protocols.values())
        told.append(
            f"{_count(runs, 'run')} of other protocols left out: these sets were trained in other ways too."
        )
    return tuple(told)


def _leaves_out_zero(pair: Pair) -> bool:
    uar = pair.difference.uar
    if uar is None or uar.interval is None:
        return False
    low, high = uar.interval
    return low < high and not low <= 0 <= high


def in_a_row(names: list[str]) -> str:
    """ "v1, v2 and v3"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _setting(report: Report) -> str:
    example = report.comparison.example
    clip = example.specification.get("clip", {})
    sets = in_a_row([f"{name} ({author_of(one)})" for name, one in report.sets.items()])
    if len(report.sets) > _ALL_NAMED:
        controls = sum(map(is_control, report.sets.values()))
        sets = f"{len(report.sets)} description sets, {controls} of them controls"
    folds = len({run.fold for _, run in report.runs})
    seeds = len({run.seed for _, run in report.runs})
    runs = len(report.runs)
    how = (
        f"{_count(folds, 'fold')} × {_count(seeds, 'seed')}"
        if report.comparison.trained
        else _count(folds, "fold")
    )
    selection = f", epoch selection {example.selection}" if report.comparison.trained else ""
    return (
        f"{sets}: {_count(runs, 'run')} of {example.recipe} on {example.dataset} over {how}, "
        f"CLIP {clip.get('architecture', 'unknown')} ({clip.get('pretrained', 'unknown')}){selection}."
    )


def _statements(report: Report) -> tuple[str, ...]:
    pairs = report.comparison.pairs
    family = report.comparison.family
    if len(pairs) <= _ALL_TOLD:
        return tuple(f"{statement(pair, family=family)}." for pair in pairs)
    found = [pair for pair in pairs if pair.is_shown]
    if not found:
        apart = sum(_leaves_out_zero(pair) for pair in pairs)
        but = f", though {apart} have an interval that leaves out zero" if apart else ""
        return (f"Of {len(pairs)} pairs, none shows a difference in UAR{but}.",)
    told = tuple(f"{statement(pair, family=family)}." for pair in found[:_ALL_TOLD])
    more = f" The first {_ALL_TOLD}:" if len(found) > _ALL_TOLD else ""
    return (f"Of {len(pairs)} pairs, {len(found)} show a difference in UAR.{more}", *told)


def _of_controls(report: Report) -> list[str]:
    if not any(map(is_control, report.sets.values())):
        return [
            "No control set stands in this table: it cannot tell whether wording matters more than any words "
            "would. `dfer sets control` makes one."
        ]
    rows = [row for row in report.comparison.rows if not is_control(report.sets[row.set])]
    alone = [row.set for row in rows if row.control is None]
    if not alone:
        return []
    return [
        f"No control made from {in_a_row(alone)} stands in this table: there is no gain over one to tell."
    ]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
