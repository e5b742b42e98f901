"""`dfer rank`: description sets by what they score zero-shot on validation clips, before any training."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from . import output
from .clips_progress import clips_bar
from .options import DEFAULT_DB, Db, Json, Quiet, complete_set
from .ranking_output import caution, print_ranking, ranking_as_json
from .set_names import is_file, reading
from .training_options import (
    Accelerator,
    AllowMissing,
    BrokenFrames,
    Clip,
    Compile,
    Data,
    Dataset,
    Downsample,
    Features,
    Precision,
    Pretrained,
    Root,
    Sampling,
    ShortClips,
    Workers,
    chosen_weights,
    default_workers,
    progress_shown,
)

if TYPE_CHECKING:
    from description_store.records import DescriptionSet

_READING = "Reading clips"


def rank(
    names: Annotated[
        list[str], typer.Argument(metavar="SET SET...", help="Two or more sets.", autocompletion=complete_set)
    ],
    data: Data,
    dataset: Dataset = "csv",
    root: Root = None,
    every: Annotated[
        bool, typer.Option("--all", help="And every other set of the store for the classes of the first.")
    ] = False,
    fold: Annotated[
        int, typer.Option(min=0, help="The fold whose validation clips are scored; its test clips are not.")
    ] = 1,
    clip: Clip = "ViT-B-32",
    pretrained: Pretrained = None,
    frames: Annotated[
        int | None, typer.Option(min=1, help="Frames of a clip. Default: 16.", rich_help_panel=_READING)
    ] = None,
    pixel_normalisation: Annotated[
        Literal["none", "clip"] | None,
        typer.Option(help="As CLIP was trained (clip, the default), or none.", rich_help_panel=_READING),
    ] = None,
    frame_ensemble: Annotated[
        Literal["mean", "mean_normalised", "mean_score", "max_score"] | None,
        typer.Option(help="How the frames of a clip are combined. Default: the mean of their features."),
    ] = None,
    templates: Annotated[
        list[str] | None,
        typer.Option(
            "--template", help="A sentence around each text, which stands where {} does; repeatable."
        ),
    ] = None,
    augmentation: Annotated[
        str | None,
        typer.Option(
            help="Decides only how frames come to size: emoclip's middle square, or stretched.",
            rich_help_panel=_READING,
        ),
    ] = None,
    sampling: Sampling = None,
    downsample: Downsample = None,
    short_clips: ShortClips = "repeat-last",
    broken_frames: BrokenFrames = "error",
    precision: Precision = "fp32",
    workers: Workers = None,
    accelerator: Accelerator = "auto",
    compiled: Compile = False,
    features: Features = True,
    allow_missing_classes: AllowMissing = False,
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Rank sets zero-shot on validation clips: what to train first, and no result. Nothing is stored.

    Clips are the fold's own validation split, or a tenth of its training clips, those of `dfer train
    --selection best-val`.
    """
    sets = _read(names, db, every=every)
    if len(sets) < 2:
        from dfer.errors import UsageError

        raise UsageError("two different sets are needed to rank", hint="dfer rank v1 v2, or --all")

    from dfer.experiments import ranking, set_scores
    from dfer.training.data_source import DataSource
    from dfer.training.reading_defaults import clip_settings_of
    from dfer.training.running import Machine

    overrides = {
        "frames": frames,
        "pixel_normalisation": pixel_normalisation,
        "frame_ensemble": frame_ensemble,
        "templates": templates or None,
    }
    with clips_bar("reading clips", quiet=quiet) as on_clip:
        prepared = set_scores.prepare_ranking(
            sets,
            DataSource(
                dataset=dataset,
                data=data,
                root=root,
                allow_missing_classes=allow_missing_classes,
                on_clip=on_clip,
            ),
            architecture=clip,
            pretrained=chosen_weights(clip, pretrained),
            fold=fold,
            overrides={key: value for key, value in overrides.items() if value is not None},
            augmentation=augmentation,
            clip_settings=clip_settings_of(
                set_scores.RECIPE,
                sampling=sampling,
                downsample=downsample,
                short_clips=short_clips,
                broken_frames=broken_frames,
            ),
            precision=precision,
        )
    machine = Machine(
        accelerator=accelerator, workers=default_workers(workers), compiled=compiled, features=features
    )
    with progress_shown(quiet=quiet) as on_progress:
        ranked = ranking.rank(sets, prepared, machine=machine, on_progress=on_progress)
    if json:
        output.print_json(ranking_as_json(ranked, sets))
    else:
        print_ranking(ranked, sets)
    caution(ranked, quiet=quiet)


def _read(names: list[str], db: Path, *, every: bool) -> "dict[str, DescriptionSet]":
    """By what they are called. Sets in files are looked at, not imported."""
    from description_store.database import open_store
    from description_store.sets import list_sets, load_set

    sets: dict[str, DescriptionSet] = {}
    for name in names:
        with reading(db, name) as (_, found, title):
            sets[name if is_file(name) else title] = found
    if every:
        classes = sorted(next(iter(sets.values())).class_names)
        with open_store(db, must_exist=True) as store:
            for row in list_sets(store):
                if row["classes"] == len(classes):
                    found = load_set(store, row["version"])
                    if sorted(found.class_names) == classes:
                        sets.setdefault(found.name, found)
    return sets
