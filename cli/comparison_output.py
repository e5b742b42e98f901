"""What a comparison says, for people and for scripts."""

from typing import TYPE_CHECKING, Any

from . import output, published
from .set_output import made_how

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from description_store.records import DescriptionSet
    from dfer.experiments.class_changes import ClassChange, MovedConfusion
    from dfer.experiments.comparison import Comparison, Pair, Row
    from dfer.experiments.paired_difference import Difference
    from dfer.experiments.published_results import PublishedResult
    from dfer.experiments.statistics.power import Power

    Sets = Mapping[str, DescriptionSet]


def as_json(comparison: "Comparison", sets: "Sets", *, by_class: bool) -> dict[str, Any]:
    """Fractions; every difference is a − b."""
    run = comparison.example
    return {
        "protocol": comparison.protocol,
        "recipe": run.recipe,
        "dataset": run.dataset,
        "selection": run.selection,
        "rows": [_row_as_json(row, sets[row.set]) for row in comparison.rows],
        "pairs": [_pair_as_json(pair, comparison, by_class=by_class) for pair in comparison.pairs],
        "unmatched": comparison.unmatched,
        "other_protocols": {
            protocol: {"runs": other.runs, "differences": other.differences}
            for protocol, other in comparison.other_protocols.items()
        },
    }


def _row_as_json(row: "Row", found: "DescriptionSet") -> dict[str, Any]:
    gain = row.gain.uar if row.gain else None
    return {
        "set": row.set,
        "made_by": made_how(found.provenance),
        "runs": row.runs,
        "uar_mean": row.uar_mean,
        "uar_std": row.uar_std,
        "war_mean": row.war_mean,
        "war_std": row.war_std,
        "control": row.control,
        "gain": gain.mean if gain else None,
        "gain_ci": gain.interval if gain else None,
    }


def _pair_as_json(pair: "Pair", comparison: "Comparison", *, by_class: bool) -> dict[str, Any]:
    from dfer.experiments.class_changes import class_changes, moved_confusions
    from dfer.experiments.in_words import verdict

    found = pair.difference
    content = {
        "a": pair.a,
        "b": pair.b,
        **_difference_as_json("uar", found.uar),
        **_difference_as_json("war", found.war),
        "p": found.p,
        "p_permutation": found.p_permutation,
        "p_holm": pair.p_holm,
        "n": found.pairs,
        "folds": found.folds,
        "clips": found.clips,
        "gained": found.gained,
        "lost": found.lost,
        "power": _power_as_json(found.uar.power if found.uar else None),
        "shown": pair.is_shown,
        "verdict": verdict(found, pair.p_holm, family=comparison.family),
    }
    if by_class and pair.folds:
        content |= {
            "classes": [
                _class_as_json(change) for change in class_changes(pair.folds, trained=comparison.trained)
            ],
            "moved_confusions": [_moved_as_json(moved) for moved in moved_confusions(pair.folds)],
        }
    return content


def _difference_as_json(metric: str, difference: "Difference | None") -> dict[str, Any]:
    return {
        f"{metric}_diff": difference.mean if difference else None,
        f"{metric}_ci": difference.interval if difference else None,
    }


def _power_as_json(power: "Power | None") -> dict[str, Any] | None:
    if power is None:
        return None
    return {
        "detectable": power.now,
        "detectable_at_best": power.at_best,
        "aim": power.aim,
        "seeds_for_aim": power.seeds,
    }


def _class_as_json(change: "ClassChange") -> dict[str, Any]:
    return {
        "class": change.name,
        "recall_a": change.recall_a,
        "recall_b": change.recall_b,
        **_difference_as_json("recall", change.difference),
        "clips": change.clips,
        "pairs": change.pairs,
    }


def _moved_as_json(moved: "MovedConfusion") -> dict[str, Any]:
    return {
        "class": moved.label,
        "taken_for": moved.taken_for,
        "share_a": moved.share_a,
        "share_b": moved.share_b,
        "clips_a": moved.clips_a,
        "clips_b": moved.clips_b,
    }


def print_comparison(
    comparison: "Comparison", sets: "Sets", cited: "Sequence[PublishedResult]", *, by_class: bool
) -> None:
    from dfer.experiments.cautions import cautions
    from dfer.experiments.in_words import power_in_words, statement

    run = comparison.example
    clip = run.specification["clip"]
    selection = f" · epoch selection: {run.selection}" if comparison.trained else ""
    output.say(
        f"{run.recipe} on {run.dataset} · CLIP {clip['architecture']} ({clip['pretrained']}){selection}"
    )
    output.say(published.settings_in_words(run.specification))
    output.print_table(
        ["set", "runs", "UAR", "WAR", "gain over control", "made by"],
        [
            [
                row.set,
                str(row.runs),
                _mean(row.uar_mean, row.uar_std),
                _mean(row.war_mean, row.war_std),
                _gain(row),
                made_how(sets[row.set].provenance),
            ]
            for row in comparison.rows
        ],
        right=["runs", "UAR", "WAR"],
    )
    if cited:
        published.say(cited, run.specification, ours="these runs")
    for pair in comparison.pairs:
        output.say(statement(pair, family=comparison.family))
        if by_class and pair.folds:
            _print_classes(pair, comparison, sets)
    if power := power_in_words(comparison):
        output.say(power)
    for caution in cautions(comparison, sets):
        output.warn(caution)


def _print_classes(pair: "Pair", comparison: "Comparison", sets: "Sets") -> None:
    """Words and recalls side by side; b comes first, as what a is compared with."""
    from dfer.describe.difference import compare_sets
    from dfer.experiments.class_changes import class_changes, moved_confusions
    from dfer.experiments.in_words import clips_in_words

    recall = f"recall {pair.b} → {pair.a}"
    words = {c.class_name: c for c in compare_sets(sets[pair.b], sets[pair.a]).classes}
    output.print_table(
        ["class", "descriptors", "tokens", recall, f"{pair.a} − {pair.b}", "95 % CI"],
        [
            [
                change.name,
                f"+{len(words[change.name].added)} −{len(words[change.name].removed)}",
                f"{words[change.name].tokens_before} → {words[change.name].tokens_after}",
                _recalls(change),
                "" if change.difference is None else output.points(change.difference.mean, signed=True),
                _interval(change.difference),
            ]
            for change in class_changes(pair.folds, trained=comparison.trained)
        ],
        right=["tokens", recall, f"{pair.a} − {pair.b}"],
    )
    output.say(clips_in_words(pair.difference))
    for moved in moved_confusions(pair.folds, most=3):
        before, after = output.points(moved.share_b), output.points(moved.share_a)
        change = output.points(moved.moved, signed=True)
        output.say(f"{moved.label} taken for {moved.taken_for}: {before} → {after} % of its clips ({change})")


def _recalls(change: "ClassChange") -> str:
    if change.recall_a is None or change.recall_b is None:
        return "no clips"
    return f"{output.points(change.recall_b)} → {output.points(change.recall_a)}"


def _interval(difference: "Difference | None") -> str:
    if difference is None or difference.interval is None:
        return ""
    low, high = (output.points(bound, signed=True) for bound in difference.interval)
    return f"{low} … {high}"


def _mean(mean: float, deviation: float | None) -> str:
    return f"{100 * mean:.2f}" + ("" if deviation is None else f" ± {100 * deviation:.2f}")


def _gain(row: "Row") -> str:
    """ "+2.10 over v3"; the interval stands with the pair."""
    gain = row.gain.uar if row.gain else None
    return "" if gain is None else f"{output.points(gain.mean, signed=True)} over {row.control}"
