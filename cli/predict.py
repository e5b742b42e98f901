"""`dfer predict`: the emotion in videos, frame folders and images, by a trained run or by words alone."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, NoReturn

import typer

from . import output
from .clips_progress import clips_bar
from .options import DEFAULT_DB, Db, Force, Json, Quiet, complete_set, typed
from .prediction_output import predictions_as_json, print_predictions, say_what_failed
from .set_names import reading
from .training_options import (
    Accelerator,
    Clip,
    EvaluationPrecision,
    Pretrained,
    Settings,
    chosen_weights,
    default_workers,
    parse_settings,
)

if TYPE_CHECKING:
    from description_store.records import Run
    from dfer.class_sets import ClassSet
    from dfer.errors import ConfigurationError
    from dfer.faces.face_source import FaceSource
    from dfer.predict.loaded import LoadedRecogniser
    from dfer.predict.prediction import ClipPrediction, FailedClip
    from dfer.predict.windows import Windowing

_FACES = "Where the face is"
_TIME = "Long clips"


def predict(
    ctx: typer.Context,
    clips: Annotated[
        list[str],
        typer.Argument(
            metavar="CLIP...", help='Videos, folders of frames, images, or globs such as "clips/*.mp4".'
        ),
    ],
    run: Annotated[
        str | None, typer.Option("--run", help="A run: r3, 3 or latest. Without it: zero-shot.")
    ] = None,
    descriptions: Annotated[
        str | None,
        typer.Option(
            "--descriptions",
            "-d",
            help="A description set. Default with --run: the run's own.",
            autocompletion=complete_set,
        ),
    ] = None,
    boxes: Annotated[
        Path | None,
        typer.Option(help="A CSV or JSON file with the face's box in each frame.", rich_help_panel=_FACES),
    ] = None,
    face_detector: Annotated[
        Path | None,
        typer.Option(
            help="OpenCV's YuNet, an ONNX file that you have fetched. Default: frames are face crops.",
            rich_help_panel=_FACES,
        ),
    ] = None,
    fps: Annotated[
        float,
        typer.Option(min=0.01, help="Frames a second of a folder of frames.", rich_help_panel=_TIME),
    ] = 25.0,
    window: Annotated[
        float | None,
        typer.Option(
            help="Recognise stretches of so many seconds; 0: the whole clip as one. Default: the whole, but "
            "of clips longer than 10 s stretches of 2 s.",
            rich_help_panel=_TIME,
        ),
    ] = None,
    stride: Annotated[
        float | None,
        typer.Option(
            help="Seconds from the start of one stretch to the next. Default: half of one.",
            rich_help_panel=_TIME,
        ),
    ] = None,
    timeline: Annotated[
        list[Path] | None,
        typer.Option(
            help="A file for one clip's stretches: .png, .svg, .pdf, .csv or .json; repeatable.",
            rich_help_panel=_TIME,
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A CSV file with a row for each clip.")] = None,
    explain: Annotated[
        Path | None,
        typer.Option(help="A folder for a page of each clip: what every descriptor did to its scores."),
    ] = None,
    force: Force = False,
    clip: Clip = "ViT-B-32",
    pretrained: Pretrained = None,
    settings: Settings = None,
    precision: EvaluationPrecision = None,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Threads that read clips. Default: half the cores, at most 8.")
    ] = None,
    accelerator: Accelerator = "auto",
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Recognise the emotion in videos, folders of frames or images.

    With --run by a trained run, with -d by a set's words alone (zero-shot). Frames are taken as face crops
    unless --boxes or --face-detector says where the face is. A clip's probabilities are the mean over its
    stretches; those of a stretch are the softmax of its scores. They rank the classes, and are not
    calibrated: 90 % is no promise to be right nine times of ten. Nothing is stored.
    """
    from dfer.errors import ContentError, UsageError
    from dfer.faces.media import find_media

    if run is None and descriptions is None:
        raise UsageError(
            "neither --run nor --descriptions: by what should clips be recognised?",
            hint="--run r3 for a trained run, -d v3 for a set's words with a CLIP that is not trained",
        )
    paths = find_media(clips)

    from dfer.predict.timeline import check_timeline_path  # brings torch: not for a mistyped name
    from dfer.predict.windows import Windowing

    windowing = Windowing(seconds=window, stride=stride)
    timeline = timeline or []
    for file in timeline:
        check_timeline_path(file)
    files = [*timeline, *([] if out is None else [out])]
    for file in files:
        output.refuse_existing(file, force=force)
    if len({file.resolve() for file in files}) < len(files):
        raise UsageError("one file is named twice", hint="each --timeline and --out has a file of its own")
    if timeline and len(paths) > 1:
        raise UsageError(
            f"--timeline is of one clip, found {len(paths)}",
            hint="--json holds the windows of all of them, --out a row for each",
        )
    faces = _faces(boxes, face_detector, clips=len(paths))
    ready = _ready(
        ctx,
        db,
        run=run,
        descriptions=descriptions,
        clip=clip,
        pretrained=pretrained,
        settings=settings,
        precision=precision,
        accelerator=accelerator,
    )
    loaded = ready.loaded
    _say_what_it_is(loaded, quiet=quiet)
    done: dict[int, ClipPrediction | FailedClip] = {}
    try:
        unwritten = _predict_into(
            done,
            ready,
            paths,
            faces=faces,
            fps=fps,
            windowing=windowing,
            threads=default_workers(workers),
            out=out,
            explain=explain,
            quiet=quiet,
        )
    finally:  # what is done is shown, whatever has come between
        found = [done[place] for place in sorted(done)]
        if json and found:
            output.print_json(predictions_as_json(found, loaded))
        elif found:
            print_predictions(found, loaded)
        failed = say_what_failed(found, quiet=quiet, alone=len(paths) == 1)
        if 0 < len(found) < len(paths):
            output.note(f"{len(found)} of {len(paths)} clips were done", quiet=quiet)
    if out is not None:
        output.note(f"{output.count_of(len(found), 'clip')}: {out}", quiet=quiet)
    if explain is not None and not unwritten:
        output.note(f"pages: {explain}", quiet=quiet)
    unwritten += _write_timelines(timeline, found, loaded, quiet=quiet)
    if unwritten:
        _say_what_is_unwritten(unwritten)
    if failed:
        if len(found) == 1:
            raise ContentError(failed[0].message, hint=failed[0].hint)
        raise ContentError(f"{len(failed)} of {len(found)} clips could not be recognised")


