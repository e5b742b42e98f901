"""`dfer data check`: everything that would make a training wrong, before any hour of a GPU."""

import shutil
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import output
from ..clips_progress import OnClip, clips_bar
from ..options import Json, Quiet, complete_class_set
from ..training_options import AllowMissing, Dataset, Root

if TYPE_CHECKING:
    from dfer.clips.checking import Finding, Report

# What each data set is labelled with; lists of one's own may hold any classes.
_CLASS_SETS = {
    "dfew": "dfew7",
    "ferv39k": "ferv39k7",
    "mafw": "mafw11",
    "mafw-compound": "mafw43",
    "afew": "afew7",
}
PACK_SUFFIX = ".pack"
_UNSAID = "csv"
"""What --dataset is where it is not given; a pack knows for itself."""
_COLOURS = {"error": typer.colors.RED, "warning": typer.colors.YELLOW, "note": None}


def check(
    data: Annotated[
        Path,
        typer.Argument(help="The data set's folder; for csv its file, for dfer-clip its lists; or a pack."),
    ],
    dataset: Dataset = _UNSAID,
    root: Root = None,
    classes: Annotated[
        str | None,
        typer.Option(
            help="The class set of the labels. Default: the data set's own; "
            "none for csv, dfer-clip and folders.",
            autocompletion=complete_class_set,
        ),
    ] = None,
    frames: Annotated[int, typer.Option(min=1, help="Frames that training samples from a clip.")] = 16,
    decode: Annotated[
        bool, typer.Option("--decode", help="Decode every frame of every clip; finds damage inside, slow.")
    ] = False,
    allow_missing_classes: AllowMissing = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check lists, frames, folds and leaks of a data set; ends with 5 where training would be wrong."""
    from dfer.clips.checking import examine, other_protocol
    from dfer.clips.readers.reading import list_clips
    from dfer.errors import UsageError

    if data.suffix == PACK_SUFFIX:
        if root is not None or decode:
            option = "--root" if root is not None else "--decode"
            raise UsageError(f"{option} means nothing to a pack, which holds its frames")
        _check_pack(
            data, dataset, classes, frames, allow_missing=allow_missing_classes, json=json, quiet=quiet
        )
        return
    listing = list_clips(dataset, data, root=root)
    with _progress(quiet=quiet) as on_progress:
        report = examine(
            listing,
            dataset=dataset,
            class_names=_class_names(classes, dataset),
            frames=frames,
            decode=decode,
            allow_missing=allow_missing_classes,
            other=other_protocol(dataset, data, root=root),
            on_progress=on_progress,
        )
    _tell(report, json=json, quiet=quiet)


def _check_pack(
    file: Path,
    dataset: str,
    classes: str | None,
    frames: int,
    *,
    allow_missing: bool,
    json: bool,
    quiet: bool,
) -> None:
    """Every frame is held against its checksum, and the lists are looked at as any data set's."""
    from dfer.clips.checking.packed import examine_pack
    from dfer.clips.packing.pack import Pack
    from dfer.errors import UsageError

    pack = Pack(file)
    index = pack.index
    if dataset not in (index.dataset, _UNSAID):
        raise UsageError(f"{file} was made of {index.dataset}, not of {dataset}", hint="leave out --dataset")
    names = _class_names(classes, index.dataset)
    with clips_bar("verifying", quiet=quiet) as on_clip:
        report = examine_pack(
            pack, class_names=names, frames=frames, allow_missing=allow_missing, on_clip=on_clip
        )
    packed = sum(entry.count for entry in index.entries.values())
    if not (json or quiet):
        output.say(f"{output.count_of(packed, 'frame')} of {index.size} x {index.size} ({index.fit})")
    more = {"packed_frames": packed, "size": index.size, "fit": index.fit}
    _tell(report, json=json, quiet=quiet, more=more)


def _class_names(classes: str | None, dataset: str) -> tuple[str, ...] | None:
    from dfer.class_sets import load_class_set

    classes = classes or _CLASS_SETS.get(dataset)
    return tuple(load_class_set(classes).names) if classes else None


def _tell(report: "Report", *, json: bool, quiet: bool, more: dict[str, Any] | None = None) -> None:
    from dfer.errors import ContentError

    if json:
        output.print_json(_as_json(report) | (more or {}))
    else:
        _print(report, quiet=quiet)
    if not report.ok:
        raise typer.Exit(ContentError.exit_code)


def _as_json(report: "Report") -> dict[str, Any]:
    lengths = report.lengths
    return {
        "ok": report.ok,
        "dataset": report.dataset,
        "clips": report.clips,
        "videos": report.videos,
        "classes": dict(report.classes),
        "folds": [
            {
                "fold": fold.fold,
                "clips": dict(fold.clips),
                "classes": {k: dict(v) for k, v in fold.classes.items()},
            }
            for fold in report.folds
        ],
        "frames": {
            "sampled": report.sampled,
            "min": lengths.shortest if lengths else None,
            "mean": round(lengths.mean, 2) if lengths else None,
            "max": lengths.longest if lengths else None,
            "short_clips": lengths.short if lengths else 0,
        },
        "findings": [
            {
                "kind": finding.kind,
                "severity": finding.severity,
                "count": finding.count,
                "message": finding.message,
                "examples": list(finding.examples),
                "places": list(finding.places or finding.examples),
                "hint": finding.hint,
            }
            for finding in report.findings
        ],
    }


def _print(report: "Report", *, quiet: bool) -> None:
    if not quiet:
        _print_summary(report)
    for finding in report.findings:
        if not (quiet and finding.severity == "note"):
            _print_finding(finding)
    errors, warnings = (
        sum(finding.severity == severity for finding in report.findings) for severity in ("error", "warning")
    )
    if errors:
        output.say(
            f"{output.count_of(errors, 'error')}: training would be wrong", fg=typer.colors.RED, bold=True
        )
    else:
        but = f", with {output.count_of(warnings, 'warning')} to look at" if warnings else ""
        output.say(f"ready to train{but}", fg=typer.colors.GREEN, bold=True)


def _print_summary(report: "Report") -> None:
    of_them = f", {output.count_of(report.videos, 'video')} among them" if report.videos else ""
    output.say(f"{report.dataset} · {output.count_of(report.clips, 'clip')}{of_them}")
    if report.lengths:
        few, mean, many = report.lengths.shortest, report.lengths.mean, report.lengths.longest
        output.say(f"frames a clip: {few:,} to {many:,}, {mean:.1f} on average")
    for fold in report.folds:
        parts = ", ".join(f"{count:,} {split}" for split, count in fold.clips.items())
        output.say(f"fold {fold.fold}: {parts or 'no clips'}")
    _print_histogram(report)
    output.say("")


def _print_histogram(report: "Report") -> None:
    """One fold by split; of several what each tests on, since the rest is what it trains on."""
    headings = ["class", "clips"]
    columns = []
    for fold in report.folds:
        for split, counts in fold.classes.items():
            if len(report.folds) == 1 or split == "test":
                headings.append(split if len(report.folds) == 1 else f"test {fold.fold}")
                columns.append(counts)
    rows = [
        [name, f"{count:,}", *(f"{column.get(name, 0):,}" for column in columns)]
        for name, count in report.classes.items()
    ]
    output.print_table(headings, rows, right=headings[1:])


def _print_finding(finding: "Finding") -> None:
    told = _wrapped(f"{finding.severity}: {finding.message} [{finding.kind}]")
    output.say(f"{finding.severity}:", fg=_COLOURS[finding.severity], bold=True, nl=False)
    output.say(told.removeprefix(f"{finding.severity}:"))
    for example in finding.examples:
        output.say(f"    {example}")
    if finding.more:
        output.say(f"    … and {finding.more:,} more")
    if finding.hint:
        output.say(_wrapped(finding.hint, "  "))


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """One bar after the other, as the stages come."""
    with ExitStack() as stack:
        bars: dict[str, OnClip] = {}

        def on_progress(stage: str, done: int, total: int) -> None:
            if stage not in bars:
                stack.close()
                bars[stage] = stack.enter_context(clips_bar(stage, quiet=quiet))
            bars[stage](done, total)

        yield on_progress


def _wrapped(text: str, indent: str = "") -> str:
    """Within the terminal's width; paths are left in one piece, to be copied."""
    width = shutil.get_terminal_size().columns
    return textwrap.fill(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent or "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
