"""`dfer train`: one run."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import output
from .clips_progress import clips_bar
from .confusion import percent
from .options import DEFAULT_DB, Db, Json, Quiet, complete_recipe
from .runs import print_run, run_as_json
from .set_names import stored_set
from .training_options import (
    Accelerator,
    Accumulate,
    Again,
    AllowMissing,
    Augmentation,
    Balance,
    BatchSize,
    BrokenFrames,
    Clip,
    Compile,
    Data,
    Dataset,
    Descriptions,
    Downsample,
    Epochs,
    Features,
    Fold,
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
    is_helper_process,
    parse_settings,
    progress_shown,
)

if TYPE_CHECKING:
    from description_store.records import Run
    from dfer.training.data_source import DataSource
    from dfer.training.preparing import PreparedRun
    from dfer.training.specification import RunSpecification


def train(
    descriptions: Descriptions,
    data: Data,
    dataset: Dataset = "csv",
    root: Root = None,
    recipe: Annotated[
        str, typer.Option(help="The training method.", autocompletion=complete_recipe)
    ] = "dfer-clip",
    fold: Fold = 1,
    seed: Annotated[
        int, typer.Option(min=0, max=2**31 - 1, help="Decides initial weights, order and augmentation.")
    ] = 1,
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
    workers: Workers = None,
    accelerator: Accelerator = "auto",
    out: Out = None,
    hold_out: Annotated[
        str | None,
        typer.Option(
            metavar="CLASS|each",
            help="emoclip, emoclip-supervised: train without a class, test on it alone; or do so with each.",
        ),
    ] = None,
    accumulate: Accumulate = 1,
    recompute: Recompute = False,
    compiled: Compile = False,
    features: Features = True,
    keep_minutes: KeepMinutes = 5,
    tensorboard: TensorBoard = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted training of exactly this.")
    ] = False,
    again: Again = False,
    allow_missing_classes: AllowMissing = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the compiled specification; train nothing.")
    ] = False,
    brief: Annotated[bool, typer.Option("--brief", help="One line of result.")] = False,
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train one recipe with one description set on one fold."""
    overrides = parse_settings(settings, epochs=epochs, batch_size=batch_size)
    _check_recipe(recipe, overrides)  # before torch is imported and clips are read

    from description_store.claims import check_writable
    from description_store.database import open_store

    if tensorboard is not None:
        from dfer.training.tensorboard import check_installed

        check_installed()
    quiet = quiet or is_helper_process()
    out = out or db.resolve().parent / "runs"
    made: list[tuple[Run, bool]] = []
    with open_store(db, must_exist=True) as store:
        found = stored_set(store, descriptions, quiet=quiet)

        # Seconds of torch: after the names that may be wrong.
        from dfer.training import preparing, running
        from dfer.training.data_source import DataSource
        from dfer.training.reading_defaults import clip_settings_of
        from dfer.training.resuming import interrupted

        machine = running.Machine(
            accelerator=accelerator,
            workers=default_workers(workers),
            pieces=accumulate,
            recompute=recompute,
            compiled=compiled,
            features=features,
            keep_seconds=60 * keep_minutes,
        )
        source = DataSource(
            dataset=dataset, data=data, root=root, allow_missing_classes=allow_missing_classes
        )
        for held_out in _held_out(found.class_names, hold_out, source, fold, quiet=quiet):
            with clips_bar("reading clips", quiet=quiet) as on_clip:
                prepared = preparing.prepare(
                    found,
                    replace(source, on_clip=on_clip),
                    recipe=recipe,
                    overrides=overrides | ({} if held_out is None else {"held_out_class": held_out}),
                    architecture=clip,
                    pretrained=chosen_weights(clip, pretrained),
                    fold=fold,
                    seed=seed,
                    selection=selection,
                    augmentation=augmentation,
                    clip_settings=clip_settings_of(
                        recipe,
                        sampling=sampling,
                        downsample=downsample,
                        random_test_windows=random_test_windows,
                        short_clips=short_clips,
                        broken_frames=broken_frames,
                        balance=balance,
                    ),
                    precision=precision,
                )
            if dry_run:
                _print_plan(prepared.spec, json=json)
                return
            check_writable(store)  # before hours of computing, not after
            _say_what_is_trained(prepared, held_out, quiet=quiet)
            _say_what_was_interrupted(interrupted(out, prepared.spec.hash), resume=resume, quiet=quiet)
            with progress_shown(quiet=quiet) as on_progress:
                run, created = running.run_training(
                    store,
                    prepared,
                    set_version=found.version,
                    out=out,
                    machine=machine,
                    again=again,
                    resume=resume,
                    tensorboard=tensorboard,
                    on_progress=on_progress,
                )
            made.append((run, created))
            if not created:
                output.note(
                    f"unchanged: {run.name} is a run of exactly this (--again repeats it)", quiet=quiet
                )
    if is_helper_process():
        return
    if hold_out == "each":
        _print_held_out([run for run, _ in made], json=json)
        return
    run, created = made[0]
    if json:
        output.print_json(run_as_json(run) | {"created": created})
        return
    print_run(run, brief=brief)
    if not brief:
        output.note(f"next: dfer runs show {run.name}   dfer compare {found.name} …", quiet=quiet)