def _faces(boxes: Path | None, face_detector: Path | None, *, clips: int) -> "FaceSource":
    from dfer.errors import UsageError
    from dfer.faces.face_source import AlreadyCropped, Detected, FaceSource, GivenBoxes
    from dfer.faces.recording import check_faces

    if boxes is not None and face_detector is not None:
        raise UsageError("--boxes does not go with --face-detector", hint="leave one of them out")
    faces: FaceSource = AlreadyCropped()
    if boxes is not None:
        faces = GivenBoxes(boxes)
    elif face_detector is not None:
        faces = Detected(face_detector)
    check_faces(faces, clips=clips)
    return faces


class _Ready(NamedTuple):
    """A recogniser, the classes that its set was made for, and the run that it is of."""

    loaded: "LoadedRecogniser"
    class_set: "ClassSet"
    run: "Run | None"


def _ready(
    ctx: typer.Context,
    db: Path,
    *,
    run: str | None,
    descriptions: str | None,
    clip: str,
    pretrained: str | None,
    settings: list[str] | None,
    precision: "EvaluationPrecision",
    accelerator: str,
) -> _Ready:
    from dataclasses import replace

    from description_store.database import open_store
    from description_store.runs import find_run
    from dfer.class_sets.stored import class_set_of
    from dfer.errors import UsageError
    from dfer.predict.loaded import load_trained, load_zero_shot

    if run is None:
        assert descriptions is not None
        with reading(db, descriptions) as (store, words, title):
            class_set = class_set_of(store, words)
            loaded = load_zero_shot(
                words,
                overrides=parse_settings(settings),
                architecture=clip,
                pretrained=chosen_weights(clip, pretrained),
                accelerator=accelerator,
                precision=precision,
            )
        return _Ready(replace(loaded, set_name=title), class_set, None)
    for name, flag in (("clip", "--clip"), ("settings", "--set")):
        if typed(ctx, name) is not None:
            raise UsageError(f"{flag} does not go with --run", hint="the run decides it")
    with open_store(db, must_exist=True) as store:
        found = find_run(store, run)
    # Words in dfer.toml are for commands that have no run.
    with reading(db, typed(ctx, "descriptions") or f"v{found.set_version}") as (store, words, title):
        class_set = class_set_of(store, words)
    loaded = load_trained(
        found,
        words,
        pretrained=None if pretrained == "random" else pretrained,
        accelerator=accelerator,
        precision=precision,
    )
    return _Ready(replace(loaded, set_name=title), class_set, found)


