"""A comparison in one paragraph."""

from dfer.counts import count_of
from dfer.describe.descriptor_origins import author_of
from dfer.experiments.cautions import in_a_row
from dfer.experiments.in_words import statement
from dfer.experiments.matched_controls import is_control
from dfer.experiments.report.report import Report

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
        f"{count_of(folds, 'fold')} × {count_of(seeds, 'seed')}"
        if report.comparison.trained
        else count_of(folds, "fold")
    )
    selection = f", epoch selection {example.selection}" if report.comparison.trained else ""
    return (
        f"{sets}: {count_of(runs, 'run')} of {example.recipe} on {example.dataset} over {how}, "
        f"CLIP {clip.get('architecture', 'unknown')} ({clip.get('pretrained', 'unknown')}){selection}."
    )


def _statements(report: Report) -> tuple[str, ...]:
    pairs = report.comparison.pairs
    family = report.comparison.family
    if len(pairs) <= _ALL_TOLD:
        return tuple(f"{statement(pair, family=family)}." for pair in pairs)
    found = [pair for pair in pairs if pair.is_shown]
    if not found:
        apart = sum(pair.difference.leaves_out_zero for pair in pairs)
        but = f", though {apart} have an interval that leaves out zero" if apart else ""
        return (f"Of {len(pairs)} pairs, none shows a difference in UAR{but}.",)
    told = tuple(f"{statement(pair, family=family)}." for pair in found[:_ALL_TOLD])
    more = f" The first {_ALL_TOLD}:" if len(found) > _ALL_TOLD else ""
    return (f"Of {len(pairs)} pairs, {len(found)} show a difference in UAR.{more}", *told)
