"""The difference of two sets, with what their runs say, for people and for scripts."""

import textwrap
from typing import TYPE_CHECKING, Any

import typer

from . import output

if TYPE_CHECKING:
    from dfer.describe.difference import ClassDifference, SetDifference
    from dfer.experiments.class_changes import ClassChange
    from dfer.experiments.recall_difference import RecallDifference

_COLOURS = {"-": typer.colors.RED, "+": typer.colors.GREEN}
_WIDTH = 76


def difference_as_json(
    first: str, second: str, difference: "SetDifference", recalls: "RecallDifference | None"
) -> dict[str, Any]:
    """Differences of recalls, UAR and WAR are b − a, as fractions."""
    uar = recalls.pair.difference.uar if recalls else None
    war = recalls.pair.difference.war if recalls else None
    content: dict[str, Any] = {
        "a": first,
        "b": second,
        "relation": difference.relation,
        "identical_texts": not difference.changed_classes,
        "provenance": {name: {"a": a, "b": b} for name, (a, b) in difference.provenance.items()},
        "classes": [
            {
                "class": c.class_name,
                "changed": c.changed,
                "removed": list(c.removed),
                "added": list(c.added),
                "moved": c.moved,
                "same_to_clip": c.same_to_clip,
                "several_texts": c.several,
                "words": [{"mark": mark, "text": text} for mark, text in c.words],
                "tokens": {"a": c.tokens_before, "b": c.tokens_after},
                "recall": _recall_as_json(recalls.classes.get(c.class_name) if recalls else None),
            }
            for c in difference.classes
        ],
    }
    return content | {
        "uar_diff": uar.mean if uar else None,
        "uar_ci": uar.interval if uar else None,
        "war_diff": war.mean if war else None,
        "war_ci": war.interval if war else None,
        "n": recalls.pair.difference.pairs if recalls else 0,
        "other_runs": recalls.other_runs if recalls else 0,
    }


def _recall_as_json(recall: "ClassChange | None") -> dict[str, Any] | None:
    """a and b as the sets are named: b came after."""
    if recall is None:
        return None
    return {
        "a": recall.recall_b,
        "b": recall.recall_a,
        "diff": None if recall.difference is None else recall.difference.mean,
        "diff_ci": None if recall.difference is None else recall.difference.interval,
        "pairs": recall.pairs,
    }


def print_difference(
    first: str,
    second: str,
    difference: "SetDifference",
    recalls: "RecallDifference | None" = None,
) -> None:
    if difference.relation:
        output.say(_relation(first, second, difference))
    _print_provenance(difference)
    if recalls:
        _print_recalls(first, second, recalls)
    if not difference.changed_classes:
        output.say(f"{first} and {second} have the same words")
    for c in difference.changed_classes:
        _print_class(c, _recall(c.class_name, recalls))
    unchanged = [c.class_name for c in difference.classes if not c.changed]
    if unchanged and difference.changed_classes:
        output.say(f"\nthe words of the other {len(unchanged)} did not change")
    for name in unchanged:
        recall = recalls.classes.get(name) if recalls else None
        if recall and recall.difference and recall.difference.mean:
            output.say(f"  {name}  {_recall(name, recalls)}")


def _relation(first: str, second: str, difference: "SetDifference") -> str:
    if difference.relation == "same":
        return f"{first} and {second} are the same set, hash for hash"
    if difference.relation == "siblings":
        return f"{first} and {second} were made from the same set"
    child = difference.relation == "child"
    made, source = (second, first) if child else (first, second)
    return f"{made} was made from {source}"


def _print_provenance(difference: "SetDifference") -> None:
    from dfer.describe.difference import in_words

    for field, (a, b) in in_words(difference).items():
        for line in textwrap.wrap(f"{field}: {a} → {b}", _WIDTH, subsequent_indent="  "):
            output.say(line)


def _print_recalls(first: str, second: str, recalls: "RecallDifference") -> None:
    from dfer.experiments.in_words import difference_in_words, verdict

    found, run = recalls.pair.difference, recalls.comparison.example
    assert found.uar is not None, "recalls are of pairs"
    assert found.war is not None, "recalls are of pairs"
    output.say(
        f"{run.recipe} on {run.dataset}, epoch {run.selection}, "
        f"{output.count_of(found.pairs, 'pair')} of runs, {second} − {first}:"
    )
    output.say(f"  {difference_in_words(found.uar, 'UAR')}")
    output.say(f"  {difference_in_words(found.war, 'WAR')}")
    output.say(f"  {verdict(found, recalls.pair.p_holm, family=1)}; a single class tells even less")
    if recalls.comparison.random_weights:
        output.warn("this CLIP's weights are random: the numbers say nothing about the words")
    if recalls.other_runs:
        left_out = output.count_of(recalls.other_runs, "run")
        output.warn(f"{left_out} of other protocols left out: `dfer compare --protocol` chooses")


def _print_class(c: "ClassDifference", recall: str) -> None:
    before = "–" if c.tokens_before is None else c.tokens_before
    after = "–" if c.tokens_after is None else c.tokens_after
    output.say(f"\n{c.class_name}  ({before} → {after} tokens){f'  {recall}' if recall else ''}", bold=True)
    for mark, words in c.shown:
        _print_marked(mark, words, further="  " if c.several else "")
    if c.same_to_clip:
        output.say("  (the same to CLIP)")
    elif not c.added and not c.removed:
        output.say(f"  (the same descriptors, {'in another order' if c.moved else 'said in another form'})")
    elif c.torn:
        output.say("  descriptors:")
        for mark, descriptors in (("-", c.removed), ("+", c.added)):
            for descriptor in descriptors:
                _print_marked(mark, descriptor)


def _print_marked(mark: str, words: str, *, further: str = "") -> None:
    """`further` sets off the further lines of one text from the next text."""
    for line in textwrap.wrap(words, width=_WIDTH, subsequent_indent=further):
        output.say(f"{mark} {line}", fg=_COLOURS.get(mark))


def _recall(name: str, recalls: "RecallDifference | None") -> str:
    """ "recall 61.20 → 64.90 (+3.70)", with the number of pairs where the class is missing from some."""
    recall = recalls.classes.get(name) if recalls else None
    if recalls is None or recall is None or recall.difference is None:
        return ""
    assert recall.recall_a is not None, "with a difference"
    assert recall.recall_b is not None, "with a difference"
    told = output.points(recall.difference.mean, signed=True)
    if recall.pairs != recalls.pair.difference.pairs:
        told += f", {output.count_of(recall.pairs, 'pair')}"
    return f"recall {output.points(recall.recall_b)} → {output.points(recall.recall_a)} ({told})"
