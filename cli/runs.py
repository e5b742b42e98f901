"""`dfer runs`: finished, failed and imported runs."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import output, published
from .confusion import percent, print_confusion, room, width_of
from .importing_runs import import_run
from .options import DEFAULT_DB, Db, Json, Quiet

if TYPE_CHECKING:
    from description_store.records import Run

_HEADINGS = ("run", "set", "recipe", "data", "fold", "seed", "selection", "UAR", "WAR", "status")
# What is cut on a narrow terminal, in this order, and how much stays of it; `dfer runs show` has all of it.
_MAY_BE_CUT = {"status": 8, "recipe": 9, "data": 6}

# All of a path but the last part.
_LONG_PATH = re.compile(r"(?<![\w.])~?(?:/[^\s/'\"]+)+/")
_FURTHER = {"macro_f1": "macro-F1", "auc": "AUC", "calibration_error": "calibration error"}

app = typer.Typer(no_args_is_help=True, help="Runs: what was trained or evaluated, and what came out.")


@app.command("list")
def list_runs(db: Db = DEFAULT_DB, json: Json = False) -> None:
    """All runs, oldest first."""
    from description_store import runs
    from description_store.database import open_to_look

    with open_to_look(db) as store:
        found = runs.list_runs(store)
    if json:
        output.print_json({"runs": [_summary(run) for run in found]})
        return
    rows = [
        [
            run.name,
            f"v{run.set_version}",
            run.recipe,
            run.dataset,
            str(run.fold),
            *((str(run.seed), run.selection) if _trains(run) else ("–", "–")),
            percent(run.uar),
            percent(run.war),
            _status(run),
        ]
        for run in found
    ]
    output.print_table(_HEADINGS, _fitted(rows), right=["fold", "seed", "UAR", "WAR"])
    for run in found:
        if run.error:
            output.say(_why(run))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="r3, 3 or latest.")], db: Db = DEFAULT_DB, json: Json = False
) -> None:
    """One run: its numbers and confusion; with --json its words and every setting too."""
    from description_store.database import open_to_look
    from description_store.runs import find_run

    with open_to_look(db) as store:
        run = find_run(store, name)
    if json:
        output.print_json(run_as_json(run))
        return
    print_run(run)


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="r3, 3 or latest.")],
    file: Annotated[Path, typer.Argument(help="The JSON file to write.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    db: Db = DEFAULT_DB,
    quiet: Quiet = False,
) -> None:
    """Everything that is known of a run as one JSON file: words, settings, numbers, every clip's scores."""
    import json

    from description_store.database import open_to_look
    from description_store.runs import find_run, load_predictions

    with open_to_look(db) as store:
        run = find_run(store, name)
        predictions = load_predictions(store, run.id)
    content = {"schema_version": 1, **run_as_json(run), "predictions": [p.model_dump() for p in predictions]}
    output.write_new(file, json.dumps(content, ensure_ascii=False, indent=1) + "\n", force=force)
    output.note(f"{run.name} and its {output.count_of(len(predictions), 'prediction')}: {file}", quiet=quiet)


def run_as_json(run: "Run") -> dict[str, Any]:
    from dfer.experiments.published_results import published_beside

    spec = run.specification
    return _summary(run) | {
        "set_hash": run.set_hash,
        "per_class": run.per_class,
        "published": published.as_json(published_beside(spec) if run.status == "finished" else ()),
        "confusion": [list(row) for row in run.confusion],
        "classes": spec["classes"],
        "texts": dict(zip(spec["classes"], spec["texts"], strict=True)),
        "config": {k: v for k, v in spec.items() if k not in ("classes", "texts", "set", "set_hash")},
        "history": list(run.history),
        "spec_hash": run.spec_hash,
        "protocol_hash": run.protocol_hash,
        "environment": run.environment,
        "folder": run.folder,
        "seconds": run.seconds,
    }


def print_run(run: "Run", *, brief: bool = False) -> None:
    from dfer.experiments.published_results import published_beside

    if brief and run.status == "finished":
        output.say(
            f"{run.name} · v{run.set_version}, {_pairing(run)}: "
            f"UAR {percent(run.uar)}, WAR {percent(run.war)} on {_clips(run)} test clips"
        )
        return
    spec = run.specification
    trained = f" · epoch selection: {run.selection}{_selected_epoch(run)}" if _trains(run) else ""
    output.say(
        f"{run.name} · v{run.set_version} · {run.recipe} on {run.dataset}, {_pairing(run)}{trained}"
        f" · {run.status}"
    )
    if run.error:
        output.say(f"error: {run.error}")
        return
    output.say(published.settings_in_words(spec))
    if run.status == "finished":
        _print_numbers(run)
        print_confusion(run)
        published.say(published_beside(spec), spec, ours="this run")
    if run.folder:
        output.say(f"checkpoint: {run.folder}")


def _print_numbers(run: "Run") -> None:
    further = "".join(
        f"   {heading} {percent(run.metrics[name])}"
        for name, heading in _FURTHER.items()
        if name in run.metrics
    )
    output.say(f"UAR {percent(run.uar)}   WAR {percent(run.war)}{further}   ({_clips(run)} test clips)")
    if absent := [name for name in run.specification["classes"] if run.per_class.get(name) is None]:
        output.say(f"no test clips of {', '.join(absent)}: left out of UAR, macro-F1 and AUC")


def _summary(run: "Run") -> dict[str, Any]:
    return {
        "run": run.name,
        "status": run.status,
        "set": f"v{run.set_version}",
        "recipe": run.recipe,
        "dataset": run.dataset,
        "fold": run.fold,
        "seed": run.seed,
        "selection": run.selection,
        "uar": run.uar,
        "war": run.war,
        "metrics": run.metrics,
        "error": run.error or None,
        "created_at": run.created_at,
    }


def _trains(run: "Run") -> bool:
    """Whether seed and selection mean anything; zero-shot draws nothing and selects nothing."""
    from dfer.experiments.sweeping.grid import trains

    return trains(run.recipe)


def _pairing(run: "Run") -> str:
    return f"fold {run.fold}, seed {run.seed}" if _trains(run) else f"fold {run.fold}"


def _status(run: "Run") -> str:
    trained_by = run.specification.get("trained_by") or run.set_hash
    return run.status + (", other words" if trained_by.split()[-1] != run.set_hash else "")


def _why(run: "Run") -> str:
    """The error on a line of its own, its paths by their last part where all of it is too long."""
    reason = f"{run.name}: {run.error.splitlines()[0]}"
    reason = reason if len(reason) <= room() else _LONG_PATH.sub("…/", reason)
    return reason if len(reason) <= room() else f"{reason[: room() - 1]}…"


def _fitted(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The rows on a line each where the terminal is wide enough, cells cut with an ellipsis if need be."""
    fitted = [list(row) for row in rows]
    for heading, least in _MAY_BE_CUT.items():
        over = width_of(_HEADINGS, fitted) - room()
        place = _HEADINGS.index(heading)
        keep = max(least, max((len(row[place]) for row in fitted), default=0) - over)
        for row in fitted:
            if over > 0 and len(row[place]) > keep:
                row[place] = row[place][: keep - 1] + "…"
    return fitted


def _selected_epoch(run: "Run") -> str:
    """ " (epoch 3 of 50)", where the epochs were judged: the first of the best by WAR."""
    judged = [row["war"] for row in run.history if row["war"] is not None]
    return f" (epoch {judged.index(max(judged)) + 1} of {len(judged)})" if judged else ""


def _clips(run: "Run") -> int:
    return sum(sum(row) for row in run.confusion)


app.command("import")(import_run)
