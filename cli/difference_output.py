"""The difference of two sets, with what their runs say, for people and for scripts."""

import textwrap
from typing import TYPE_CHECKING, Any

import typer

from . import output

if TYPE_CHECKING:
    from dfer.describe.difference import ClassDifference, SetDifference
    from dfer.experiments.recall_difference import ClassRecall, RecallDifference

_COLOURS = {"-": typer.colors.RED, "+": typer.colors.GREEN}
_WIDTH = 76


def difference_as_json(
    first: str, second: str, difference: "SetDifference", recalls: "RecallDifference | None"
) -> dict[str, Any]:
    """Differences of recalls, UAR and WAR are b − a, as fractions."""
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
                "words": [{"mark": mark, "text": text} for mark, text in c.words],
                "tokens": {"a": c.tokens_before, "b": c.tokens_after},
                "recall": _recall_as_json(recalls.classes.get(c.class_name) if recalls else None),
            }
            for c in difference.classes
        ],
    }
    return content | {
        "uar_diff": recalls.uar.mean if recalls else None,
        "uar_ci": recalls.uar.interval if recalls else None,
        "war_diff": recalls.war.mean if recalls else None,
        "war_ci": recalls.war.interval if recalls else None,
        "n": recalls.uar.n if recalls else 0,
    }


def _recall_as_json(recall: "ClassRecall | None") -> dict[str, Any] | None:
    if recall is None:
        return None
    return {"a": recall.before, "b": recall.after, "diff": recall.difference, "pairs": recall.pairs}


def print_difference(
    first: str,
    second: str,
    difference: "SetDifference",
    recalls: "RecallDifference | None" = None,
) -> None:
    relation = {
        "child": f"{second} was made from {first}",
        "parent": f"{first} was made from {second}",
        "siblings": f"{first} and {second} were made from the same set",
    }
    if difference.relation:
        output.say(relation[difference.relation])
    else:
        _print_provenance(difference.provenance)
    if recalls:
        _print_recalls(first, second, recalls)
    if not difference.changed_classes:
        output.say(f"{first} and {second} have the same words")
    for c in difference.changed_classes:
        _print_class(c, recalls.classes.get(c.class_name) if recalls else None)
    unchanged = [c for c in difference.classes if not c.changed]
    if unchanged and difference.changed_classes:
        output.say(f"\nthe words of the other {len(unchanged)} did not change")
    for c in unchanged:
        if recalls and (told := _recall(recalls.classes.get(c.class_name))):
            output.say(f"  {c.class_name}  {told}")


def _print_provenance(provenance: dict[str, tuple[Any, Any]]) -> None:
    for field, (a, b) in provenance.items():
        if field != "rendering" or a != b:
            for line in textwrap.wrap(f"{field}: {_value(a)} → {_value(b)}", _WIDTH, subsequent_indent="  "):
                output.say(line)


def _value(value: Any) -> str:
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, dict):
        return ", ".join(f"{name}={inner}" for name, inner in value.items() if inner is not None)
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    return str(value)


def _print_recalls(first: str, second: str, recalls: "RecallDifference") -> None:
    output.say(
        f"{recalls.recipe} on {recalls.dataset}, epoch {recalls.selection}, "
        f"{output.count_of(recalls.uar.n, 'pair')} of runs, {second} − {first}:"
    )
    for name, difference in (("UAR", recalls.uar), ("WAR", recalls.war)):
        assert difference.mean is not None
        line = f"  {name} {output.points(difference.mean, signed=True)}"
        if difference.interval:
            low, high = (output.points(bound, signed=True) for bound in difference.interval)
            line += f" (95 % CI {low} … {high})"
        output.say(line)


def _print_class(c: "ClassDifference", recall: "ClassRecall | None") -> None:
    before = "–" if c.tokens_before is None else c.tokens_before
    after = "–" if c.tokens_after is None else c.tokens_after
    told = _recall(recall)
    output.say(f"\n{c.class_name}  ({before} → {after} tokens){f'  {told}' if told else ''}", bold=True)
    runs = c.words
    if c.unrelated:
        runs = tuple(
            (mark, " ".join(text for m, text in c.words if m in (" ", mark)))
            for mark in "-+"
            if any(m in (" ", mark) for m, _ in c.words)
        )
    for mark, words in runs:
        for line in textwrap.wrap(words, width=_WIDTH):
            output.say(f"{mark} {line}", fg=_COLOURS.get(mark))
    if c.moved and not c.added and not c.removed:
        output.say("  (the same descriptors, in another order)")


def _recall(recall: "ClassRecall | None") -> str:
    if recall is None or recall.before is None or recall.after is None:
        return ""
    change = output.points(recall.after - recall.before, signed=True)
    return f"recall {output.points(recall.before)} → {output.points(recall.after)} ({change})"
