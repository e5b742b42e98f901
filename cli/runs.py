"""`dfer runs`: finished and failed runs."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import output
from .options import DEFAULT_DB, Db, Json

if TYPE_CHECKING:
    from description_store.records import Run

app = typer.Typer(no_args_is_help=True, help="Runs: what was trained or evaluated, and what came out.")


@app.command("list")
def list_runs(db: Db = DEFAULT_DB, json: Json = False) -> None:
    """All runs, oldest first."""
    from description_store import runs
    from description_store.database import open_store

    with open_store(db, must_exist=True) as store:
        found = runs.list_runs(store)
    if json:
        output.print_json({"runs": [_summary(run) for run in found]})
        return
    output.print_table(
        ["run", "set", "recipe", "data", "fold", "seed", "selection", "UAR", "WAR", "status"],
        [
            [
                run.name,
                f"v{run.set_version}",
                run.recipe + (" (other words)" if run.specification.get("trained_by") else ""),
                run.dataset,
                str(run.fold),
                str(run.seed),
                run.selection,
                _percent(run.uar),
                _percent(run.war),
                run.status if not run.error else f"failed: {run.error.splitlines()[0]}",
            ]
            for run in found
        ],
        right=["fold", "seed", "UAR", "WAR"],
    )


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="r3, 3 or latest.")], db: Db = DEFAULT_DB, json: Json = False
) -> None:
    """One run: its numbers and confusion; with --json its words and every setting too."""
    from description_store.database import open_store
    from description_store.runs import find_run

    with open_store(db, must_exist=True) as store:
        run = find_run(store, name)
    if json:
        output.print_json(run_as_json(run))
        return
    print_run(run)


def run_as_json(run: "Run") -> dict[str, Any]:
    spec = run.specification
    return _summary(run) | {
        "set_hash": run.set_hash,
        "per_class": run.per_class,
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
    if brief and not run.error:
        output.say(
            f"{run.name} · v{run.set_version}, fold {run.fold}, seed {run.seed}: "
            f"UAR {_percent(run.uar)}, WAR {_percent(run.war)} on {_clips(run)} test clips"
        )
        return
    spec = run.specification
    output.say(
        f"{run.name} · v{run.set_version} · {run.recipe} on {run.dataset}, fold {run.fold}, seed {run.seed}"
        f" · epoch selection: {run.selection} · {run.status}"
    )
    if run.error:
        output.say(f"error: {run.error}")
        return
    output.say(f"UAR {_percent(run.uar)}   WAR {_percent(run.war)}   ({_clips(run)} test clips)")
    short = [name[:5] for name in spec["classes"]]
    output.print_table(
        ["class", "recall", *short],
        [
            [name, _percent(run.per_class.get(name)), *(str(n) if n else "·" for n in row)]
            for name, row in zip(spec["classes"], run.confusion, strict=True)
        ],
        right=["recall", *short],
    )
    output.say("rows: what the clips show; columns: what they were taken for")
    if run.folder:
        output.say(f"checkpoint: {run.folder}")


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
        "error": run.error or None,
        "created_at": run.created_at,
    }


def _percent(fraction: float | None) -> str:
    return "–" if fraction is None else f"{100 * fraction:.2f}"


def _clips(run: "Run") -> int:
    return sum(sum(row) for row in run.confusion)
