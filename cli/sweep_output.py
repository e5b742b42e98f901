"""What a sweep is going to do, and what an experiment came to."""

import json as json_text
from typing import TYPE_CHECKING, Any

from . import output
from .confusion import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from description_store.experiments import CellNow
    from dfer.experiments.sweeping.estimates import Estimate
    from dfer.experiments.sweeping.summary import SummaryRow


def say_what_is_done(name: str, now: "Sequence[CellNow]", wanted: set[str], *, quiet: bool) -> None:
    counts = count_states(now)
    parts = [output.count_of(len(now), "cell"), f"{counts['finished']} finished"]
    if given_up := sum(one.state == "failed" and one.cell.spec_hash not in wanted for one in now):
        parts.append(f"{given_up} failed (--retry-failed)")
    output.note(f"{name}: {', '.join([*parts, f'{len(wanted)} to do'])}", quiet=quiet)


def print_plan(
    now: "Sequence[CellNow]", wanted: set[str], estimate: "Estimate", *, jobs: int, json: bool
) -> None:
    """What `--dry-run` says."""
    counts = count_states(now)
    if json:
        output.print_json(
            {
                "dry_run": True,
                "cells": {"total": len(now), **counts, "to_do": len(wanted)},
                "seconds": estimate.seconds,
                "bytes": estimate.bytes,
                "jobs": jobs,
            }
        )
        return
    output.say(
        f"{output.count_of(len(now), 'cell')}: {counts['finished']} finished, {counts['failed']} failed, "
        f"{counts['running']} being computed, {len(wanted)} to do"
    )
    if estimate.seconds is None:
        output.say("time: known after the first cell of each recipe and setting")
    else:
        output.say(f"time: about {duration(estimate.seconds)} with --jobs {jobs}")
    output.say(f"disk: about {size(estimate.bytes)} of checkpoints")


def print_sweep(
    name: str, *, before: "Sequence[CellNow]", after: "Sequence[CellNow]", json: bool, quiet: bool
) -> None:
    from dfer.experiments.sweeping.summary import summary

    rows = summary(after)
    counts = count_states(after)
    if json:
        output.print_json(
            {
                "experiment": name,
                "cells": {
                    "total": len(after),
                    "finished": counts["finished"],
                    "failed": counts["failed"],
                    "skipped": count_states(before)["finished"],
                },
                "runs": [one.run.name for one in after if one.state == "finished" and one.run],
                "rows": rows_as_json(rows),
                "failures": failures_as_json(after),
            }
        )
        return
    print_rows(rows)
    print_failures(after)
    output.note(
        f"{name}: {counts['finished']} of {output.count_of(len(after), 'cell')} finished", quiet=quiet
    )
    if counts["failed"]:
        output.note("next: mend what failed, then the same command with --retry-failed", quiet=quiet)
    elif len({row.set_version for row in rows}) > 1:
        output.note(f"next: dfer compare --experiment {name}   dfer experiments show {name}", quiet=quiet)


def print_rows(rows: "Sequence[SummaryRow]") -> None:
    """Mean ± standard deviation over folds and seeds. Without rows, nothing."""
    if not rows:
        return
    output.print_table(
        ["recipe", "settings", "set", "runs", "UAR", "WAR"],
        [
            [
                row.recipe,
                settings_in_words(row.varied),
                f"v{row.set_version}",
                str(row.runs),
                _mean(row.uar_mean, row.uar_std),
                _mean(row.war_mean, row.war_std),
            ]
            for row in rows
        ],
        right=["runs", "UAR", "WAR"],
    )


def _mean(mean: float, deviation: float | None) -> str:
    return percent(mean) if deviation is None else f"{percent(mean)} ± {percent(deviation)}"


def print_failures(now: "Sequence[CellNow]") -> None:
    """A line per reason: one damaged frame may fail a fold's cells all alike."""
    alike: dict[str, list[str]] = {}
    for one in now:
        if one.state == "failed" and one.run:
            reason = one.run.error.splitlines()[0]
            alike.setdefault(reason, []).append(f"{one.cell.name} ({one.run.name})")
    for reason, names in alike.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        output.say(f"failed: {names[0]}{more}: {reason}")


def rows_as_json(rows: "Sequence[SummaryRow]") -> list[dict[str, Any]]:
    return [
        {
            "recipe": row.recipe,
            "varied": row.varied,
            "set": f"v{row.set_version}",
            "runs": row.runs,
            "uar_mean": row.uar_mean,
            "uar_std": row.uar_std,
            "war_mean": row.war_mean,
            "war_std": row.war_std,
        }
        for row in rows
    ]


def failures_as_json(now: "Sequence[CellNow]") -> list[dict[str, Any]]:
    return [
        {"cell": one.cell.name, "run": one.run.name, "error": one.run.error}
        for one in now
        if one.state == "failed" and one.run
    ]


def count_states(now: "Sequence[CellNow]") -> dict[str, int]:
    states = [one.state for one in now]
    return {state: states.count(state) for state in ("finished", "failed", "running", "open")}


def settings_in_words(varied: dict[str, Any]) -> str:
    """ "context_tokens=8 schedule=cosine"."""
    return " ".join(
        f"{key}={value if isinstance(value, str) else json_text.dumps(value)}"
        for key, value in varied.items()
    )


def duration(seconds: float) -> str:
    """ "40 s", "12 min", "3 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def size(count: float) -> str:
    """ "350 MB"."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