def _check_recipe(recipe: str, overrides: dict[str, Any]) -> None:
    from dfer.errors import UsageError
    from dfer.models.settings import TrainedSettings, recipe_settings

    if not isinstance(recipe_settings(recipe, overrides), TrainedSettings):
        raise UsageError(f"recipe {recipe} trains nothing", hint="use `dfer evaluate`")


def _held_out(
    class_names: Sequence[str], hold_out: str | None, source: "DataSource", fold: int, *, quiet: bool
) -> Sequence[str | None]:
    """The class of each training; "each" is for all that have clips to test on."""
    from dfer.clips.folds import select_fold

    if hold_out != "each":
        return [hold_out]
    there = {clip.label for clip in select_fold(source.read(class_names).clips, fold).test}
    if without := [name for name in class_names if name not in there]:
        output.warn(f"without test clips in fold {fold}, not held out: {', '.join(without)}", quiet=quiet)
    return [name for name in class_names if name in there]


def _print_held_out(runs: "list[Run]", *, json: bool) -> None:
    from dfer.experiments.held_out import over_held_out_classes

    together = over_held_out_classes(runs)
    if json:
        output.print_json(
            {"uar": together.uar, "war": together.war, "runs": [run_as_json(run) for run in runs]}
        )
        return
    output.print_table(
        ["held out", "run", "recall", "clips"],
        [
            [
                run.specification["settings"]["held_out_class"],
                run.name,
                percent(run.uar),
                str(sum(map(sum, run.confusion))),
            ]
            for run in runs
        ],
        right=["recall", "clips"],
    )
    output.say(
        f"over all {len(runs)} held-out classes: UAR {percent(together.uar)}   WAR {percent(together.war)}"
    )


def _say_what_is_trained(prepared: "PreparedRun", held_out: str | None, *, quiet: bool) -> None:
    spec, clips = prepared.spec, prepared.clips
    counts = f"{len(clips.train)} training and {len(clips.test)} test clips"
    without = f", {held_out} held out" if held_out else ""
    output.note(
        f"{spec.set}, {spec.recipe}, fold {spec.fold}, seed {spec.seed}{without}: {counts}", quiet=quiet
    )
    if not prepared.reads_words:
        output.note(
            f"{spec.recipe} reads no words: {spec.set} only says which classes there are", quiet=quiet
        )


def _say_what_was_interrupted(folder: Path | None, *, resume: bool, quiet: bool) -> None:
    if folder and resume:
        output.note(f"going on in {folder}", quiet=quiet)
    elif folder:
        output.note(
            f"begins anew; an interrupted training of this is in {folder} (--resume goes on with it)",
            quiet=quiet,
        )
    elif resume:
        output.note("nothing to resume: no training of this was interrupted", quiet=quiet)


def _print_plan(spec: "RunSpecification", *, json: bool) -> None:
    from dfer.describe.clip_tokens import CONTEXT_LENGTH, count_tokens

    context = int(spec.settings.get("context_tokens", 0))
    position = spec.settings.get("description_position", "end")
    layouts = {name: _layout(position, context, count_tokens(text)) for name, text in spec.classes_and_texts}
    if json:
        content: dict[str, Any] = spec.model_dump(mode="json")
        output.print_json(
            {
                "dry_run": True,
                "spec_hash": spec.hash,
                "protocol_hash": spec.protocol_hash,
                **content,
                "layout": layouts,
            }
        )
        return
    for name, text in spec.classes_and_texts:
        output.say(f"{name}: {text}\n    {layouts[name]} of {CONTEXT_LENGTH}")
    output.say("")
    plain = {
        k: v
        for k, v in spec.model_dump(mode="json").items()
        if k not in ("classes", "texts", "settings", "clip")
    }
    for key, value in {**plain, **{f"clip.{k}": v for k, v in spec.clip.items()}, **spec.settings}.items():
        output.say(f"{key:>26}: {value}")
    output.say(f"{'specification':>26}: {spec.hash}")


def _layout(position: str, context: int, text: int) -> str:
    """Which tokens stand where, and how many there are."""
    parts = {
        "end": [(context, "context"), (text, "text")],
        "middle": [(context // 2, "context"), (text, "text"), (context - context // 2, "context")],
        "front": [(text, "text"), (context, "context")],
    }[position]
    middle = " ".join(f"[{count} {what}]" for count, what in parts if count)
    return f"[start] {middle} [end] = {context + text + 2} tokens"
