"""What `dfer train` and `dfer evaluate` share: options, progress and the reading of `--set`."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from . import output
from .options import complete_dataset, complete_set, typed

if TYPE_CHECKING:
    from dfer.training.loop import Progress

Descriptions = Annotated[
    str, typer.Option("--descriptions", "-d", help="A description set.", autocompletion=complete_set)
]
Dataset = Annotated[
    str,
    typer.Option(
        help="How the data set lies on disk: csv, dfew, ferv39k, mafw, mafw-compound, afew, folders, "
        "or dfer-clip (that project's lists).",
        autocompletion=complete_dataset,
    ),
]
_DATA = typer.Option(
    help="The data set's folder; a CSV file for csv; lists for dfer-clip; or a pack (`dfer data pack`)."
)
Data = Annotated[Path, _DATA]
DataOrNone = Annotated[Path | None, _DATA]
Root = Annotated[Path | None, typer.Option(help="Where the clips lie, if not where the list says.")]
Clip = Annotated[
    str,
    typer.Option(
        help="An open_clip architecture; dfer-tiny, which comes with the package, trained on drawn faces; or "
        "tiny: random weights."
    ),
]
Pretrained = Annotated[
    str | None,
    typer.Option(
        help="An open_clip tag, a weights file, or random. Default: openai; for dfer-tiny its own, for tiny "
        "random."
    ),
]
Fold = Annotated[int, typer.Option(min=0, help="The fold whose clips are the test set.")]
Precision = Annotated[Literal["fp32", "bf16"], typer.Option(help="bf16: mixed precision.")]
EvaluationPrecision = Annotated[
    Literal["fp32", "bf16"] | None,
    typer.Option(help="bf16: mixed precision. Default: the run's own; fp32 without a run."),
]
Workers = Annotated[
    int | None, typer.Option(min=0, help="Processes that read clips. Default: half the cores, at most 8.")
]
Accelerator = Annotated[Literal["auto", "cpu", "cuda", "mps"], typer.Option(help="Where to compute.")]
Again = Annotated[bool, typer.Option("--again", help="Do it even if exactly this was done before.")]
AllowMissing = Annotated[
    bool, typer.Option("--allow-missing-classes", help="Go on where classes of the set have no clip at all.")
]
Epochs = Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's own.")]
BatchSize = Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's own.")]
Selection = Annotated[
    Literal["last", "best-val", "best-test"],
    typer.Option(help="Which epoch counts. best-test is what both papers did; it looks at the test clips."),
]
Augmentation = Annotated[
    str | None,
    typer.Option(
        help="mafw (crop, flip), dfew (and brightness), ferv39k (and rotation), emoclip, or none. "
        "Default: the recipe's."
    ),
]
Out = Annotated[Path | None, typer.Option(help="Where checkpoints go. Default: runs/ beside the store.")]
KeepMinutes = Annotated[
    float, typer.Option(min=0, help="How often the state that a stopped training goes on from is written.")
]
TensorBoard = Annotated[
    Path | None, typer.Option(help="A folder for TensorBoard logs: a folder in it for every training.")
]
_READING = "Reading clips"
Sampling = Annotated[
    Literal["segments", "windows"] | None,
    typer.Option(
        help="A frame of each of equal segments (DFER-CLIP), or consecutive ones (EmoCLIP). Default: the "
        "recipe's.",
        rich_help_panel=_READING,
    ),
]
Downsample = Annotated[
    int | None,
    typer.Option(min=1, help="windows: of so many frames one is kept. Default: 4.", rich_help_panel=_READING),
]
RandomTestWindows = Annotated[
    bool,
    typer.Option(
        "--random-test-windows",
        help="windows: test on random ones, as EmoCLIP's code; not repeatable by others.",
        rich_help_panel=_READING,
    ),
]
ShortClips = Annotated[
    Literal["repeat-last", "first-frame", "loop", "reflect"],
    typer.Option(help="What fills a clip with too few frames.", rich_help_panel=_READING),
]
BrokenFrames = Annotated[
    Literal["error", "skip", "repeat"],
    typer.Option(
        help="A frame that cannot be decoded: stop, sample around it, or show the one before.",
        rich_help_panel=_READING,
    ),
]
Balance = Annotated[
    Literal["none", "oversample", "class-balanced"],
    typer.Option(help="How often training sees clips of rare classes.", rich_help_panel=_READING),
]
Accumulate = Annotated[
    int,
    typer.Option(min=1, help="Compute each batch in so many pieces, where it does not fit in memory."),
]
Recompute = Annotated[
    bool,
    typer.Option(
        "--recompute",
        help="Keep less for the gradients and compute it again: a fifth more work, less memory.",
    ),
]
Compile = Annotated[bool, typer.Option("--compile", help="Compile the image tower (torch.compile).")]
Features = Annotated[
    bool,
    typer.Option(
        "--features/--no-features",
        help="Where the image tower is frozen and frames are not augmented, keep what it says of them.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Replace a setting of the recipe; repeatable."),
]


def is_helper_process() -> bool:
    """Under `torchrun`, every process but the first computes in silence."""
    return int(os.environ.get("RANK", "0")) > 0


def default_workers(asked: int | None) -> int:
    return min((os.cpu_count() or 1) // 2, 8) if asked is None else asked


_WEIGHTS = {"tiny": None, "dfer-tiny": "shipped"}


def chosen_weights(clip: str, pretrained: str | None) -> str | None:
    """Of this CLIP, if none are named; None stands for random weights."""
    if pretrained is None:
        return _WEIGHTS.get(clip, "openai")
    return None if pretrained == "random" else pretrained


def refuse_what_the_run_decides(ctx: typer.Context, *names: str) -> None:
    """Raises UsageError where one of these options was typed beside --run."""
    from dfer.errors import UsageError

    for name in names:
        if typed(ctx, name) is not None:
            flag = "--set" if name == "settings" else f"--{name.replace('_', '-')}"
            raise UsageError(
                f"{flag} does not go with --run", hint="the run decides it, so that only words differ"
            )


def parse_settings(assignments: list[str] | None, **named: Any) -> dict[str, Any]:
    """`key=value` texts, their values read as JSON where they are JSON; named options come on top."""
    import json

    from dfer.errors import UsageError

    settings: dict[str, Any] = {}
    for assignment in assignments or ():
        key, equals, value = assignment.partition("=")
        if not equals:
            raise UsageError(
                f"--set {assignment}: expected KEY=VALUE", hint="for example --set context_tokens=16"
            )
        try:
            settings[key.strip()] = json.loads(value)
        except ValueError:
            settings[key.strip()] = value
    return settings | {key: value for key, value in named.items() if value is not None}


@contextmanager
def progress_shown(*, quiet: bool) -> Iterator[Callable[["Progress"], None]]:
    """A bar on a terminal; a line per epoch elsewhere."""
    if quiet:
        yield lambda progress: None
    elif sys.stderr.isatty():
        with _bar() as on_progress:
            yield on_progress
    else:
        yield _lines()


@contextmanager
def _bar() -> Iterator[Callable[["Progress"], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading the first clips", total=None)

        def on_progress(progress: "Progress") -> None:
            loss = "" if progress.loss is None else f"  loss {progress.loss:.3f}"
            bar.update(
                task,
                description=doing(progress) + loss,
                total=progress.total,
                completed=progress.done,
            )

        yield on_progress


def doing(progress: "Progress") -> str:
    """What a cell or a training is at, in a few words."""
    if progress.stage == "features":
        return "features of frames"
    if _is_evaluation(progress):
        return "scoring test clips"
    return f"epoch {progress.epoch}/{progress.epochs} {progress.stage}"


def _is_evaluation(progress: "Progress") -> bool:
    """Where there are no epochs to tell apart, test clips are just that."""
    return progress.stage == "test" and progress.epochs == 1


def _lines() -> Callable[["Progress"], None]:
    """A line where something is done; of features, which most epochs lack a few of, only the first time."""
    told: set[str] = set()

    def on_progress(progress: "Progress") -> None:
        if progress.done != progress.total:
            return
        if progress.stage == "features":
            if "features" not in told:
                output.note(f"features of {output.count_of(progress.total, 'clip')} computed and kept")
            told.add("features")
            return
        if _is_evaluation(progress):
            return  # its numbers come next
        loss = "" if progress.loss is None else f"  loss {progress.loss:.4f}"
        output.note(f"epoch {progress.epoch}/{progress.epochs}  {progress.stage}{loss}")

    return on_progress
