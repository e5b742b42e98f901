"""`dfer sweep`: a grid of runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from . import output
from .clips_progress import clips_bar
from .options import DEFAULT_DB, Db, Json, Quiet, complete_recipe, complete_set
from .set_names import stored_set
from .settings import defaults_from_argument
from .sweep_output import print_plan, print_sweep, say_what_is_done
from .sweep_progress import sweep_shown
from .training_options import (
    Accelerator,
    Accumulate,
    AllowMissing,
    Augmentation,
    Balance,
    BatchSize,
    BrokenFrames,
    Clip,
    Compile,
    DataOrNone,
    Dataset,
    Downsample,
    Epochs,
    Features,
    KeepMinutes,
    Out,
    Precision,
    Pretrained,
    RandomTestWindows,
    Recompute,
    Root,
    Sampling,
    Selection,
    Settings,
    ShortClips,
    TensorBoard,
    Workers,
    chosen_weights,
    default_workers,
    parse_settings,
)

if TYPE_CHECKING:
    from dfer.experiments.sweeping.driving import Launcher

_GRID, _LAUNCHING = "The grid", "Launching"


def sweep(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="A TOML file whose keys are these options, `vary` a table; flags win over it. "
            "Paths in it are relative to the working folder.",
            is_eager=True,
            callback=defaults_from_argument,
        ),
    ] = None,
    descriptions: Annotated[
        list[str] | None,
        typer.Option(
            "--descriptions",
            "-d",
            help="Description sets: v1,v3,@control.",
            autocompletion=complete_set,
            rich_help_panel=_GRID,
        ),
    ] = None,
    recipes: Annotated[
        list[str] | None,
        typer.Option(
            "--recipes",
            "--recipe",
            help="Methods, separated by commas. Default: dfer-clip.",
            autocompletion=complete_recipe,
            rich_help_panel=_GRID,
        ),
    ] = None,
    folds: Annotated[
        str, typer.Option("--folds", "--fold", help="1-5 or 1,3 or all.", rich_help_panel=_GRID)
    ] = "1",
    seeds: Annotated[
        str, typer.Option("--seeds", "--seed", help="1-3 or 1,2,3.", rich_help_panel=_GRID)
    ] = "1",
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=A,B",
            help="A setting and its values; repeatable: all combinations. coop.KEY is for that recipe alone.",
            rich_help_panel=_GRID,
        ),
    ] = None,
    data: DataOrNone = None,
    dataset: Dataset = "csv",
    root: Root = None,
    clip: Clip = "ViT-B-32",
    pretrained: Pretrained = None,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    selection: Selection = "last",
    augmentation: Augmentation = None,
    sampling: Sampling = None,
    downsample: Downsample = None,
    random_test_windows: RandomTestWindows = False,
    short_clips: ShortClips = "repeat-last",
    broken_frames: BrokenFrames = "error",
    balance: Balance = "none",
    precision: Precision = "fp32",
    settings: Settings = None,
    name: Annotated[str | None, typer.Option(help="What to call the experiment. Default: e1, e2, …")] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Compute the cells that failed before once more.")
    ] = False,
    launcher: Annotated[
        Literal["local", "ray"],
        typer.Option(help="Processes of this machine, or a Ray cluster.", rich_help_panel=_LAUNCHING),
    ] = "local",
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            "-j",
            min=1,
            help="So many cells at once. Default: local: one per GPU, or 1; ray: as there is room. "
            "On processors they share the threads, which changes rounding.",
            rich_help_panel=_LAUNCHING,
        ),
    ] = None,
    ray_address: Annotated[
        str | None,
        typer.Option(
            help="Of a Ray cluster. Default: one that runs here, or a new one.", rich_help_panel=_LAUNCHING
        ),
    ] = None,
    ray_cpus: Annotated[
        float,
        typer.Option(
            min=0,
            help="ray: processors of a cell: one computes, the others read clips.",
            rich_help_panel=_LAUNCHING,
        ),
    ] = 1,
    ray_gpus: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="ray: GPUs of a cell, 0.5 for two on one. Default: 1 if there are any.",
            rich_help_panel=_LAUNCHING,
        ),
    ] = None,
    workers: Workers = None,
    accelerator: Accelerator = "auto",
    out: Out = None,
    accumulate: Accumulate = 1,
    recompute: Recompute = False,
    compiled: Compile = False,
    features: Features = True,
    keep_minutes: KeepMinutes = 5,
    tensorboard: TensorBoard = None,
    allow_missing_classes: AllowMissing = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say how many cells, how long, how much disk; compute nothing.")
    ] = False,
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Sets × recipes × folds × seeds × settings: every cell once, and on where a stopped sweep stopped."""
    from dfer.errors import UsageError
    from dfer.experiments.sweeping.grid import Grid, parse_folds, parse_names, parse_numbers, parse_vary

    if data is None:
        raise UsageError("there are no clips to train and test on", hint="name them with --data")
    grid = Grid(
        descriptions=parse_names(descriptions or (), what="descriptions"),
        data=data,
        dataset=dataset,
        root=root,
        allow_missing_classes=allow_missing_classes,
        recipes=parse_names(recipes or ("dfer-clip",), what="recipes"),
        folds=parse_folds(folds),
        seeds=parse_numbers(seeds, what="seeds"),
        vary=parse_vary(vary or ()),
        settings=parse_settings(settings),
        clip=clip,
        pretrained=chosen_weights(clip, pretrained),
        epochs=epochs,
        batch_size=batch_size,
        selection=selection,
        augmentation=augmentation,
        sampling=sampling,
        downsample=downsample,
        random_test_windows=random_test_windows,
        short_clips=short_clips,
        broken_frames=broken_frames,
        balance=balance,
        precision=precision,
    )

    from description_store.claims import check_writable
    from description_store.database import open_store
    from description_store.experiments import cells_now, save_experiment
    from dfer.experiments.launching.local import default_jobs
    from dfer.experiments.sweeping.driving import drive, to_do
    from dfer.experiments.sweeping.estimates import estimate
    from dfer.experiments.sweeping.planning import plan
    from dfer.training.fabric import check_accelerator
    from dfer.training.running import Machine
    from dfer.training.tensorboard import check_installed

    if tensorboard is not None:
        check_installed()
    if launcher == "local" and not dry_run:
        check_accelerator(accelerator)
    at_once = jobs or (default_jobs(accelerator) if launcher == "local" else 1)
    readers = max(0, int(ray_cpus) - 1) if launcher == "ray" else default_workers(None) // at_once
    if ray_gpus is None:
        ray_gpus = {"cpu": 0, "cuda": 1}.get(accelerator)
    machine = Machine(
        accelerator=accelerator,
        workers=readers if workers is None else workers,
        pieces=accumulate,
        recompute=recompute,
        compiled=compiled,
        features=features,
        keep_seconds=60 * keep_minutes,
    )
    with open_store(db, must_exist=True) as store:
        found = {s.version: s for s in (stored_set(store, said, quiet=quiet) for said in grid.descriptions)}
        grid = grid.model_copy(update={"descriptions": tuple(s.name for s in found.values())})
        with clips_bar("reading clips", quiet=quiet) as on_clip:
            planned = plan(
                grid,
                list(found.values()),
                machine=machine,
                out=out or db.resolve().parent / "runs",
                tensorboard=None if tensorboard is None else tensorboard.absolute(),
                on_clip=on_clip,
            )
        cells = [one.cell for one in planned.cells]
        now = cells_now(store, cells)
        wanted = to_do(now, retry_failed=retry_failed)
        if dry_run:
            works = [one.work for one in planned.cells if one.cell.spec_hash in wanted]
            print_plan(
                now, wanted, estimate(store, works, planned.loaded, jobs=at_once), jobs=at_once, json=json
            )
            return
        to_compute = planned.cells
        del planned  # CLIP and clips are loaded by those who compute
        check_writable(store)  # before hours of computing, not after
        experiment, _ = save_experiment(store, name=name, grid=grid.model_dump(mode="json"), cells=cells)
        say_what_is_done(experiment.name, now, wanted, quiet=quiet)
        try:
            with sweep_shown(total=len(cells), done=len(cells) - len(wanted), quiet=quiet) as on_event:
                after = drive(
                    store,
                    db,
                    to_compute,
                    launcher=_launcher(launcher, jobs, at_once, ray_cpus, ray_gpus, ray_address),
                    retry_failed=retry_failed,
                    on_event=on_event,
                )
        except KeyboardInterrupt:
            left = len(to_do(cells_now(store, cells), retry_failed=retry_failed))
            output.fail(
                f"interrupted: {len(cells) - left} of {output.count_of(len(cells), 'cell')} are done",
                "the same command goes on where this one stopped",
            )
            raise typer.Exit(130) from None
    print_sweep(experiment.name, before=now, after=after, json=json, quiet=quiet)
    if any(one.state == "failed" for one in after):
        raise typer.Exit(1)


def _launcher(
    name: str, jobs: int | None, at_once: int, cpus: float, gpus: float | None, address: str | None
) -> "Launcher":
    from functools import partial

    if name == "ray":
        from dfer.experiments.launching.ray_cluster import on_ray

        return partial(on_ray, jobs=jobs, cpus=cpus, gpus=gpus, address=address)
    from dfer.experiments.launching.local import on_this_machine

    return partial(on_this_machine, jobs=at_once)