def _say_what_it_is(loaded: "LoadedRecogniser", *, quiet: bool) -> None:
    words = loaded.set_name
    if loaded.recipe == "zero-shot":
        output.note(f"{words}, zero-shot on {loaded.clip.identity['architecture']}", quiet=quiet)
        if loaded.clip.identity["pretrained"] == "random":
            output.warn("CLIP's weights are random: what it says of a clip means nothing", quiet=quiet)
    else:
        output.note(f"{words}, {loaded.recipe} of {loaded.name}", quiet=quiet)


def _predict_into(
    found: "dict[int, ClipPrediction | FailedClip]",
    ready: _Ready,
    paths: tuple[Path, ...],
    *,
    faces: "FaceSource",
    fps: float,
    windowing: "Windowing",
    threads: int,
    out: Path | None,
    explain: Path | None,
    quiet: bool,
) -> "list[ConfigurationError]":
    """`found` gets each clip by its place in `paths` as it is done. Gives why pages could not be written."""
    from contextlib import closing, nullcontext
    from dataclasses import replace

    from dfer.errors import ConfigurationError
    from dfer.explain.writing import explanations_into
    from dfer.predict.predicting import predict_clips
    from dfer.predict.prediction import ClipPrediction
    from dfer.predict.predictions_file import predictions_file

    loaded, class_set, run = ready
    pages = (
        None
        if explain is None
        else explanations_into(explain, loaded, class_set=class_set, clips=paths, run=run)
    )
    unwritten: list[ConfigurationError] = []
    alone = len(paths) == 1
    with (
        clips_bar("recognising", quiet=quiet, of="frames" if alone else "clips") as on_progress,
        nullcontext() if out is None else predictions_file(out, loaded.class_names) as rows,
        closing(
            predict_clips(
                loaded,
                paths,
                faces=faces,
                fps=fps,
                windowing=windowing,
                threads=threads,
                keep_seen=pages is not None,
                on_frames=on_progress if alone else _unheard,
            )
        ) as clips,
    ):
        for place, one in clips:
            found[place] = replace(one, evidence=None) if isinstance(one, ClipPrediction) else one
            if rows is not None:
                rows.add(place, one)
            if pages is not None and isinstance(one, ClipPrediction):
                try:
                    pages.write(one)
                except ConfigurationError as error:
                    unwritten.append(error)
            if not alone:
                on_progress(len(found), len(paths))
    return unwritten


def _unheard(done: int, total: int) -> None:
    """Of many clips those that are done are counted, not their frames."""


def _write_timelines(
    files: list[Path],
    found: "list[ClipPrediction | FailedClip]",
    loaded: "LoadedRecogniser",
    *,
    quiet: bool,
) -> "list[ConfigurationError]":
    """Why any could not be written, which keeps none of the others from it."""
    from itertools import product

    from dfer.errors import ConfigurationError
    from dfer.predict.prediction import ClipPrediction
    from dfer.predict.timeline import write_timeline

    unwritten = []
    for file, one in product(files, found):
        if isinstance(one, ClipPrediction):
            try:
                write_timeline(file, one, loaded)
            except ConfigurationError as error:
                unwritten.append(error)
            else:
                output.note(f"timeline: {file}", quiet=quiet)
    return unwritten


def _say_what_is_unwritten(errors: "list[ConfigurationError]") -> NoReturn:
    from dfer.errors import ConfigurationError

    first, others = errors[0], len(errors) - 1
    more = f"; nor {output.count_of(others, 'other file')}" if others else ""
    raise ConfigurationError(first.message + more, hint="what was recognised is shown above")
