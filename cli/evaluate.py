"""`dfer evaluate`: a set against data, with a trained run's weights or with no training at all."""

from typing import Annotated, Literal

import typer

from . import output
from .clips_progress import clips_bar
from .options import DEFAULT_DB, Db, Json, Quiet, complete_recipe, typed
from .runs import print_run, run_as_json
from .set_names import stored_set
from .training_options import (
    Accelerator,
    Again,
    AllowMissing,
    BrokenFrames,
    Clip,
    Compile,
    Data,
    Dataset,
    Descriptions,
    Downsample,
    EvaluationPrecision,
    Features,
    Fold,
    Pretrained,
    RandomTestWindows,
    Root,
    Sampling,
    Settings,
    ShortClips,
    Workers,
    chosen_weights,
    default_workers,
    is_helper_process,
    parse_settings,
    progress_shown,
    refuse_what_the_run_decides,
)

_DECIDED = (
    "recipe",
    "clip",
    "settings",
    "augmentation",
    "sampling",
    "downsample",
    "random_test_windows",
    "short_clips",
    "broken_frames",
)


def evaluate(
    ctx: typer.Context,
    descriptions: Descriptions,
    data: Data,
    dataset: Dataset = "csv",
    root: Root = None,
    run: Annotated[
        str | None, typer.Option("--run", help="A trained run; without it nothing is trained.")
    ] = None,
    recipe: Annotated[
        str, typer.Option(help="The method, where no run is given.", autocompletion=complete_recipe)
    ] = "zero-shot",
    fold: Fold = 1,
    clip: Clip = "ViT-B-32",
    pretrained: Pretrained = None,
    augmentation: Annotated[
        Literal["none", "emoclip"] | None,
        typer.Option(
            help="How frames come to size: stretched (none), or emoclip's middle square.",
            rich_help_panel="Reading clips",
        ),
    ] = None,
    sampling: Sampling = None,
    downsample: Downsample = None,
    random_test_windows: RandomTestWindows = False,
    short_clips: ShortClips = "repeat-last",
    broken_frames: BrokenFrames = "error",
    precision: EvaluationPrecision = None,
    settings: Settings = None,
    workers: Workers = None,
    accelerator: Accelerator = "auto",
    compiled: Compile = False,
    features: Features = True,
    again: Again = False,
    allow_missing_classes: AllowMissing = False,
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Score test clips with a set's words: zero-shot, or by a trained run whose words are replaced.

    With --run its fold, seed, recipe, settings and CLIP are used, so that only the words differ. Clips of
    another data set may have another --fold.
    """
    from description_store.claims import check_writable
    from description_store.database import open_store
    from description_store.runs import find_run

    quiet = quiet or is_helper_process()
    with open_store(db, must_exist=True) as store:
        found = stored_set(store, descriptions, quiet=quiet)
        trained = None if run is None else find_run(store, run)

        # Seconds of torch: after the names that may be wrong.
        from dfer.training import preparing, running
        from dfer.training.data_source import DataSource
        from dfer.training.reading_defaults import clip_settings_of

        with clips_bar("reading clips", quiet=quiet) as on_clip:
            source = DataSource(
                dataset=dataset,
                data=data,
                root=root,
                allow_missing_classes=allow_missing_classes,
                on_clip=on_clip,
            )
            if trained is None:
                prepared = preparing.prepare(
                    found,
                    source,
                    recipe=recipe,
                    overrides=parse_settings(settings),
                    architecture=clip,
                    pretrained=chosen_weights(clip, pretrained),
                    fold=fold,
                    seed=0,
                    augmentation=augmentation,
                    clip_settings=clip_settings_of(
                        recipe,
                        sampling=sampling,
                        downsample=downsample,
                        random_test_windows=random_test_windows,
                        short_clips=short_clips,
                        broken_frames=broken_frames,
                    ),
                    precision=precision or "fp32",
                )
            else:
                refuse_what_the_run_decides(ctx, *_DECIDED)
                prepared = preparing.prepare_with_weights_of(
                    trained,
                    found,
                    source,
                    pretrained=None if pretrained == "random" else pretrained,
                    fold=typed(ctx, "fold"),
                    precision=precision,
                )
        check_writable(store)  # before hours of computing, not after
        what = f"{found.name}, {prepared.spec.recipe}, fold {prepared.spec.fold}"
        output.note(f"{what}: {len(prepared.clips.test)} test clips", quiet=quiet)
        with progress_shown(quiet=quiet) as on_progress:
            result, created = running.run_evaluation(
                store,
                prepared,
                set_version=found.version,
                machine=running.Machine(
                    accelerator=accelerator,
                    workers=default_workers(workers),
                    compiled=compiled,
                    features=features,
                ),
                again=again,
                on_progress=on_progress,
            )
    if is_helper_process():
        return
    if not created:
        output.note(f"unchanged: {result.name} is a run of exactly this (--again repeats it)", quiet=quiet)
    if json:
        output.print_json(run_as_json(result) | {"created": created})
        return
    print_run(result)
