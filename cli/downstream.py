"""`dfer downstream`: ordinal scores from the video tower of a trained run."""

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import output
from .clips_progress import clips_bar
from .options import DEFAULT_DB, Db, Force, Json, Quiet
from .training_options import Accelerator, Workers, default_workers

if TYPE_CHECKING:
    from dfer.downstream.agreement import Agreement
    from dfer.downstream.study import Study


def downstream(
    run: Annotated[str, typer.Option("--run", help="The trained run whose video tower is used, frozen.")],
    data: Annotated[
        Path,
        typer.Option(help="A CSV file: path, subject, optionally video, and a column for each score."),
    ],
    targets: Annotated[
        str | None,
        typer.Option(help="Columns of scores, separated by commas. Default: every column of numbers."),
    ] = None,
    root: Annotated[
        Path | None, typer.Option(help="Where relative paths start, if not at the file's folder.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the clips that train a head.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="What the heads' first weights are drawn from.")] = 1,
    out: Annotated[
        Path | None, typer.Option(help="A JSON file for the results, with each video's scores.")
    ] = None,
    force: Force = False,
    pretrained: Annotated[
        str | None, typer.Option(help="Where CLIP's weights lie now, if not where the run found them.")
    ] = None,
    workers: Workers = None,
    accelerator: Accelerator = "auto",
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Predict scores, of symptoms for example, by a small head on a trained run's video tower.

    Each subject is left out in turn: their videos are scored by a head that the others' clips trained. Beside
    it stands the baseline, the mean score of the others; a head no better than that has learnt nothing. The
    run itself should not have been trained on these people. The store is only read: what comes out belongs to
    no class set, so it is no run; --out keeps it.
    """
    from description_store.database import open_store
    from description_store.runs import find_run
    from dfer.downstream.head import HeadSettings
    from dfer.downstream.preparing import prepare_study
    from dfer.downstream.results_file import check_place, write_whole
    from dfer.downstream.study import study_scores

    if out is not None:
        check_place(out, replace=force)
    with open_store(db, must_exist=True) as store:
        found = find_run(store, run)
    with clips_bar("reading clips", quiet=quiet) as on_clip:
        prepared = prepare_study(
            found,
            data,
            targets=None if targets is None else targets.split(","),
            root=root,
            pretrained=pretrained,
            on_clip=on_clip,
        )
    if prepared.scored.unscored:
        rows = output.count_of(prepared.scored.unscored, "row")
        output.note(f"left out: {rows} without a score of {', '.join(prepared.scored.targets)}", quiet=quiet)
    with clips_bar("video features", quiet=quiet) as on_clip:
        study = study_scores(
            prepared,
            settings=HeadSettings(epochs=epochs),
            seed=seed,
            accelerator=accelerator,
            workers=default_workers(workers),
            on_clip=on_clip,
        )
    content = study.as_json()
    if json:
        output.print_json(content)
    else:
        _print(study)
    if out is not None:  # last: what cannot be written has at least been shown
        whole = {"schema_version": output.SCHEMA_VERSION, **content}
        write_whole(out, json_text.dumps(whole, ensure_ascii=False, indent=2) + "\n")
        output.note(f"results: {out}", quiet=quiet)
    if study.learnt_nothing:
        output.warn(
            "by RMSE no better than the mean of the other subjects: " + ", ".join(study.learnt_nothing),
            quiet=quiet,
        )


def _print(study: "Study") -> None:
    output.say(
        f"{study.identity['run']} · {output.count_of(study.subjects, 'subject')}, each left out in turn · "
        f"{output.count_of(len(study.videos), 'video')} of {output.count_of(study.clips, 'clip')}"
    )
    rows: list[list[str]] = []
    for result in study.targets:
        rows.append([result.target, str(result.videos), "head", *_cells(result.head)])
        rows.append(["", "", "baseline", *_cells(result.baseline)])
    if len(study.targets) > 1:
        head, baseline = study.mean
        rows.append(["(mean)", "", "head", *_cells(head)])
        rows.append(["", "", "baseline", *_cells(baseline)])
    measures = ["MAE", "RMSE", "PCC", "CCC"]
    output.print_table(["target", "videos", "scored by", *measures], rows, right=["videos", *measures])
    output.say("baseline: the mean score of the other subjects; its correlations say nothing")


def _cells(agreement: "Agreement") -> list[str]:
    return [
        "–" if value is None else f"{value:.3f}".replace("-", "−")
        for value in (agreement.mae, agreement.rmse, agreement.pcc, agreement.ccc)
    ]
