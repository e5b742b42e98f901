"""The papers' figures beside one's own: in words, and for scripts."""

from typing import TYPE_CHECKING, Any

from . import output

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dfer.experiments.published_results import PublishedResult


def as_json(published: "Sequence[PublishedResult]") -> list[dict[str, Any]]:
    return [
        {
            "source": row.source,
            "table": row.table,
            "dataset": row.dataset,
            "method": row.method,
            "variant": row.variant,
            "protocol": row.protocol,
            "selection": row.selection,
            "uar": row.uar,
            "war": row.war,
        }
        for row in published
    ]


def say(published: "Sequence[PublishedResult]", specification: "Mapping[str, Any]", *, ours: str) -> None:
    """A line per figure, and one of what `ours` ("this run") did otherwise. Nothing where there is none.

    A run does not know whether its clips are the published ones or a synthetic world in their layout.
    """
    from dfer.experiments.sweeping.grid import trains

    if not published:
        return
    for row in published:
        output.say(f"the paper: {in_words(row)}")
    clip = specification["clip"].get("architecture", "unknown")
    selection = f"selection {specification['selection']}, " if trains(specification["recipe"]) else ""
    output.say(
        f"{ours}: {selection}CLIP {clip} (the paper's: ViT-B-32); "
        f"a comparison only if these are {published[0].dataset}'s own clips"
    )


def in_words(row: "PublishedResult") -> str:
    """ "39.89 UAR, 52.55 WAR (DFER-CLIP, Table 1, mean of 3 seeds and 5 folds, epoch selected …)"."""
    table = f"Table {row.table}" if row.method.startswith(row.paper) else f"{row.paper}'s Table {row.table}"
    selected = "nothing trained" if row.selection is None else "epoch selected on the test clips: best-test"
    told = (row.method, row.told_variant, table, row.averaging, selected)
    figures = f"{output.points(row.uar)} UAR, {output.points(row.war)} WAR"
    return f"{figures} ({', '.join(part for part in told if part)})"


def settings_in_words(specification: "Mapping[str, Any]") -> str:
    """ "settings as published but epochs=1, batch_size=8"."""
    from dfer.experiments.published_results import departures

    changed = departures(specification["recipe"], specification["settings"])
    told = ", ".join(f"{name}={value}" for name, value in changed.items())
    # For the others the papers give figures, but no code for video.
    published = specification["recipe"] in ("dfer-clip", "emoclip", "emoclip-supervised")
    own = "settings as published" if published else "the recipe's own settings"
    return own + (f" but {told}" if told else "")
